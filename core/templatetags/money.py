"""`{% load money %}`: amounts in templates, always with their currency."""

from __future__ import annotations

from decimal import Decimal

from django import template

from core.money import format_money

register = template.Library()
MINUS = "\u2212"


@register.filter
def money(amount: Decimal, currency: str) -> str:
    return format_money(amount, currency)


@register.filter
def signed_money(amount: Decimal, currency: str) -> str:
    """With its sign in front of the symbol, so that colour never carries the meaning alone."""
    sign = MINUS if amount < 0 else "+"
    return f"{sign}{format_money(abs(amount), currency)}"
