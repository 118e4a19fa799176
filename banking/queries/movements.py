"""What moved an account, in the words of its holder."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from banking.queries.accounts import BankAccount
from banking.queries.statements import concept, remark
from core.errors import NotFound
from core.ids import receipt_number
from core.paging import Page
from ledger.queries import StatementLine, line_of, statement

TRANSFER = "TRANSFER"


@dataclass(frozen=True, slots=True)
class Movement:
    """An entry of an account with what to call it, and the receipt numbers of what it undoes and what undid it."""

    line: StatementLine
    concept: str
    remark: str

    @property
    def is_transfer(self) -> bool:
        """It has a receipt that tells both sides."""
        return self.line.kind == TRANSFER

    @property
    def reverses_number(self) -> str:
        return receipt_number(self.line.reverses) if self.line.reverses else ""

    @property
    def reversed_by_number(self) -> str:
        return receipt_number(self.line.reversed_by) if self.line.reversed_by else ""


def movements_of(account: BankAccount, *, cursor: str | None = None, limit: int = 20) -> Page[Movement]:
    """An account's movements, newest first. Raises `InvalidCursor`."""
    page = statement(account.id, cursor=cursor, limit=limit)
    return Page([_movement(line) for line in page.rows], page.next_cursor)


def movement_for(account: BankAccount, transaction_id: uuid.UUID) -> Movement:
    """Raises `NotFound` if the transaction did nothing to the account."""
    line = line_of(account.id, transaction_id)
    if line is None:
        raise NotFound
    return _movement(line)


def _movement(line: StatementLine) -> Movement:
    return Movement(line, concept(line), remark(line.reverses, line.reversed_by))
