"""An audit trail to attack, and the means that its attackers have."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from events.consumers.documents import Documents
from events.relay import drain
from events.services import record
from events.transport import Direct

USER, OTHER = uuid.UUID(int=7), uuid.UUID(int=8)


def happen(number: int) -> list[uuid.UUID]:
    """Record so many events of two users; their ids."""
    return [
        record("accounts.mfa_enabled", {"user_id": (USER, OTHER)[n % 2], "kind": f"totp {n}"}, actor_id=USER)
        for n in range(number)
    ]


def archive() -> None:
    """Seal and publish what there is, straight to the archive."""
    drain(Direct([Documents()]))


@contextmanager
def as_owner_of_the_database() -> Iterator[None]:
    """Without guards, as an administrator may be."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def execute(statement: str, *parameters: object) -> None:
    with as_owner_of_the_database(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
