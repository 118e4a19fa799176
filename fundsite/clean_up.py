"""Emptying the product: clients and all they did go; the structure, the funds, the places and the staff stay."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from accounts.models import Role
from events.documents.outages import outages
from events.documents.routing import ALIAS, documents_alias
from events.inbox import Unavailable
from events.relay import ensure_lanes
from fundsite.backup.dump import DOCUMENTS
from fundsite.backup.tables import rows, run, tables

# Kept whole. What is not named here or below is emptied, so a table of tomorrow is not forgotten.
KEPT = frozenset(
    {
        "django_migrations",
        "django_content_type",
        "auth_permission",
        "accounts_country",
        "accounts_region",
        "accounts_province",
        "accounts_city",
        "funds_fund",
    }
)
# Kept for staff alone: the table and the column that says whose a row is.
OF_STAFF = {
    "accounts_knowndevice": "user_id",
    "mfa_authenticator": "user_id",
    "accounts_user": "id",
}  # users last: the others refer to them


class DocumentsLeft(Exception):
    """Why documents are left whose clients are gone. Cleaning up once more mends it."""


def what_would_go() -> Mapping[str, int]:
    """How many rows each table would lose; without those that lose none."""
    emptied, clients = _emptied(), _clients()
    counts = {table: _count(f'SELECT count(*) FROM "{table}"') for table in emptied}
    counts |= {
        table: _count(f'SELECT count(*) FROM "{table}" WHERE "{column}" IN ({clients})')
        for table, column in OF_STAFF.items()
    }
    return {table: count for table, count in counts.items() if count}


def clean_up() -> Mapping[str, int]:
    """Empty the product, all of it or nothing; returns what went. Nobody is to be working in it meanwhile.

    The guards of append-only tables are off inside this transaction only, which their owner alone may do. Documents of
    a database of their own go after it. Relays may run, and begin again where the chain does. Raises `DocumentsLeft`.
    """
    with transaction.atomic():
        gone, emptied = what_would_go(), _emptied()
        touched = [*emptied, *OF_STAFF]
        for table in touched:
            run(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        run("TRUNCATE " + ", ".join(f'"{table}"' for table in emptied))
        for table, column in OF_STAFF.items():
            run(f'DELETE FROM "{table}" WHERE "{column}" IN ({_clients()})')
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for table in touched:
            run(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        ensure_lanes()
    if documents_alias() == ALIAS:
        try:
            with outages():
                for model in DOCUMENTS:
                    model._default_manager.all().delete()
        except Unavailable as error:
            raise DocumentsLeft(str(error)) from error
    return gone


def _emptied() -> list[str]:
    kept = KEPT | OF_STAFF.keys()
    return [table.name for table in tables() if table.name not in kept]


def _clients() -> str:
    return f"SELECT id FROM accounts_user WHERE role = '{Role.USER.value}'"


def _count(sql: str) -> int:
    ((count,),) = rows(sql)
    return int(str(count))
