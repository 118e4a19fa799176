"""Form fields that the product's own kinds of value need."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput
from core.money import parse_amount, parse_amount_text
from core.periods import InvalidPeriod

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class AmountField(forms.CharField):
    """An amount as a person writes it in the page's language: `125.000,50`."""

    def __init__(self, *, label: str = "") -> None:
        super().__init__(
            label=label or _("Monto"),
            max_length=40,
            error_messages={"required": _("Escriba el monto.")},
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )

    def clean(self, value: str | None) -> Decimal:
        try:
            return parse_amount_text(super().clean(value))
        except DomainError as refusal:
            raise ValidationError(str(refusal), refusal.code) from None


class ConfirmedAmountField(forms.CharField):
    """An amount that the page itself wrote into a hidden field: `125000.50`, whatever the language."""

    def __init__(self) -> None:
        super().__init__(max_length=40, widget=forms.HiddenInput)

    def clean(self, value: str | None) -> Decimal:
        try:
            return parse_amount(super().clean(value))
        except DomainError as refusal:
            raise ValidationError(str(refusal), refusal.code) from None


class IdempotencyKeyField(forms.CharField):
    """A key made with the page, so that a double click, Back or a reload repeats the answer and not the movement."""

    def __init__(self) -> None:
        stale = _("Esta página venció. Revise los datos y confirme de nuevo.")
        super().__init__(
            max_length=255, error_messages={"required": stale, "max_length": stale}, widget=forms.HiddenInput
        )


class DayField(forms.DateField):
    """A day, as a browser's calendar sends it or as a person writes it: `20/11/2026`."""

    def __init__(self, label: StrOrPromise, *, required: bool = False, help_text: StrOrPromise = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            input_formats=["%Y-%m-%d", "%d/%m/%Y"],
            error_messages={"required": _("Elija la fecha.")},
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        )


class PeriodForm(forms.Form):
    """From one day to another, both included and either left out: the end of a form that filters a list."""

    since = DayField(_("Desde"))
    until = DayField(_("Hasta"))

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:  # type: ignore[operator]
            self.add_error("until", InvalidPeriod.message)
        return cleaned


def querystring(form: forms.BaseForm, asked: QueryDict) -> str:
    """What a list was filtered by, as people see it in the form: without what belongs to one page of it."""
    kept, shown = asked.copy(), {field.name for field in form.visible_fields()}
    for name in [name for name, value in asked.items() if name not in shown or not value]:
        del kept[name]
    return kept.urlencode()


def show_refusal(form: forms.BaseForm, refusal: DomainError) -> None:
    """Put a refusal beside the fields it speaks of; above the form if the form has none of them."""
    listed = refusal.errors if isinstance(refusal, InvalidInput) else {refusal.field: [str(refusal)]}
    for name, texts in listed.items():
        form.add_error(name if name in form.fields else None, texts)
