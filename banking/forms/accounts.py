"""What clients write about their accounts on the pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from banking.models import Currency
from banking.models.accounts import LONGEST_ALIAS
from core.forms import IdempotencyKeyField

ALIAS_HINT = _("Para reconocerla, por ejemplo «Ahorros». No lo ve quien le transfiere.")


class AliasForm(forms.Form):
    alias = forms.CharField(
        label=_("Alias"),
        required=False,
        max_length=LONGEST_ALIAS,
        help_text=ALIAS_HINT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NewAccountForm(AliasForm):
    currency = forms.ChoiceField(
        label=_("Moneda"),
        choices=[(one.value, f"{one.label} ({one.value})") for one in Currency],
        initial=Currency.COP,
        widget=forms.RadioSelect,
        error_messages={"required": _("Elija la moneda de la cuenta.")},
    )
    idempotency_key = IdempotencyKeyField()

    field_order = ("currency", "alias", "idempotency_key")
