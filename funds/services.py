"""Subscribing to funds and cancelling."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.queries.clients import NotAClient
from core import idempotency
from core.database import call_json
from core.errors import DomainError
from core.ids import uuid7
from events.services import context_json
from funds.queries import FundNotFound, Receipt, SubscriptionNotFound
from ledger.services import AccountNotOpen

LARGEST_FUND_ID = 2**31 - 1


class FundInactive(DomainError):
    code = "fund_inactive"
    status = 409
    message = _("El fondo %(fund)s no recibe suscripciones en este momento.")


class BelowMinimum(DomainError):
    code = "below_minimum"
    field = "amount"
    message = _("El monto mínimo para vincularse al fondo %(fund)s es %(minimum)s.")


class NoBalanceForFund(DomainError):
    code = "insufficient_funds"
    message = _("No tiene saldo disponible para vincularse al fondo %(memo)s")


class CurrencyMismatch(DomainError):
    code = "currency_mismatch"
    message = _("Su cuenta está en %(account_currency)s y el fondo en %(fund_currency)s.")


REFUSALS = (
    *idempotency.REFUSALS,
    FundNotFound,
    FundInactive,
    BelowMinimum,
    NoBalanceForFund,
    SubscriptionNotFound,
    NotAClient,
    CurrencyMismatch,
    AccountNotOpen,
)


def subscribe(
    *,
    client_id: uuid.UUID,
    fund_id: int,
    amount: Decimal,
    actor_id: uuid.UUID,
    idempotency_key: str | None = None,
) -> Receipt:
    """Move `amount` from the client's cash account into the fund.

    One statement, meant for autocommit. Raises `FundNotFound`, `FundInactive`, `BelowMinimum`, `NoBalanceForFund`,
    `AccountNotOpen`, `CurrencyMismatch`, `NotAClient` or a refusal of `core.idempotency`; nothing is written then.
    """
    if not 0 < fund_id <= LARGEST_FUND_ID:
        raise FundNotFound
    answer = call_json(
        "funds_subscribe",
        [
            uuid7(),
            client_id,
            fund_id,
            amount,
            uuid7(),
            actor_id,
            context_json(),
            idempotency_key,
            idempotency.request_hash("subscribe", client_id, fund_id, amount),
        ],
        REFUSALS,
    )
    assert answer is not None
    return Receipt.from_answer(answer)


def preview_subscription(*, client_id: uuid.UUID, fund_id: int, amount: Decimal, actor_id: uuid.UUID) -> Receipt:
    """What `subscribe` would answer now: the real thing, undone. Raises as `subscribe` does."""
    with transaction.atomic():
        try:
            return subscribe(client_id=client_id, fund_id=fund_id, amount=amount, actor_id=actor_id)
        finally:
            transaction.set_rollback(True)


def cancel(
    *,
    client_id: uuid.UUID,
    subscription_id: uuid.UUID,
    actor_id: uuid.UUID,
    idempotency_key: str | None = None,
) -> Receipt:
    """Return a subscription's whole value to the client's cash account; a second time changes nothing, same answer.

    Raises `SubscriptionNotFound` (also for somebody else's), `AccountNotOpen` or a refusal of `core.idempotency`.
    """
    answer = call_json(
        "funds_cancel",
        [
            uuid7(),
            client_id,
            subscription_id,
            uuid7(),
            actor_id,
            context_json(),
            idempotency_key,
            idempotency.request_hash("cancel", client_id, subscription_id),
        ],
        REFUSALS,
    )
    assert answer is not None
    return Receipt.from_answer(answer)
