"""Movements at moments of one's choosing: the door takes the time from the clock, so these go in past the guards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.backends.utils import CursorWrapper

from core.ids import uuid7
from ledger.models import Account

TABLES = ("ledger_transaction", "ledger_entry", "ledger_account")


@dataclass(frozen=True)
class Moved:
    at: datetime
    amount: Decimal
    kind: str = "OPENING_GRANT"
    memo: str = ""
    id: uuid.UUID = field(default_factory=uuid7)


@contextmanager
def _past_the_guards() -> Iterator[CursorWrapper]:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks under way cannot be altered
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        yield cursor
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def write(account_id: int, house_id: int, movements: Sequence[Moved]) -> None:
    """Between an account and the house, in the order of `movements`; the running balances are right."""
    account = Account.objects.get(pk=account_id)
    balance = account.balance
    assert balance is not None
    with _past_the_guards() as cursor:
        for moved in movements:
            balance += moved.amount
            cursor.execute(
                "INSERT INTO ledger_transaction (id, kind, correlation_id, entry_count, memo, recorded_at)"
                " VALUES (%s, %s, %s, 2, %s, %s)",
                [moved.id, moved.kind, moved.id, moved.memo, moved.at],
            )
            cursor.execute(
                "INSERT INTO ledger_entry (transaction_id, account_id, currency, amount, balance_after)"
                " VALUES (%s, %s, %s, %s, %s), (%s, %s, %s, %s, NULL)",
                [
                    *(moved.id, account_id, account.currency, moved.amount, balance),
                    *(moved.id, house_id, account.currency, -moved.amount),
                ],
            )
        cursor.execute("UPDATE ledger_account SET balance = %s WHERE id = %s", [balance, account_id])


_MANY = (
    """CREATE TEMP TABLE many AS
       SELECT n, gen_random_uuid() AS id, timestamptz '2026-01-01' + n * interval '1 minute' AS at,
              CASE n % 2 WHEN 1 THEN 1 ELSE -1 END AS amount
       FROM generate_series(1, %(count)s) n""",
    """INSERT INTO ledger_transaction (id, kind, correlation_id, entry_count, memo, recorded_at)
       SELECT id, CASE amount WHEN 1 THEN 'CANCELLATION' ELSE 'SUBSCRIPTION' END, id, 2, '', at FROM many ORDER BY n""",
    """INSERT INTO ledger_entry (transaction_id, account_id, currency, amount, balance_after)
       SELECT id, account, 'COP', signed, after FROM many, LATERAL (
           VALUES (%(account)s, amount, amount), (%(house)s, -amount, NULL)) leg (account, signed, after)
       ORDER BY n""",
    "DROP TABLE many",
)


def write_many(account_id: int, house_id: int, count: int) -> None:
    """One a minute from 2026-01-01 UTC on, a peso in and a peso out by turns: for reading, not for reconciling."""
    names = {"account": account_id, "house": house_id, "count": count}
    with _past_the_guards() as cursor:
        for sql in _MANY:
            cursor.execute(sql.replace("n % 2", "n %% 2"), names)
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")
