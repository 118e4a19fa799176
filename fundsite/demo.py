"""The people of a demonstration."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Q

from accounts.models import NotifyChannel, Role, User
from accounts.services.registration import register
from accounts.services.users import create_staff
from fundsite.demo_logins import CLIENT, OLDER_ADMIN, OLDER_ADMIN_BY_EMAIL, OLDER_CLIENT, OPERATOR, Login


def seed_demo() -> int:
    """Make the demonstration's logins that are missing; returns how many. Raises `ImproperlyConfigured` in production.

    Their passwords go past the validators on purpose: older clients sign in with exactly these words, which nobody may
    choose.
    """
    if settings.PRODUCTION:
        raise ImproperlyConfigured("the demonstration's passwords are known to everybody: not in production")
    return sum(
        [
            _client(CLIENT, "cliente", "valentina@example.com", "Valentina Restrepo"),
            _administrator(OPERATOR, "operador", "operador@example.com", "Óscar Peña"),
            _client(OLDER_CLIENT, "usuario", "usuario@example.com", "Lucía Andrade"),
            _administrator(OLDER_ADMIN, "admin", "administracion@example.com", "Adriana Mora"),
            _administrator(OLDER_ADMIN_BY_EMAIL, "admin.inversiones", "admin@example.com", "Iván Salas"),
        ]
    )


def _is_there(username: str, email: str) -> bool:
    return User.objects.filter(Q(username__iexact=username) | Q(email=email)).exists()


@transaction.atomic
def _client(login: Login, username: str, email: str, full_name: str) -> int:
    if _is_there(username, email):
        return 0
    registered = register(
        email=email,
        full_name=full_name,
        password=secrets.token_urlsafe(32),
        notify_channel=NotifyChannel.EMAIL,
        notify_destination=email,
        username=username,
    )
    registered.user.password = make_password(login.password)
    registered.user.save(update_fields=["password"])
    return 1


@transaction.atomic
def _administrator(login: Login, username: str, email: str, full_name: str) -> int:
    if _is_there(username, email):
        return 0
    user = User(username=username, email=email, full_name=full_name, role=Role.ADMIN)
    user.password = make_password(login.password)
    create_staff(user, actor_id=user.pk)
    return 1
