from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django import forms
from django.template import Context, Engine
from django.utils import translation

from core.templatetags.fields import control

MOMENT = datetime(2026, 11, 21, 1, 2, tzinfo=UTC)  # the evening before in Bogotá


class Form(forms.Form):
    amount = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "Monto"}))
    channel = forms.ChoiceField(choices=[("email", "Correo")], widget=forms.RadioSelect)


def test_a_field_is_described_by_its_hint_and_its_error_and_keeps_what_was_typed() -> None:
    form = Form({"amount": "", "channel": "email"})
    form.is_valid()
    found = control(form["amount"], "Mínimo $ 50.000,00")
    assert 'aria-describedby="id_amount_helptext id_amount_error"' in found
    assert 'aria-invalid="true"' in found
    assert 'value="12.5"' in control(Form({"amount": "12.5"})["amount"])


def test_a_field_without_hint_or_error_refers_to_nothing() -> None:
    found = control(Form()["amount"])
    assert "aria-describedby" not in found
    assert "placeholder" not in found


def test_radio_buttons_leave_the_description_to_their_fieldset() -> None:
    assert "aria-describedby" not in control(Form()["channel"], "x")


@pytest.mark.parametrize(
    ("language", "expected"),
    [("es", "20 nov 2026, 20:02"), ("pt-br", "20 nov 2026, 20:02"), ("en", "20 Nov 2026, 20:02")],
)
def test_a_moment_is_written_in_local_time_and_in_the_language(language: str, expected: str) -> None:
    engine = Engine(libraries={"dates": "core.templatetags.dates"})
    with translation.override(language):
        assert engine.from_string("{% load dates %}{{ at|moment }}").render(Context({"at": MOMENT})) == expected
