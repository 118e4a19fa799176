"""Finding who signs in, by what they typed."""

from __future__ import annotations

from accounts.models import User
from accounts.spelling import normalised_email


def user_called(identifier: str) -> User | None:
    """The user with this address or username, however it is typed. No username has an `@` in it."""
    wanted = normalised_email(identifier)
    if not wanted or "\x00" in wanted:
        return None
    return User.objects.filter(**{"email__iexact" if "@" in wanted else "username__iexact": wanted}).first()
