"""Limits per address, counted in the cache by django-ratelimit and answered with 429."""

from __future__ import annotations

from django.http import HttpRequest
from django_ratelimit.core import get_usage

from core.errors import TooManyRequests


def count(request: HttpRequest, *, group: str, rate: str) -> None:
    """Count one attempt of `group` from this address; pages and API of one action share a group.

    `rate` is django-ratelimit's (`5/m`). Raises `TooManyRequests`.
    """
    usage = get_usage(request, group=group, key="ip", rate=rate, increment=True)
    if usage and usage["should_limit"]:
        raise TooManyRequests(retry_after=max(1, int(usage["time_left"])))
