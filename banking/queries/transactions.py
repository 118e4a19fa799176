"""A transaction as the books have it, for staff."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.ids import receipt_number
from ledger.models import Transaction
from ledger.names import account_kind, transaction_kind
from ledger.services import TransactionNotFound


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """`balance_after` is absent in the house's own accounts, which have no balance of their own."""

    number: str
    kind: str
    currency: str
    amount: Decimal
    balance_after: Decimal | None

    @property
    def kind_label(self) -> str:
        return account_kind(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedTransaction:
    """With what it `reverses` and what it is `reversed_by`, where there is one."""

    id: uuid.UUID
    kind: str
    memo: str
    correlation_id: uuid.UUID
    recorded_at: datetime
    reverses: uuid.UUID | None
    reversed_by: uuid.UUID | None
    entries: Sequence[BookedEntry]

    @property
    def kind_label(self) -> str:
        return transaction_kind(self.kind)

    @property
    def number(self) -> str:
        return receipt_number(self.id)

    @property
    def reverses_number(self) -> str:
        return receipt_number(self.reverses) if self.reverses else ""

    @property
    def reversed_by_number(self) -> str:
        return receipt_number(self.reversed_by) if self.reversed_by else ""


def booked_transaction(transaction_id: uuid.UUID) -> BookedTransaction:
    """Raises `TransactionNotFound`."""
    found = Transaction.objects.select_related("reversed_by").filter(pk=transaction_id).first()
    if found is None:
        raise TransactionNotFound
    return BookedTransaction(
        id=found.pk,
        kind=found.kind,
        memo=found.memo,
        correlation_id=found.correlation_id,
        recorded_at=found.recorded_at,
        reverses=found.reverses_id,
        reversed_by=found.reversed_by.pk if hasattr(found, "reversed_by") else None,
        entries=[
            BookedEntry(entry.account.number, entry.account.kind, entry.currency, entry.amount, entry.balance_after)
            for entry in found.entries.select_related("account").order_by("id")
        ],
    )
