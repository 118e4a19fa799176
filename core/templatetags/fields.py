"""`{% load fields %}`: a form's own widget, tied to what is written under it."""

from __future__ import annotations

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def control(field: BoundField, hint: object = "") -> SafeString:
    """The widget, described by its hint and its error.

    Django ties a widget to `help_text`; this does the same for a hint that only the page knows, such as a balance.
    """
    attrs: dict[str, str | bool] = {"placeholder": False}  # the label says it, and stays while one writes
    # A set of radio buttons is described on its fieldset.
    if not field.use_fieldset:
        described = [f"{field.auto_id}_helptext"] if hint or field.help_text else []
        described += [f"{field.auto_id}_error"] if field.errors else []
        if described:
            attrs["aria-describedby"] = " ".join(described)
    return SafeString(field.as_widget(attrs=attrs))
