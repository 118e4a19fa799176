"""What signing in and out leave behind in the audit trail."""

from __future__ import annotations

import uuid

from accounts.models import User
from events.services import record


def signed_in(user: User) -> None:
    record("accounts.login_succeeded", {"user_id": user.pk}, actor_id=user.pk)


def sign_in_failed(identifier: str) -> None:
    """`identifier` is what was typed, cut short; the password is never kept."""
    record("accounts.login_failed", {"identifier": identifier[:254]})


def signed_out(user_id: uuid.UUID) -> None:
    record("accounts.logged_out", {"user_id": user_id}, actor_id=user_id)
