from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin_tables import ReadOnlyAdmin
from ledger.models import Account, Entry, Transaction


class EntryInline(admin.TabularInline):
    model = Entry
    extra = 0
    can_delete = False
    raw_id_fields = ("account",)
    fields = readonly_fields = ("account", "amount", "currency", "balance_after")

    def has_add_permission(self, request: HttpRequest, obj: Transaction | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Transaction | None = None) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("number", "kind", "currency", "balance", "state", "opened_at")
    ordering = ("-id",)
    uuid_fields = ("holder_id",)
    text_fields = ("number",)
    search_help_text = _("Número de cuenta o identificador del titular")


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "memo", "recorded_at")
    ordering = ("-recorded_at", "-id")
    uuid_fields = ("id", "correlation_id")
    search_help_text = _("Identificador de la transacción o de la operación")
    inlines = (EntryInline,)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "account", "amount", "currency", "balance_after", "transaction")
    list_select_related = ("account", "transaction")
    ordering = ("-id",)
    uuid_fields = ("transaction_id",)
    text_fields = ("account__number",)
    search_help_text = _("Identificador de la transacción o número de cuenta")
