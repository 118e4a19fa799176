"""The books as an attacker with SQL sees them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from core.ids import uuid7


@dataclass(frozen=True)
class Books:
    """Two holders' accounts with COP 500 000 each, the house account that paid them, and Ana's grant, long posted."""

    ana: int
    beto: int
    house: int
    ana_holder: uuid.UUID
    grant: uuid.UUID

    def names(self) -> dict[str, Any]:
        """Values for an attack's `%(name)s` places; `new` and `other` are ids nobody has used."""
        return {
            "ana": self.ana,
            "beto": self.beto,
            "house": self.house,
            "holder": self.ana_holder,
            "grant": self.grant,
            "new": uuid7(),
            "other": uuid7(),
        }


def execute(sql: str, names: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, names or {})


def value(sql: str, names: dict[str, Any] | None = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, names or {})
        row = cursor.fetchone()
    return row[0] if row else None


def commit_within_test(*statements: str, names: dict[str, Any]) -> None:
    """Run statements and then whatever waits for the commit; a refusal of either undoes all of them."""
    with transaction.atomic():
        for sql in statements:
            execute(sql, names)
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def weakened(function: str, *changes: tuple[str, str]) -> Iterator[None]:
    """Take a guard out of one of the database's functions for a while: in its text, each first part for each second."""
    definition = value("SELECT pg_get_functiondef(%(f)s::regproc)", {"f": function})
    weak = definition
    for old, new in changes:
        assert old in weak
        weak = weak.replace(old, new)
    execute(weak.replace("%", "%%"))
    try:
        yield
    finally:
        execute(definition.replace("%", "%%"))
