from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin_tables import ReadOnlyAdmin, moment_column, money_column, named_column
from ledger.models import Account, Entry, Transaction
from ledger.names import ACCOUNT_KINDS, TRANSACTION_KINDS

KINDS = {**ACCOUNT_KINDS, **TRANSACTION_KINDS}

kind = named_column("kind", _("tipo"), KINDS)
amount = money_column("amount", _("valor"))
balance_after = money_column("balance_after", _("saldo posterior"))
opened_at = moment_column("opened_at", _("apertura"))
recorded_at = moment_column("recorded_at", _("fecha"))
balance = money_column("balance", _("saldo"))
floor = money_column("floor", _("saldo mínimo"))


class EntryInline(admin.TabularInline):
    model = Entry
    template = "admin/read_only_table.html"
    extra = 0
    can_delete = False
    fields = readonly_fields = ("account", amount, balance_after)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).select_related("account")

    def has_add_permission(self, request: HttpRequest, obj: Transaction | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Transaction | None = None) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("number", kind, "currency", balance, "state", opened_at)
    fields = readonly_fields = (
        "number",
        kind,
        "holder_id",
        "currency",
        balance,
        floor,
        "state",
        "frozen_credits",
        opened_at,
    )
    ordering = ("-id",)
    uuid_fields = ("holder_id",)
    text_fields = ("number",)
    search_help_text = _("Número de cuenta o identificador del titular")


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    list_display = ("id", kind, "memo", recorded_at)
    fields = readonly_fields = ("id", kind, "memo", "correlation_id", "reverses", "entry_count", recorded_at)
    ordering = ("-recorded_at", "-id")
    uuid_fields = ("id", "correlation_id")
    search_help_text = _("Identificador de la transacción o de la operación")
    inlines = (EntryInline,)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("number", "account", amount, balance_after, "transaction")
    fields = readonly_fields = ("transaction", "account", amount, balance_after)
    list_select_related = ("account", "transaction")
    ordering = ("-id",)
    uuid_fields = ("transaction_id",)
    text_fields = ("account__number",)
    search_help_text = _("Identificador de la transacción o número de cuenta")

    @admin.display(description=_("número"), ordering="id")
    def number(self, entry: Entry) -> int:
        return entry.pk
