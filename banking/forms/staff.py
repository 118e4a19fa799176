"""What staff write when they act on accounts and transactions."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import IdempotencyKeyField
from ledger.services import LONGEST_REASON

CREDITS = (("false", _("No: ni sale ni entra dinero")), ("true", _("Sí: puede recibir dinero, pero no sacarlo")))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Motivo"),
        max_length=LONGEST_REASON,
        error_messages={"required": _("Escriba el motivo.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class FreezeForm(ReasonForm):
    credits_allowed = forms.TypedChoiceField(
        label=_("¿Puede seguir recibiendo dinero?"),
        choices=CREDITS,
        coerce=lambda value: value == "true",
        initial="false",
        widget=forms.RadioSelect,
    )


class ReverseForm(ReasonForm):
    idempotency_key = IdempotencyKeyField()
