"""Limits per address, counted in the cache by django-ratelimit and answered with 429.

`core.caches` says what happens while the cache that all processes share is away: each process counts for itself.
"""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest
from django_ratelimit.core import get_usage

from core.errors import TooManyRequests


def count(request: HttpRequest, *, group: str, rate: str) -> None:
    """Count one attempt of `group` from this address; pages and API of one action share a group.

    `rate` is django-ratelimit's (`5/m`). Raises `TooManyRequests`.
    """
    usage = get_usage(request, group=group, key=_key, rate=rate, increment=True)
    if usage and usage["should_limit"]:
        raise TooManyRequests(retry_after=max(1, int(usage["time_left"])))


def _key(group: str, request: HttpRequest) -> str:
    return address(request)


def address(request: HttpRequest) -> str:
    """Who counts as one: an IPv4 address, a /64 of IPv6 (a household has that many), or whatever a proxy called it."""
    remote = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return remote or "unknown"
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else remote
