"""Finding who signs in, by what they typed."""

from __future__ import annotations

from django.db.models import Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.models import User
from accounts.spelling import normalised_email


def user_called(identifier: str) -> User | None:
    """The user with this address or username, however it is typed. No username has an `@` in it."""
    wanted = normalised_email(identifier)
    if not wanted or "\x00" in wanted:
        return None
    field = "email" if "@" in wanted else "username"
    return User.objects.filter(Exact(Lower(field), Value(wanted))).first()  # through the unique index on LOWER(field)
