"""Reading the books."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, connections

from core import replicas
from core.database import Value, stream
from core.ids import receipt_number
from core.paging import LARGEST_PAGE, Page, decode_cursor, encode_cursor
from ledger.models import Account, Entry

ZERO = Decimal("0.00")
_SMALLEST_STEP = timedelta(microseconds=1)
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An entry as its account's holder reads it.

    `counterparty` are the last four digits of the holder's account on the other side, where there is just one;
    `reverses` and `reversed_by` name the transaction that this one undoes, and the one that undid it.
    """

    transaction_id: uuid.UUID
    kind: str
    memo: str
    recorded_at: datetime
    amount: Decimal
    balance_after: Decimal | None
    currency: str
    counterparty: str | None = None
    reverses: uuid.UUID | None = None
    reversed_by: uuid.UUID | None = None

    @property
    def number(self) -> str:
        return receipt_number(self.transaction_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An account over a stretch of time: `opening + money_in - money_out = closing`, to the cent.

    The stretch is kept as two places in the chain of the account's entries, those after `after` up to `last`: what was
    added up can be read again later, line by line, whatever has been posted since.
    """

    account_id: int
    opening: Decimal
    closing: Decimal
    money_in: Decimal
    money_out: Decimal
    count: int
    after: int
    last: int


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """The sum of the entries of one kind of account, of the house's for one purpose (`""` for holders' accounts).

    The rows of a currency sum to zero.
    """

    currency: str
    kind: str
    purpose: str
    balance: Decimal


def statement(account_id: int, *, cursor: str | None = None, limit: int = 20) -> Page[StatementLine]:
    """An account's entries, newest first. The caller has made sure that the asker may see the account."""
    before = decode_cursor(cursor) if cursor else _LARGEST_ID
    limit = max(1, min(limit, LARGEST_PAGE))
    with connections[replicas.alias()].cursor() as sent:
        sent.execute(
            f"{_LINE} AND e.id < %(before)s ORDER BY e.id DESC LIMIT %(limit)s",
            {"account": account_id, "before": before, "limit": limit + 1},
        )
        rows = sent.fetchall()
    lines = [StatementLine(*row[1:]) for row in rows[:limit]]
    return Page(lines, encode_cursor(rows[limit - 1][0]) if len(rows) > limit else None)


def line_of(account_id: int, transaction_id: uuid.UUID) -> StatementLine | None:
    """What one transaction did to an account, which the caller has made sure that the asker may see."""
    with connections[replicas.alias()].cursor() as sent:
        sent.execute(
            f"{_LINE} AND e.transaction_id = %(transaction)s", {"account": account_id, "transaction": transaction_id}
        )
        row = sent.fetchone()
    return StatementLine(*row[1:]) if row else None


