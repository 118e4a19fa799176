from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import AmountField, ConfirmedAmountField, IdempotencyKeyField, PeriodForm
from funds.models import Fund, MovementType


class AmountForm(forms.Form):
    """First step: the amount as typed."""

    amount = AmountField()


class ConfirmForm(forms.Form):
    """Second step: what the first one showed."""

    amount = ConfirmedAmountField()
    idempotency_key = IdempotencyKeyField()


class CancelForm(forms.Form):
    idempotency_key = IdempotencyKeyField()


class HistoryFilterForm(PeriodForm):
    """What to look for in the history; every field may be left empty."""

    type = forms.ChoiceField(label=_("Tipo"), required=False, choices=[("", _("Todos")), *MovementType.choices])
    fund = forms.ModelChoiceField(label=_("Fondo"), required=False, queryset=Fund.objects.all(), empty_label=_("Todos"))
    field_order = ("type", "fund", "since", "until")
