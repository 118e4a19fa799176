"""Moving money between accounts."""

from __future__ import annotations

import uuid
from decimal import Decimal

import orjson
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.queries.clients import NotAClient
from accounts.spelling import is_printable, one_line
from banking.models.transfers import LONGEST_MEMO
from banking.numbers import account_number
from banking.queries.transfers import Receipt
from core import idempotency
from core.database import call_json
from core.errors import DomainError, NotFound
from core.ids import uuid7
from core.money import CENT, LARGEST, InvalidAmount
from events.services import context_json
from ledger.services import AccountNotFound, AccountNotOpen, InsufficientFunds


class SourceNotFound(NotFound):
    code = "source_not_found"
    field = "source"
    message = _("Esa cuenta de origen no es suya.")


class TargetNotFound(AccountNotFound):
    field = "target"
    message = _("No encontramos ninguna cuenta con ese número.")


class SameAccount(DomainError):
    code = "same_account"
    field = "target"
    message = _("La cuenta de destino es la misma de origen.")


class CurrencyMismatch(DomainError):
    code = "currency_mismatch"
    field = "target"
    message = _("La cuenta de origen está en %(source_currency)s y la de destino en %(target_currency)s.")


class DailyLimitExceeded(DomainError):
    code = "daily_limit_exceeded"
    field = "amount"
    message = _("Supera el límite diario de %(limit)s para transferir a otras personas. Hoy le quedan %(available)s.")


class InvalidMemo(DomainError):
    code = "invalid_memo"
    field = "memo"
    message = _("El concepto puede tener hasta %(most)s caracteres, sin saltos de línea ni signos invisibles.")


class SourceNotOpen(AccountNotOpen):
    field = "source"
    message = _("Su cuenta %(number)s está congelada o cerrada: de ella no puede salir dinero.")


class TargetNotOpen(AccountNotOpen):
    field = "target"
    message = _("La cuenta de destino %(number)s está congelada o cerrada: no puede recibir dinero.")


REFUSALS = (
    *idempotency.REFUSALS,
    NotAClient,
    SourceNotFound,
    TargetNotFound,
    SameAccount,
    CurrencyMismatch,
    DailyLimitExceeded,
    InsufficientFunds,
    AccountNotOpen,
)


def transfer(
    *,
    client_id: uuid.UUID,
    source: str,
    target: str,
    amount: Decimal,
    memo: str = "",
    actor_id: uuid.UUID,
    idempotency_key: str | None = None,
) -> Receipt:
    """Move `amount`, in the currency of both accounts, from the client's account `source` to the account `target`.

    One statement, meant for autocommit. Raises `InvalidAmount`, `InvalidMemo`, `InvalidAccountNumber` (a check digit
    that is wrong), `SourceNotFound` (also for somebody else's), `TargetNotFound`, `SameAccount`, `CurrencyMismatch`,
    `DailyLimitExceeded`, `SourceNotOpen`, `TargetNotOpen`, `InsufficientFunds`, `NotAClient` or a refusal of
    `core.idempotency`; nothing is written then.
    """
    amount, memo, target = checked_amount(amount), checked_memo(memo), account_number(target)
    try:
        answer = call_json(
            "banking_transfer",
            [
                uuid7(),
                client_id,
                source,
                target,
                amount,
                memo,
                _limits(),
                uuid7(),
                uuid7(),
                actor_id,
                context_json(),
                idempotency_key,
                idempotency.request_hash("transfer", client_id, source, target, amount, memo),
            ],
            REFUSALS,
        )
    except AccountNotOpen as refusal:
        ours = refusal.context["number"] == source
        raise (SourceNotOpen if ours else TargetNotOpen)(number=refusal.context["number"]) from None
    assert answer is not None
    return Receipt.from_answer(answer)


def preview_transfer(
    *, client_id: uuid.UUID, source: str, target: str, amount: Decimal, memo: str = "", actor_id: uuid.UUID
) -> Receipt:
    """What `transfer` would answer now, with the holder's masked name: the real thing, undone. Raises as it does."""
    with transaction.atomic():
        try:
            return transfer(
                client_id=client_id, source=source, target=target, amount=amount, memo=memo, actor_id=actor_id
            )
        finally:
            transaction.set_rollback(True)


def checked_amount(amount: Decimal) -> Decimal:
    """Raises `InvalidAmount` for what is no money: nothing, less, parts of a cent."""
    if not amount.is_finite() or not 0 < amount <= LARGEST or amount % CENT:
        raise InvalidAmount
    return amount.quantize(CENT)


def checked_memo(text: str) -> str:
    """One line of text. Raises `InvalidMemo`."""
    memo = one_line(text)
    if len(memo) > LONGEST_MEMO or not is_printable(memo):
        raise InvalidMemo(most=LONGEST_MEMO)
    return memo


def _limits() -> str:
    return orjson.dumps({currency: str(limit) for currency, limit in settings.DAILY_TRANSFER_LIMIT.items()}).decode()
