"""What signing in and out leave behind in the audit trail, and ending sessions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts import tokens
from accounts.models import SecondFactorTicket, User
from accounts.queries.identifiers import user_called
from accounts.services import devices
from accounts.services.devices import Device
from core import request_context
from events.services import record


def signed_in(user: User, device: Device) -> None:
    """Somebody came in, by whichever door; that they did so with something new is an event of its own."""
    request_context.called_by(user.role)
    with transaction.atomic():
        record("accounts.login_succeeded", {"user_id": user.pk}, actor_id=user.pk)
        if devices.remember(user, device):
            record("accounts.new_device", {"user_id": user.pk, "device": device.label}, actor_id=user.pk)


def sign_in_failed(identifier: str) -> None:
    """The password is never kept."""
    record("accounts.login_failed", _typed(identifier))


def locked_out(identifier: str) -> None:
    """Too many failures from the address of the event's context."""
    record("accounts.login_locked", _typed(identifier))


def second_factor_failed(user: User) -> None:
    """The password was right, the code was not."""
    record("accounts.mfa_failed", {"user_id": user.pk}, actor_id=user.pk)


def second_factor_changed(user: User, event: str, about: Mapping[str, str]) -> None:
    """By the user. `event` is one of the catalogue's `accounts.mfa_…`, `about` the rest of its payload."""
    record(event, {"user_id": user.pk, **about}, actor_id=user.pk)


def reset_requested(identifier: str) -> None:
    """Somebody asked for a mail with which to set a new password; it may be nobody's address."""
    record("accounts.password_reset_requested", _typed(identifier))


def end_other_sessions(user: User, *, current_key: str | None) -> None:
    """Sign a user out everywhere, programs included, except in the browser whose session this is."""
    with transaction.atomic():
        end_sessions(user, but_key=current_key)
        record("accounts.sessions_ended", {"user_id": user.pk}, actor_id=user.pk)


def end_sessions(user: User, *, but_key: str | None = None) -> None:
    """In the caller's transaction; a password that still waits for its code opens nothing either."""
    tokens.end_all_sessions(user.pk)
    SecondFactorTicket.objects.filter(user=user).delete()
    for place in UserSession.objects.filter(user=user).exclude(session_key=but_key):
        place.end()


def signed_out(user_id: uuid.UUID) -> None:
    record("accounts.logged_out", {"user_id": user_id}, actor_id=user_id)


def _typed(identifier: str) -> dict[str, object]:
    """What was typed and whose it is: found out for the event alone, and alike for somebody and nobody.

    What is nobody's is kept as its first character: people type passwords into the wrong field, and events stay.
    """
    user = user_called(identifier)
    return {"identifier": identifier[:254] if user else f"{identifier[:1]}***", "user_id": user.pk if user else None}
