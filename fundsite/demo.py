"""The people of a demonstration. `seed --demo` makes them, `./run` prints them; production refuses to."""

from __future__ import annotations

from accounts.models import NotifyChannel, Role, User
from accounts.services.registration import register

CLIENT_LOGIN = ("cliente", "Demo-Fondos-2026", "cliente, con $ 500.000")
STAFF_LOGIN = ("operador", "Demo-Operador-2026", "administración, en /admin/")
DEMO_LOGINS: tuple[tuple[str, str, str], ...] = (CLIENT_LOGIN, STAFF_LOGIN)


def seed_demo() -> int:
    """Make the demonstration's logins that are missing; returns how many."""
    return _client() + _operator()


def _client() -> int:
    username, password, _ = CLIENT_LOGIN
    if User.objects.filter(username=username).exists():
        return 0
    register(
        email="valentina@example.com",
        full_name="Valentina Restrepo",
        password=password,
        notify_channel=NotifyChannel.EMAIL,
        notify_destination="valentina@example.com",
        username=username,
    )
    return 1


def _operator() -> int:
    username, password, _ = STAFF_LOGIN
    if User.objects.filter(username=username).exists():
        return 0
    operator = User(username=username, email="operador@example.com", full_name="Óscar Peña", role=Role.ADMIN)
    operator.set_password(password)
    operator.save()
    return 1
