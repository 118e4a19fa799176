"""Who is behind a page's request."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The user of a view that `login_required` guards."""
    assert isinstance(request.user, User)
    return request.user
