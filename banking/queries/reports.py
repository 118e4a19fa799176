"""Reports for staff: transactions, accounts, the trial balance; each as rows, as totals and as a table to take away."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db import connections
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from banking.queries.statements import remark
from core import replicas
from core.database import Value, stream
from core.ids import receipt_number
from core.paging import Page, decode_cursor, decode_moment_cursor, encode_cursor, encode_moment_cursor
from core.periods import Period
from core.tables import Column, Kind, Row, Table
from ledger.models import Account, AccountState
from ledger.names import account_kind, house_purpose, transaction_kind
from ledger.queries import TrialBalanceRow, trial_balance_at

PAGE_SIZE = 50
MOST_DAYS_SHOWN = 62  # of a chart; a longer period is shown by months


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """The transactions of some days; of one kind, in one currency, with one client's accounts, if those are given."""

    period: Period
    kind: str | None = None
    currency: str | None = None
    client_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """Where money came from or went: an account with its holder, or how many."""

    number: str
    holder: str

    @property
    def place(self) -> str:
        """The number as people know it: the house's own accounts have none for them."""
        return account_kind(Account.HOUSE) if ":" in self.number else self.number

    @classmethod
    def of(cls, count: int, number: str | None, holder: str | None) -> Self:
        if count != 1 or number is None:
            return cls(ngettext("%(n)s cuenta", "%(n)s cuentas", count) % {"n": count}, "")
        purpose, of_the_house, _currency = number.partition(":")
        return cls(number, house_purpose(purpose) if of_the_house else holder or "")


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """What a transaction moved in one currency; nearly all have one."""

    id: uuid.UUID
    recorded_at: datetime
    kind: str
    currency: str
    amount: Decimal
    source: Side
    target: Side
    memo: str
    reverses: uuid.UUID | None
    reversed_by: uuid.UUID | None

    @property
    def number(self) -> str:
        return receipt_number(self.id)

    @property
    def kind_label(self) -> str:
        return transaction_kind(self.kind)

    @property
    def remark(self) -> str:
        return remark(self.reverses, self.reversed_by)


@dataclass(frozen=True, slots=True)
class TransactionTotal:
    currency: str
    kind: str
    count: int
    amount: Decimal

    @property
    def kind_label(self) -> str:
        return transaction_kind(self.kind)


@dataclass(frozen=True, slots=True)
class AccountFilter:
    state: str | None = None
    currency: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class AccountRow:
    id: int
    number: str
    kind: str
    holder_id: uuid.UUID
    holder: str
    currency: str
    state: str
    balance: Decimal
    opened_at: datetime

    @property
    def kind_label(self) -> str:
        return account_kind(self.kind)

    @property
    def state_label(self) -> str:
        return str(AccountState(self.state).label)


@dataclass(frozen=True, slots=True)
class AccountTotal:
    currency: str
    state: str
    count: int
    balance: Decimal

    @property
    def state_label(self) -> str:
        return str(AccountState(self.state).label)


def transactions(
    wanted: TransactionFilter, *, cursor: str | None = None, limit: int = PAGE_SIZE
) -> Page[TransactionRow]:
    """The newest first, `limit` transactions at a time. Raises `InvalidCursor`."""
    where, names = _transactions_where(wanted)
    if cursor:
        where += " AND (t.recorded_at, t.id) < (%(last_at)s, %(last_id)s)"
        names["last_at"], names["last_id"] = decode_moment_cursor(cursor)
    picked = f"SELECT t.* FROM ledger_transaction t WHERE {where} {_NEWEST} LIMIT %(limit)s"
    with connections[replicas.alias()].cursor() as sent:
        sent.execute(_transaction_rows(f"({picked})", wanted), {**names, "limit": limit + 1})
        rows = [_transaction(row) for row in sent.fetchall()]
    ids = list(dict.fromkeys(row.id for row in rows))
    if len(ids) <= limit:
        return Page(rows, None)
    shown = [row for row in rows if row.id != ids[limit]]
    return Page(shown, encode_moment_cursor(shown[-1].recorded_at, shown[-1].id))


def transaction_totals(wanted: TransactionFilter) -> list[TransactionTotal]:
    """By currency and kind, the largest counts first: how many transactions, and what they moved."""
    where, names = _transactions_where(wanted)
    with connections[replicas.alias()].cursor() as cursor:
        cursor.execute(
            f"""SELECT e.currency, t.kind, count(DISTINCT t.id), coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)
                FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
                WHERE {where} {"AND e.currency = %(currency)s" if wanted.currency else ""}
                GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2""",
            names,
        )
        return [TransactionTotal(*row) for row in cursor.fetchall()]


def counted_by_months(period: Period) -> bool:
    """Whether `transactions_by_day` gives months: nobody looks at a hundred columns."""
    return (period.until - period.since).days >= MOST_DAYS_SHOWN


