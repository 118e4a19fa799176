from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import signed_in
from notifications import queries


def badge(request: HttpRequest) -> dict[str, object]:
    """`unread_notices`: the count for the bell, asked for only by pages that show one; `None` when nobody can tell."""

    def count() -> int | None:
        return queries.badge.count(signed_in(request).pk) if request.user.is_authenticated else None

    return {"unread_notices": SimpleLazyObject(count)}
