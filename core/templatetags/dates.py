"""`{% load dates %}`: a moment as the page's language writes it, the same on every page."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.template.defaultfilters import date
from django.utils.translation import get_language

register = template.Library()


@register.filter(expects_localtime=True)
def day(value: datetime) -> str:
    """`20 nov 2026`; English writes its months with a capital."""
    return date(value, "j M Y" if (get_language() or "").startswith("en") else "j b Y")


@register.filter(expects_localtime=True)
def moment(value: datetime) -> str:
    """`20 nov 2026, 14:02`"""
    return f"{day(value)}, {date(value, 'H:i')}"