def transactions_by_day(wanted: TransactionFilter) -> list[tuple[date, int]]:
    """How many on each day of the period, also none; of a long one, in each month that had any, by its first day."""
    where, names = _transactions_where(wanted)
    unit = "month" if counted_by_months(wanted.period) else "day"
    with connections[replicas.alias()].cursor() as cursor:
        cursor.execute(
            f"""SELECT date_trunc('{unit}', t.recorded_at AT TIME ZONE %(zone)s)::date, count(*)
                FROM ledger_transaction t WHERE {where} GROUP BY 1 ORDER BY 1""",
            {**names, "zone": wanted.period.zone.key},
        )
        found = dict(cursor.fetchall())
    if unit == "month":
        return sorted(found.items())
    days = (wanted.period.until - wanted.period.since).days + 1
    every = (wanted.period.since + timedelta(days=n) for n in range(days))
    return [(day, found.get(day, 0)) for day in every]


def transaction_table(wanted: TransactionFilter) -> Table:
    columns = (
        Column("recorded_at", gettext_lazy("Fecha"), Kind.MOMENT, 20),
        Column("number", gettext_lazy("Comprobante"), width=16),
        Column("kind", gettext_lazy("Tipo"), width=18),
        Column("currency", gettext_lazy("Moneda"), width=9),
        Column("amount", gettext_lazy("Valor"), Kind.MONEY, 18),
        Column("source", gettext_lazy("Cuenta de origen"), width=20),
        Column("source_holder", gettext_lazy("Titular de origen"), width=28),
        Column("target", gettext_lazy("Cuenta de destino"), width=20),
        Column("target_holder", gettext_lazy("Titular de destino"), width=28),
        Column("memo", gettext_lazy("Nota"), width=34),
        Column("remark", gettext_lazy("Observación"), width=26),
        Column("id", gettext_lazy("Transacción"), width=38),
    )
    period = wanted.period
    return Table(f"transacciones-{period.since}-{period.until}", columns, _transaction_cells(wanted), period.zone)


def accounts(wanted: AccountFilter, *, cursor: str | None = None, limit: int = PAGE_SIZE) -> Page[AccountRow]:
    """Holders' accounts, the newest first. Raises `InvalidCursor`."""
    where, names = _accounts_where(wanted)
    if cursor:
        where += " AND a.id < %(before)s"
        names["before"] = decode_cursor(cursor)
    with connections[replicas.alias()].cursor() as sent:
        sent.execute(f"{_ACCOUNTS} WHERE {where} ORDER BY a.id DESC LIMIT %(limit)s", {**names, "limit": limit + 1})
        rows = [AccountRow(*row) for row in sent.fetchall()]
    return Page(rows[:limit], encode_cursor(rows[limit - 1].id) if len(rows) > limit else None)


def account_totals(wanted: AccountFilter) -> list[AccountTotal]:
    """By currency and state: how many accounts, and what they hold."""
    where, names = _accounts_where(wanted)
    with connections[replicas.alias()].cursor() as cursor:
        cursor.execute(
            f"""SELECT a.currency, a.state, count(*), sum(a.balance) FROM ledger_account a
                WHERE {where} GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2""",
            names,
        )
        return [AccountTotal(*row) for row in cursor.fetchall()]


def account_table(wanted: AccountFilter, period: Period) -> Table:
    """`period` says in which zone, and of which day the file is."""
    columns = (
        Column("number", gettext_lazy("Cuenta"), width=14),
        Column("kind", gettext_lazy("Tipo"), width=22),
        Column("holder", gettext_lazy("Titular"), width=32),
        Column("currency", gettext_lazy("Moneda"), width=9),
        Column("state", gettext_lazy("Estado"), width=12),
        Column("balance", gettext_lazy("Saldo"), Kind.MONEY, 18),
        Column("opened_at", gettext_lazy("Apertura"), Kind.MOMENT, 20),
    )
    where, names = _accounts_where(wanted)
    found = (AccountRow(*row) for row in stream(f"{_ACCOUNTS} WHERE {where} ORDER BY a.id DESC", names))
    rows = (
        (row.number, row.kind_label, row.holder, row.currency, row.state_label, row.balance, row.opened_at)
        for row in found
    )
    return Table(f"cuentas-{period.until}", columns, rows, period.zone)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """The books of one currency: what is owed to holders is credit, where it came from debit; both sum to the same."""

    currency: str
    rows: Sequence[TrialBalanceRow]

    @property
    def debit(self) -> Decimal:
        return -sum((row.balance for row in self.rows if row.balance < 0), Decimal("0.00"))

    @property
    def credit(self) -> Decimal:
        return sum((row.balance for row in self.rows if row.balance > 0), Decimal("0.00"))

    @property
    def is_balanced(self) -> bool:
        return self.debit == self.credit


