"""Reading the books."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from core.paging import LARGEST_PAGE, Page, decode_cursor, encode_cursor
from ledger.models import Entry


@dataclass(frozen=True, slots=True)
class StatementLine:
    transaction_id: uuid.UUID
    kind: str
    memo: str
    recorded_at: datetime
    amount: Decimal
    balance_after: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class TrialBalanceLine:
    """The sum of all entries of the accounts of one kind in one currency; the lines of a currency sum to zero."""

    currency: str
    kind: str
    balance: Decimal


def statement(account_id: int, *, cursor: str | None = None, limit: int = 20) -> Page[StatementLine]:
    """An account's entries, newest first. The caller has made sure that the asker may see the account."""
    entries = Entry.objects.filter(account_id=account_id)
    if cursor:
        entries = entries.filter(id__lt=decode_cursor(cursor))
    limit = max(1, min(limit, LARGEST_PAGE))
    found = list(entries.select_related("transaction").order_by("-id")[: limit + 1])
    rows = [
        StatementLine(
            entry.transaction_id,
            entry.transaction.kind,
            entry.transaction.memo,
            entry.transaction.recorded_at,
            entry.amount,
            entry.balance_after,
            entry.currency,
        )
        for entry in found[:limit]
    ]
    return Page(rows, encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def trial_balance() -> list[TrialBalanceLine]:
    """Every kind of account with its sum, per currency. Reads all entries."""
    sums = Entry.objects.values("currency", "account__kind").annotate(total=Sum("amount"))
    return [
        TrialBalanceLine(line["currency"], line["account__kind"], line["total"])
        for line in sums.order_by("currency", "account__kind")
    ]
