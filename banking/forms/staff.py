"""What staff write when they act on accounts and transactions."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.reasons import ReasonForm
from core.forms import IdempotencyKeyField

CREDITS = (("false", _("No: ni sale ni entra dinero")), ("true", _("Sí: puede recibir dinero, pero no sacarlo")))


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
