from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.forms import PeriodForm
from fundsite import pipeline
from fundsite.operations import names
from fundsite.operations.people import ids_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class PersonField(forms.CharField):
    """Somebody by username, address or id: the set of their ids, or `None` if left empty."""

    def __init__(self, *, label: StrOrPromise) -> None:
        super().__init__(
            label=label,
            required=False,
            max_length=254,
            help_text=_("Usuario, correo o identificador"),
            widget=forms.TextInput(attrs={"type": "search"}),
        )

    def clean(self, value: str | None) -> set[uuid.UUID] | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return ids_of(text)
        except NotFound:
            raise forms.ValidationError(_("No hay nadie con ese usuario, correo o identificador.")) from None


class EventFilterForm(PeriodForm):
    name = forms.ChoiceField(label=_("Evento"), required=False, choices=partial(names.choices, audit=False))
    person = PersonField(label=_("Titular"))
    field_order = ("name", "person", "since", "until")


class AuditFilterForm(PeriodForm):
    type = forms.ChoiceField(label=_("Hecho"), required=False, choices=partial(names.choices, audit=True))
    person = PersonField(label=_("Quién"))
    field_order = ("type", "person", "since", "until")


class RetryForm(forms.Form):
    """What to hand over again: one parked message of a consumer, or all of them."""

    consumer = forms.ChoiceField(choices=lambda: [(name, name) for name in pipeline.consumer_names()])
    event_id = forms.UUIDField(required=False)
