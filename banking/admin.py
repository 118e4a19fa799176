"""Transfers and what is to come, looked at; what staff do to accounts and transactions, each time with a reason."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import signed_in
from accounts.models import Role
from banking.models import ScheduledRun, ScheduledTransfer, StatementDocument, Transfer
from banking.services import staff as services
from core.admin_tables import NOTHING, ReadOnlyAdmin, moment_column, money_column
from core.errors import DomainError
from core.ids import receipt_number
from ledger.admin import AccountAdmin, TransactionAdmin
from ledger.models import Account, Transaction
from ledger.services import LONGEST_REASON

amount = money_column("amount", gettext_lazy("valor"))
recorded_at = moment_column("recorded_at", gettext_lazy("fecha"))
created_at = moment_column("created_at", gettext_lazy("alta"))
issued_at = moment_column("issued_at", gettext_lazy("expedición"))
opening = money_column("opening", gettext_lazy("saldo inicial"))
closing = money_column("closing", gettext_lazy("saldo final"))
ran_at = moment_column("ran_at", gettext_lazy("momento"))


class ReasonedActionForm(ActionForm):
    """What is done to the rows that were marked is done for a reason."""

    reason = forms.CharField(
        label=gettext_lazy("Motivo:"),
        required=False,  # the service asks for it
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 36}),
    )


class Reasoned(ReadOnlyAdmin):
    """Rows that only services write, and the services that staff may call for those they mark."""

    action_form = ReasonedActionForm

    def do(self, request: HttpRequest, named: str, act: Callable[[str, uuid.UUID], object], done: str) -> None:
        """One row after the other, each a transaction of its own; a refusal is told with its row."""
        try:
            act(request.POST.get("reason", ""), signed_in(request).pk)
        except DomainError as refusal:
            self.message_user(request, f"{named}: {refusal}", messages.ERROR)
        else:
            self.message_user(request, f"{named}: {done}", messages.SUCCESS)


def _reaches(request: HttpRequest, role: Role) -> bool:
    return Role(signed_in(request).role).reaches(role)


class FreezableAccountAdmin(Reasoned, AccountAdmin):
    actions = ("freeze", "freeze_but_credits", "unfreeze")

    def has_freeze_permission(self, request: HttpRequest) -> bool:
        return _reaches(request, Role.SUPPORT)

    @admin.action(description=gettext_lazy("Congelar: ni sale ni entra dinero"), permissions=["freeze"])
    def freeze(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        self._freeze(request, accounts, credits_allowed=False)

    @admin.action(description=gettext_lazy("Congelar: puede recibir dinero"), permissions=["freeze"])
    def freeze_but_credits(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        self._freeze(request, accounts, credits_allowed=True)

    @admin.action(description=gettext_lazy("Descongelar"), permissions=["freeze"])
    def unfreeze(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        for account in accounts:

            def act(reason: str, actor_id: uuid.UUID, number: str = account.number) -> object:
                return services.unfreeze_account(number=number, reason=reason, actor_id=actor_id)

            self.do(request, account.number, act, _("descongelada."))

    def _freeze(self, request: HttpRequest, accounts: QuerySet[Account], *, credits_allowed: bool) -> None:
        for account in accounts:

            def act(reason: str, actor_id: uuid.UUID, number: str = account.number) -> object:
                return services.freeze_account(
                    number=number, reason=reason, credits_allowed=credits_allowed, actor_id=actor_id
                )

            self.do(request, account.number, act, _("congelada."))


class ReversibleTransactionAdmin(Reasoned, TransactionAdmin):
    actions = ("reverse",)
    fields = readonly_fields = (*TransactionAdmin.readonly_fields, "reversal")  # type: ignore[assignment] # one more

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        return _reaches(request, Role.ADMIN)

    @admin.action(description=gettext_lazy("Revertir"), permissions=["reverse"])
    def reverse(self, request: HttpRequest, transactions: QuerySet[Transaction]) -> None:
        for transaction in transactions:

            def act(reason: str, actor_id: uuid.UUID, transaction_id: uuid.UUID = transaction.pk) -> object:
                return services.reverse_transaction(transaction_id=transaction_id, reason=reason, actor_id=actor_id)

            self.do(request, receipt_number(transaction.pk), act, _("revertida."))

    @admin.display(description=gettext_lazy("revertida por"))
    def reversal(self, transaction: Transaction) -> str:
        found = Transaction.objects.filter(reverses=transaction).first()
        if found is None:
            return NOTHING
        return format_html('<a href="{}">{}</a>', reverse("admin:ledger_transaction_change", args=[found.pk]), found.pk)


# The ledger's own tables, with what this room does to their rows.
admin.site.unregister([Account, Transaction])
admin.site.register(Account, FreezableAccountAdmin)
admin.site.register(Transaction, ReversibleTransactionAdmin)


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ("receipt", "sender", "receiver", "source", "target", amount, recorded_at)
    fields = readonly_fields = (
        "receipt", "transaction", "sender", "receiver", "source", "target", amount, "memo", recorded_at,
    )  # fmt: skip
    list_select_related = ("sender", "receiver", "source", "target")
    ordering = ("-seq",)
    uuid_fields = ("transaction_id", "sender_id", "receiver_id")
    search_help_text = gettext_lazy("Identificador de la transacción o de una de las dos personas")

    @admin.display(description=gettext_lazy("Comprobante"))
    def receipt(self, transfer: Transfer) -> str:
        return receipt_number(transfer.transaction_id)


class RunInline(admin.TabularInline):
    model = ScheduledRun
    template = "admin/read_only_table.html"
    extra = 0
    can_delete = False
    ordering = ("-due_on",)
    fields = readonly_fields = ("due_on", "outcome", "reason", "transaction", ran_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduledRun]:
        return super().get_queryset(request).select_related("transaction")

    def has_add_permission(self, request: HttpRequest, obj: ScheduledTransfer | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ScheduledTransfer | None = None) -> bool:
        return False


@admin.register(ScheduledTransfer)
class ScheduledTransferAdmin(ReadOnlyAdmin):
    list_display = ("id", "client", "source", "target", amount, "frequency", "next_due", "state")
    fields = readonly_fields = (
        "id", "client", "source", "target", amount, "memo", "frequency", "starts_on", "ends_on", "next_due", "state",
        created_at,
    )  # fmt: skip
    list_select_related = ("client", "source", "target")
    list_filter = ("state", "frequency")
    ordering = ("-id",)
    uuid_fields = ("id", "client_id")
    search_help_text = gettext_lazy("Identificador de la transferencia programada o del cliente")
    inlines = (RunInline,)


@admin.register(StatementDocument)
class StatementDocumentAdmin(ReadOnlyAdmin):
    """What was given out as a PDF, by its code; the PDF itself is not kept."""

    list_display = ("code", "account", "since", "until", issued_at)
    fields = readonly_fields = (
        "code", "account", "holder_initials", "since", "until", "zone", opening, closing, "sha256", issued_at,
    )  # fmt: skip
    list_select_related = ("account",)
    ordering = ("code",)
    text_fields = ("code", "sha256", "account__number")
    search_help_text = gettext_lazy("Código sin guiones, SHA-256 o número de cuenta")
