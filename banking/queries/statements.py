"""Statements, past balances and documents, by who asks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Client, Role
from banking.codes import read_code
from banking.models import StatementDocument
from core import replicas
from core.errors import DomainError, NotFound
from core.ids import receipt_number
from core.periods import Period
from core.tables import Column, Kind, Row, Table
from ledger.models import Account
from ledger.names import transaction_kind
from ledger.queries import Statement, StatementLine, balance_at, settle, statement_between, statement_lines
from ledger.services import AccountNotFound

Answer = TypeVar("Answer")
LONG_ENOUGH = timedelta(minutes=10)  # for what was under way to end, and to reach a replica that is read from


class InstantInFuture(DomainError):
    code = "instant_in_future"
    field = "at"
    message = gettext_lazy("Ese momento todavía no ha llegado: el saldo de entonces no se conoce.")


class DocumentNotFound(NotFound):
    code = "document_not_found"
    message = gettext_lazy("Ningún documento nuestro tiene ese código.")


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """An account with whoever holds it."""

    account: Account
    holder: Client

    @property
    def ending(self) -> str:
        return self.account.number[-4:]


@dataclass(frozen=True, slots=True)
class PeriodStatement:
    """A holder's account over some days, added up. Its lines are read by `ledger.queries`."""

    held: HeldAccount
    period: Period
    figures: Statement

    @property
    def currency(self) -> str:
        return self.held.account.currency


@dataclass(frozen=True, slots=True)
class PastBalance:
    at: datetime
    amount: Decimal


def held_account(number: str, *, client_id: uuid.UUID | None, role: str) -> HeldAccount:
    """One of the client's own accounts, of any kind; for staff, anybody's. Raises `AccountNotFound`."""
    accounts = Account.objects.filter(number=number, holder_id__isnull=False)
    if not number.isalnum():  # what is no number at all has no place in a query
        raise AccountNotFound
    if not Role(role).reaches(Role.READER):
        accounts = accounts.filter(holder_id=client_id)
    account = accounts.first()
    if account is None or account.holder_id is None:
        raise AccountNotFound
    return HeldAccount(account, Client.objects.get(pk=account.holder_id))


def statement_of(held: HeldAccount, period: Period) -> PeriodStatement:
    return PeriodStatement(held, period, statement_between(held.account.pk, period.start, period.end))


def document_called(typed: str) -> StatementDocument:
    """The document with this code, however typed. Raises `DocumentNotFound`."""
    code = read_code(typed)
    found = StatementDocument.objects.filter(pk=code).first() if code else None
    if found is None:
        raise DocumentNotFound
    return found


def document_with_hash(sha256: str) -> StatementDocument | None:
    """The document that is this very file, if one of ours is."""
    return StatementDocument.objects.filter(sha256=sha256).first()


def read_period(
    held: HeldAccount, period: Period, query: Callable[[], Answer], *, reader: uuid.UUID, now: datetime
) -> Answer:
    """What `query` reads of the account over a period, for the user `reader`; once that is over, it is so for good.

    Just over, its last postings may not have been committed, and no replica need have them. Long over, it bears being
    read from one.
    """
    if period.is_over(now - LONG_ENOUGH):
        return replicas.read(query, reader=reader)
    if period.is_over(now):
        settle(held.account.pk)
    return query()


def past_balance(held: HeldAccount, at: datetime | None = None) -> PastBalance:
    """What the account held at an instant, now unless one is asked for; it is so for good. Raises `InstantInFuture`."""
    now = settle(held.account.pk)
    if at and at > now:
        raise InstantInFuture
    at = at or now
    return PastBalance(at, balance_at(held.account.pk, at))


def concept(line: StatementLine) -> str:
    """What a movement was, in words: `Transferencia · cuenta ···4821`."""
    kind = transaction_kind(line.kind)
    return f"{kind} · {_('cuenta')} ···{line.counterparty}" if line.counterparty else kind


def remark(reverses: uuid.UUID | None, reversed_by: uuid.UUID | None) -> str:
    """That a movement undoes another or was itself undone, by the receipt number of the other."""
    if reverses:
        return _("Revierte %(number)s") % {"number": receipt_number(reverses)}
    if reversed_by:
        return _("Revertida por %(number)s") % {"number": receipt_number(reversed_by)}
    return ""


def statement_table(found: PeriodStatement) -> Table:
    """The statement as a table: its opening balance, every line, its closing balance."""
    columns = (
        Column("recorded_at", gettext_lazy("Fecha"), Kind.MOMENT, 20),
        Column("concept", gettext_lazy("Concepto"), width=34),
        Column("memo", gettext_lazy("Nota"), width=34),
        Column("remark", gettext_lazy("Observación"), width=26),
        Column("number", gettext_lazy("Comprobante"), width=16),
        Column("amount", gettext_lazy("Valor"), Kind.MONEY, 18),
        Column("balance", gettext_lazy("Saldo"), Kind.MONEY, 18),
        Column("currency", gettext_lazy("Moneda"), width=9),
        Column("transaction_id", gettext_lazy("Transacción"), width=38),
    )
    name = f"extracto-{found.held.ending}-{found.period.since}-{found.period.until}"
    return Table(name, columns, _statement_rows(found), found.period.zone)


def _statement_rows(found: PeriodStatement) -> Iterator[Row]:
    figures, currency = found.figures, found.currency
    yield (None, _("Saldo inicial"), "", "", "", None, figures.opening, currency, "")
    for line in statement_lines(figures):
        yield (
            *(line.recorded_at, concept(line), line.memo, remark(line.reverses, line.reversed_by), line.number),
            *(line.amount, line.balance_after, currency, str(line.transaction_id)),
        )
    yield (None, _("Saldo final"), "", "", "", None, figures.closing, currency, "")
