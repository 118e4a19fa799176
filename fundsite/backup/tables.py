"""What there is to back up: tables with their columns, sequences, and the migrations that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

MIGRATIONS = "django_migrations"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the schema `public` with the columns that hold data (generated ones make themselves anew)."""

    name: str
    columns: Sequence[str]

    def copy(self, direction: str) -> str:
        return f'COPY "{self.name}" ({", ".join(quoted(column) for column in self.columns)}) {direction}'


def tables() -> list[Table]:
    """By name; without the temporary and the foreign."""
    found: dict[str, list[str]] = {}
    for table, column in rows(
        """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
             AND a.attgenerated = '' ORDER BY c.relname, a.attnum"""
    ):
        found.setdefault(str(table), []).append(str(column))
    return [Table(name, columns) for name, columns in found.items()]


def sequences() -> dict[str, tuple[int, bool]]:
    """Each sequence's last value and whether it has been given out."""
    names = [str(name) for (name,) in rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' ORDER BY relname"
    )]  # fmt: skip
    found: dict[str, tuple[int, bool]] = {}
    for name in names:
        ((last, called),) = rows(f"SELECT last_value, is_called FROM {quoted(name)}")
        found[name] = (int(str(last)), bool(called))
    return found


def migrations() -> list[str]:
    """`app.name` of every migration that is applied, in order of name; empty where there are no tables yet."""
    if not rows("SELECT 1 FROM pg_class WHERE oid = to_regclass(%s)", [MIGRATIONS]):
        return []
    return [f"{app}.{name}" for app, name in rows(f"SELECT app, name FROM {MIGRATIONS} ORDER BY app, name")]


def ledger_totals() -> Mapping[str, str]:
    """The sum of all entries by currency and kind of account: what a restored ledger has to come to."""
    return {
        f"{currency} {kind}": str(total)
        for currency, kind, total in rows(
            """SELECT e.currency, a.kind, sum(e.amount) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
               GROUP BY e.currency, a.kind ORDER BY e.currency, a.kind"""
        )
    }


def chain_head() -> Mapping[str, object]:
    """Position and hash of the audit trail's last link."""
    found = rows("SELECT position, encode(hash, 'hex') FROM events_seal ORDER BY position DESC LIMIT 1")
    return {"position": found[0][0], "hash": found[0][1]} if found else {"position": 0, "hash": ""}


def rows(sql: str, arguments: Sequence[str | int | bool] = ()) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(arguments))
        return list(cursor.fetchall())


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
