"""The books as an attacker with SQL sees them."""

from __future__ import annotations

import uuid
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
