"""Who is behind a request, and what their role lets them see."""

from __future__ import annotations

from typing import overload

from django.http import HttpRequest

from accounts.models import Role, User
from accounts.tokens import Caller
from core.errors import NotFound


def signed_in(request: HttpRequest) -> User:
    """The user of a view that `login_required` guards."""
    assert isinstance(request.user, User)
    return request.user


@overload
def staff(asker: HttpRequest, at_least: Role = ...) -> User: ...
@overload
def staff(asker: Caller, at_least: Role = ...) -> Caller: ...
def staff(asker: HttpRequest | Caller, at_least: Role = Role.READER) -> User | Caller:
    """Whoever asks, if they are staff of this role or a higher one.

    Raises `NotFound` otherwise: what is not for somebody does not exist for them.
    """
    who = signed_in(asker) if isinstance(asker, HttpRequest) else asker
    if not Role(who.role).reaches(at_least):
        raise NotFound
    return who
