from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import AmountField, ConfirmedAmountField, IdempotencyKeyField
from funds.models import Fund, MovementType

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class AmountForm(forms.Form):
    """First step: the amount as typed."""

    amount = AmountField()


class ConfirmForm(forms.Form):
    """Second step: what the first one showed."""

    amount = ConfirmedAmountField()
    idempotency_key = IdempotencyKeyField()


class CancelForm(forms.Form):
    idempotency_key = IdempotencyKeyField()


def _day(label: StrOrPromise) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class HistoryFilterForm(forms.Form):
    """What to look for in the history; every field may be left empty."""

    type = forms.ChoiceField(label=_("Tipo"), required=False, choices=[("", _("Todos")), *MovementType.choices])
    fund = forms.ModelChoiceField(label=_("Fondo"), required=False, queryset=Fund.objects.all(), empty_label=_("Todos"))
    since = _day(_("Desde"))
    until = _day(_("Hasta"))

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:  # type: ignore[operator]
            self.add_error("until", _("Esta fecha debe ser igual o posterior a la fecha inicial."))
        return cleaned
