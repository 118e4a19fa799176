"""`{% load product %}`: the product's name where a view of somebody else's uses `site_name` for the host."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def product_name() -> str:
    return str(settings.SITE_NAME)
