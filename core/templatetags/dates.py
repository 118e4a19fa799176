"""`{% load dates %}`: a moment as the page's language writes it, the same on every page."""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime

from django import template
from django.template.defaultfilters import date
from django.utils.translation import get_language, ngettext

from core.periods import offset_text

register = template.Library()


@register.filter(expects_localtime=True)
def day(value: datetime | Date) -> str:
    """`20 nov 2026`; English writes its months with a capital."""
    return date(value, "j M Y" if (get_language() or "").startswith("en") else "j b Y")


@register.filter(expects_localtime=True)
def moment(value: datetime) -> str:
    """`20 nov 2026, 14:02`"""
    return f"{day(value)}, {date(value, 'H:i')}"


@register.filter
def duration(seconds: float) -> str:
    """A number of seconds in its largest unit, rounded down: `45 s`, `12 min`, `3 h`, `2 días`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        return f"{whole // 3600} h"
    days = whole // 86400
    return ngettext("%(n)s día", "%(n)s días", days) % {"n": days}


@register.filter(expects_localtime=True)
def offset(value: datetime) -> str:
    """`UTC-05:00`"""
    return f"UTC{offset_text(value)}"
