"""Finding users."""

from __future__ import annotations

import uuid

from accounts.models import User


def user_with_client(user_id: uuid.UUID) -> User:
    """A user who has just been authenticated, with `client` and its cash account at hand where there is one."""
    return User.objects.select_related("client__cash_account").get(pk=user_id)
