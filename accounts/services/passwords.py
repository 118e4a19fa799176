"""Choosing, changing and resetting passwords.

A password is taken exactly as it was typed: nothing trimmed, folded or cut. That its user's API sessions end with it is
the database's doing (`accounts/migrations/sessions_v1.sql`), whoever changes it.
"""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError
from events.services import record


class WrongPassword(DomainError):
    code = "wrong_password"
    field = "old_password"
    message = _("Esa no es su contraseña actual.")


class UnfitPassword(DomainError):
    """What is wrong with a new password, per field."""

    code = "invalid"
    field = "new_password"
    message = _("Elija otra contraseña.")

    def __init__(self, faults: list[str]) -> None:
        super().__init__()
        self.faults = faults
        self.errors = {"new_password": faults}

    def __str__(self) -> str:
        return " ".join(self.faults)


def check_fit(password: str, user: User) -> None:
    """Raises `UnfitPassword` for what is too short, well known, or the user's own name or address."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise UnfitPassword(list(error.messages)) from None


def change_password(user: User, old: str, new: str) -> None:
    """Change one's own password, and end all one's API sessions. Raises `WrongPassword`, `UnfitPassword`.

    Sessions of browsers end as well; a page that wants to keep its own calls `update_session_auth_hash` afterwards.
    """
    if not user.check_password(old):
        raise WrongPassword
    check_fit(new, user)
    known, hashed = user.password, make_password(new)  # takes its 20 ms before the transaction, not inside it
    with transaction.atomic():
        # Somebody who changed it in the meantime changed it away from the password that was checked.
        if not User.objects.filter(pk=user.pk, password=known).update(password=hashed):
            raise WrongPassword
        record("accounts.password_changed", {"user_id": user.pk}, actor_id=user.pk)
    user.password = hashed


def reset_password(user: User, new: str) -> None:
    """Set the password of somebody who proved to read the user's mail. Raises `UnfitPassword`."""
    check_fit(new, user)
    hashed = make_password(new)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(password=hashed)
        record("accounts.password_reset", {"user_id": user.pk}, actor_id=user.pk)
    user.password = hashed
