"""What staff do to clients' accounts and to transactions. Who may, the skins ask (`accounts.access.staff`)."""

from __future__ import annotations

import uuid

from django.db import transaction

from banking.queries.accounts import BankAccount, any_account
from banking.queries.transactions import BookedTransaction, booked_transaction
from ledger import services as ledger
from ledger.services import Reversal


def freeze_account(*, number: str, reason: str, credits_allowed: bool, actor_id: uuid.UUID) -> BankAccount:
    """Let nothing leave a client's account, and nothing come in unless `credits_allowed`.

    Raises `AccountNotFound`, `InvalidReason`, `WrongState`.
    """
    any_account(number)
    ledger.freeze(number, reason=reason, credits_allowed=credits_allowed, actor_id=actor_id)
    return any_account(number)


def unfreeze_account(*, number: str, reason: str, actor_id: uuid.UUID) -> BankAccount:
    """Let a frozen account move again. Raises `AccountNotFound`, `InvalidReason`, `WrongState`."""
    any_account(number)
    ledger.unfreeze(number, reason=reason, actor_id=actor_id)
    return any_account(number)


def reverse_transaction(
    *, transaction_id: uuid.UUID, reason: str, actor_id: uuid.UUID, idempotency_key: str | None = None
) -> Reversal:
    """Undo a transaction by its mirror, once. Raises as `ledger.services.reverse` does."""
    return ledger.reverse(transaction_id, reason=reason, actor_id=actor_id, idempotency_key=idempotency_key)


def preview_reversal(*, transaction_id: uuid.UUID, actor_id: uuid.UUID) -> BookedTransaction:
    """The mirror that `reverse_transaction` would post now: the real thing, undone. Raises as it does."""
    with transaction.atomic():
        try:
            made = reverse_transaction(transaction_id=transaction_id, reason="preview", actor_id=actor_id)
            return booked_transaction(made.id)
        finally:
            transaction.set_rollback(True)
