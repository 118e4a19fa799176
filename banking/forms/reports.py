from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from banking.forms.periods import ZonedPeriodForm, ZoneField
from banking.models import Currency
from core.forms import DayField
from ledger.models import Account, AccountState
from ledger.names import ACCOUNT_KINDS, TRANSACTION_KINDS

_ALL = ("", _("Todas"))


class TransactionsReportForm(ZonedPeriodForm):
    type = forms.ChoiceField(label=_("Tipo"), required=False, choices=[("", _("Todos")), *TRANSACTION_KINDS.items()])
    currency = forms.ChoiceField(label=_("Moneda"), required=False, choices=[_ALL, *Currency.choices])
    client = forms.UUIDField(
        label=_("Cliente"),
        required=False,
        error_messages={"invalid": _("Pegue el identificador del cliente, como aparece en su ficha.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AccountsReportForm(forms.Form):
    state = forms.ChoiceField(label=_("Estado"), required=False, choices=[_ALL, *AccountState.choices])
    currency = forms.ChoiceField(label=_("Moneda"), required=False, choices=[_ALL, *Currency.choices])
    kind = forms.ChoiceField(
        label=_("Tipo"),
        required=False,
        choices=[("", _("Todos")), *((code, name) for code, name in ACCOUNT_KINDS.items() if code != Account.HOUSE)],
    )


class TrialBalanceForm(forms.Form):
    date = DayField(_("Al final del día"))
    zone = ZoneField()