def trial_balances(before: datetime) -> list[TrialBalance]:
    """One per currency, as the books stood just before an instant."""
    rows = trial_balance_at(before)
    currencies = sorted({row.currency for row in rows})
    return [TrialBalance(currency, [row for row in rows if row.currency == currency]) for currency in currencies]


def trial_balance_label(row: TrialBalanceRow) -> str:
    return house_purpose(row.purpose) if row.purpose else account_kind(row.kind)


def debit_and_credit(row: TrialBalanceRow) -> tuple[Decimal | None, Decimal | None]:
    """One of the two, the other is `None`."""
    return (-row.balance, None) if row.balance < 0 else (None, row.balance)


def trial_balance_table(period: Period, found: Sequence[TrialBalance]) -> Table:
    columns = (
        Column("currency", gettext_lazy("Moneda"), width=9),
        Column("account", gettext_lazy("Cuentas"), width=34),
        Column("debit", gettext_lazy("Débito"), Kind.MONEY, 20),
        Column("credit", gettext_lazy("Crédito"), Kind.MONEY, 20),
    )
    rows: list[Row] = []
    for book in found:
        for row in book.rows:
            rows.append((book.currency, trial_balance_label(row), *debit_and_credit(row)))
        rows.append((book.currency, _("Total"), book.debit, book.credit))
    return Table(f"balance-{period.until}", columns, rows, period.zone)


_NEWEST = "ORDER BY t.recorded_at DESC, t.id DESC"
_ACCOUNTS = """SELECT a.id, a.number, a.kind, a.holder_id, coalesce(c.full_name, ''), a.currency, a.state, a.balance,
           a.opened_at
    FROM ledger_account a LEFT JOIN accounts_client c ON c.id = a.holder_id"""


def _transactions_where(wanted: TransactionFilter) -> tuple[str, dict[str, Value]]:
    where = "t.recorded_at >= %(start)s AND t.recorded_at < %(end)s"
    names: dict[str, Value] = {"start": wanted.period.start, "end": wanted.period.end}
    if wanted.kind:
        where += " AND t.kind = %(kind)s"
        names["kind"] = wanted.kind
    if wanted.currency:
        where += " AND t.id IN (SELECT transaction_id FROM ledger_entry WHERE currency = %(currency)s)"
        names["currency"] = wanted.currency
    if wanted.client_id:
        # The accounts by their ids: the planner knows of each whether it has few entries or most of all.
        where += " AND t.id IN (SELECT transaction_id FROM ledger_entry WHERE account_id = ANY (%(accounts)s))"
        held = Account.objects.filter(holder_id=wanted.client_id)
        names["accounts"] = list(held.values_list("pk", flat=True))
    return where, names


def _transaction_rows(picked: str, wanted: TransactionFilter) -> str:
    only = "AND e.currency = %(currency)s" if wanted.currency else ""
    return f"""SELECT t.id, t.recorded_at, t.kind, moved.*, t.memo, t.reverses_id, undone.id
        FROM {picked} t
        CROSS JOIN LATERAL (
            SELECT e.currency, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0.00),
                   count(*) FILTER (WHERE e.amount < 0), min(a.number) FILTER (WHERE e.amount < 0),
                   min(c.full_name) FILTER (WHERE e.amount < 0),
                   count(*) FILTER (WHERE e.amount > 0), min(a.number) FILTER (WHERE e.amount > 0),
                   min(c.full_name) FILTER (WHERE e.amount > 0)
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
            LEFT JOIN accounts_client c ON c.id = a.holder_id
            WHERE e.transaction_id = t.id {only} GROUP BY e.currency
        ) moved
        LEFT JOIN ledger_transaction undone ON undone.reverses_id = t.id
        {_NEWEST}, moved.currency"""


def _transaction(row: tuple[Any, ...]) -> TransactionRow:
    transaction_id, at, kind, currency, amount = row[:5]
    source, target = Side.of(*row[5:8]), Side.of(*row[8:11])
    memo, reverses, reversed_by = row[11:]
    return TransactionRow(transaction_id, at, kind, currency, amount, source, target, memo, reverses, reversed_by)


def _transaction_cells(wanted: TransactionFilter) -> Iterator[Row]:
    where, names = _transactions_where(wanted)
    picked = f"(SELECT t.* FROM ledger_transaction t WHERE {where})"
    for found in stream(_transaction_rows(picked, wanted), names):
        row = _transaction(found)
        yield (
            *(row.recorded_at, row.number, row.kind_label, row.currency, row.amount),
            *(row.source.number, row.source.holder, row.target.number, row.target.holder),
            *(row.memo, row.remark, str(row.id)),
        )


def _accounts_where(wanted: AccountFilter) -> tuple[str, dict[str, Value]]:
    where, names = "a.balance IS NOT NULL", dict[str, Value]()
    for column, value in (("state", wanted.state), ("currency", wanted.currency), ("kind", wanted.kind)):
        if value:
            where += f" AND a.{column} = %({column})s"
            names[column] = value
    return where, names
