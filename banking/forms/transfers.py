"""What clients write about transfers on the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banking.models import Frequency
from banking.models.transfers import LONGEST_MEMO
from banking.numbers import LONGEST_TYPED
from banking.queries.accounts import BankAccount
from core.forms import AmountField, ConfirmedAmountField, DayField, IdempotencyKeyField
from core.money import format_money
from ledger.models import AccountState


def described(account: BankAccount) -> str:
    """`Ahorros *0018 · $ 125.000,00`: an account among others in a list, short enough for a telephone."""
    known = f"{account.name} *{account.number[-4:]}"
    if account.state != AccountState.OPEN:
        return f"{known} · {account.state_label}"
    return f"{known} · {format_money(account.available, account.currency)}"


class TransferForm(forms.Form):
    """First step: from where, to where, how much."""

    source = forms.ChoiceField(
        label=_("Desde"),
        error_messages={
            "required": _("Elija la cuenta de origen."),
            "invalid_choice": _("Esa cuenta de origen no es suya."),
        },
    )
    target = forms.CharField(
        label=_("Cuenta de destino"),
        max_length=LONGEST_TYPED,
        help_text=_("El número completo, de otra persona o de otra cuenta suya."),
        error_messages={"required": _("Escriba el número de la cuenta de destino.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "list": "propias"}),
    )
    amount = AmountField()
    memo = forms.CharField(
        label=_("Concepto"),
        required=False,
        max_length=LONGEST_MEMO,
        help_text=_("Lo ven usted y quien recibe."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, accounts: Sequence[BankAccount], *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        source = self.fields["source"]
        assert isinstance(source, forms.ChoiceField)
        source.choices = [(account.number, described(account)) for account in accounts]


class ConfirmTransferForm(forms.Form):
    """Second step: what the first one showed."""

    source = forms.CharField(max_length=LONGEST_TYPED, widget=forms.HiddenInput)
    target = forms.CharField(max_length=LONGEST_TYPED, widget=forms.HiddenInput)
    amount = ConfirmedAmountField()
    memo = forms.CharField(required=False, max_length=LONGEST_MEMO, widget=forms.HiddenInput)
    idempotency_key = IdempotencyKeyField()


class ScheduleForm(TransferForm):
    """The same for days to come."""

    frequency = forms.ChoiceField(
        label=_("Frecuencia"), choices=Frequency.choices, initial=Frequency.MONTHLY, widget=forms.RadioSelect
    )
    starts_on = DayField(_("Primera fecha"), required=True)
    ends_on = DayField(
        _("Última fecha"),
        help_text=_("Si la deja vacía, sigue hasta que usted la cancele. No cuenta para una sola vez."),
    )


class ConfirmScheduleForm(ConfirmTransferForm):
    frequency = forms.ChoiceField(choices=Frequency.choices, widget=forms.HiddenInput)
    starts_on = forms.DateField(input_formats=["%Y-%m-%d"], widget=forms.HiddenInput)
    ends_on = forms.DateField(required=False, input_formats=["%Y-%m-%d"], widget=forms.HiddenInput)