def statement_between(account_id: int, start: datetime, end: datetime) -> Statement:
    """A holder's account from `start` to just before `end`. The caller has made sure that the asker may see it."""
    after, last = _last_entry_before(account_id, start), _last_entry_before(account_id, end)
    with connections[replicas.alias()].cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(sum(amount) FILTER (WHERE amount > 0), 0.00),
                      coalesce(-sum(amount) FILTER (WHERE amount < 0), 0.00), count(*)
               FROM ledger_entry WHERE account_id = %s AND id > %s AND id <= %s""",
            [account_id, after, last],
        )
        money_in, money_out, count = cursor.fetchone()
    return Statement(
        account_id=account_id,
        opening=_balance_after(after),
        closing=_balance_after(last),
        money_in=money_in,
        money_out=money_out,
        count=count,
        after=after,
        last=last,
    )


def statement_page(found: Statement, *, cursor: str | None = None, limit: int = LARGEST_PAGE) -> Page[StatementLine]:
    """The lines of a statement, oldest first, `limit` at a time."""
    after = max(found.after, decode_cursor(cursor)) if cursor else found.after
    with connections[replicas.alias()].cursor() as sent:
        sent.execute(f"{_LINES} LIMIT %(limit)s", _of(found, after, limit=limit + 1))
        rows = sent.fetchall()
    lines = [StatementLine(*row[1:]) for row in rows[:limit]]
    return Page(lines, encode_cursor(rows[limit - 1][0]) if len(rows) > limit else None)


def statement_lines(found: Statement) -> Iterator[StatementLine]:
    """All lines of a statement, oldest first, read a few at a time."""
    return (StatementLine(*row[1:]) for row in stream(_LINES, _of(found, found.after)))


def settle(account_id: int) -> datetime:
    """Wait for the postings under way in a holder's account; an instant up to which all of it is there to be read.

    A posting takes its time under the account's lock, and so does this: whoever posts later does so at a later time.
    The clock is that of the books, not of this machine.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH held AS MATERIALIZED (SELECT FROM ledger_account WHERE id = %s FOR SHARE)
               SELECT clock_timestamp() FROM held""",
            [account_id],
        )
        (now,) = cursor.fetchone()
        cursor.execute(  # what was waited for is seen by another statement only
            """SELECT greatest(%s, (
                   SELECT t.recorded_at FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
                   WHERE e.account_id = %s ORDER BY e.id DESC LIMIT 1))""",
            [now, account_id],
        )
        moment: datetime = cursor.fetchone()[0]
    return moment


def balance_at(account_id: int, at: datetime) -> Decimal:
    """What a holder's account held at an instant, with all that had been recorded by then.

    Of an instant after the account was settled (`settle`) it is what will have been recorded so far.
    """
    return _balance_after(_last_entry_before(account_id, at + _SMALLEST_STEP))


def trial_balance_at(before: datetime) -> list[TrialBalanceRow]:
    """The books as they stood just before an instant, by currency. Reads all entries until then."""
    with connections[replicas.alias()].cursor() as cursor:
        cursor.execute(
            """SELECT e.currency, a.kind, CASE WHEN a.kind = %(house)s THEN split_part(a.number, ':', 1) ELSE '' END,
                      sum(e.amount)
               FROM ledger_transaction t
               JOIN ledger_entry e ON e.transaction_id = t.id
               JOIN ledger_account a ON a.id = e.account_id
               WHERE t.recorded_at < %(before)s
               GROUP BY 1, 2, 3 ORDER BY 1, a.kind = %(house)s, 2, 3""",
            {"house": Account.HOUSE, "before": before},
        )
        return [TrialBalanceRow(*row) for row in cursor.fetchall()]


# The other account is looked for by the index that keeps a transaction's entries apart: one look per line.
_LINE = """\
SELECT e.id, t.id, t.kind, t.memo, t.recorded_at, e.amount, e.balance_after, e.currency,
           (SELECT CASE WHEN count(*) = 1 THEN right(min(a.number), 4) END
            FROM ledger_entry o JOIN ledger_account a ON a.id = o.account_id
            WHERE o.transaction_id = e.transaction_id AND o.account_id <> e.account_id AND a.balance IS NOT NULL),
           t.reverses_id, (SELECT r.id FROM ledger_transaction r WHERE r.reverses_id = t.id)
    FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE e.account_id = %(account)s"""
_LINES = f"{_LINE} AND e.id > %(after)s AND e.id <= %(last)s ORDER BY e.id"


def _of(found: Statement, after: int, **more: Value) -> dict[str, Value]:
    return {"account": found.account_id, "after": after, "last": found.last, **more}


# A holder's account is locked when the time of a posting is taken, so its entries have times in the order of their ids:
# the last one before an instant is found by halving, two look-ups a step, instead of reading back to it.
_LAST_ENTRY_BEFORE = """
    WITH RECURSIVE search (low, high) AS (
        SELECT 0::bigint, coalesce(max(id), 0) + 1 FROM ledger_entry WHERE account_id = %(account)s
        UNION ALL
        SELECT CASE WHEN probe.earlier THEN probe.id ELSE low END, CASE WHEN probe.earlier THEN high ELSE middle END
        FROM search CROSS JOIN LATERAL (SELECT (low + high) / 2 AS middle) half
        LEFT JOIN LATERAL (
            SELECT e.id, t.recorded_at < %(before)s AS earlier
            FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE e.account_id = %(account)s AND e.id >= middle AND e.id < high ORDER BY e.id LIMIT 1
        ) probe ON true
        WHERE low + 1 < high
    )
    SELECT low FROM search ORDER BY high - low LIMIT 1"""


def _last_entry_before(account_id: int, before: datetime) -> int:
    """The id of an account's last entry recorded before an instant; 0 if there is none."""
    with connections[replicas.alias()].cursor() as cursor:
        cursor.execute(_LAST_ENTRY_BEFORE, {"account": account_id, "before": before})
        return int(cursor.fetchone()[0])


def _balance_after(entry_id: int) -> Decimal:
    """What an account held after an entry of its own; nothing before its first."""
    balance = Entry.objects.filter(pk=entry_id).values_list("balance_after", flat=True).first()
    return ZERO if balance is None else balance
