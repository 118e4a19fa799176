"""The Python side of the door: validate, call the database's function, hand back what it recorded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import orjson
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import idempotency
from core.database import Refusals, call, call_json
from core.errors import DomainError, NotFound
from core.ids import uuid7
from core.money import CENT, LARGEST, Money
from events.services import context_json, payload_json, record, version_of
from ledger.models import Account, AccountState

SHORTEST_REASON = 3  # characters
LONGEST_REASON = 200


class AccountNotFound(NotFound):
    code = "account_not_found"
    message = _("No encontramos esa cuenta.")


class AccountNotOpen(DomainError):
    code = "account_not_open"
    status = 409
    message = _("La cuenta %(number)s no admite movimientos en este momento.")


class InsufficientFunds(DomainError):
    code = "insufficient_funds"
    field: ClassVar[str | None] = "amount"
    message = _("No tiene saldo suficiente. Disponible: %(available)s.")


class AlreadyReversed(DomainError):
    code = "already_reversed"
    status = 409
    message = _("Esa transacción ya fue revertida.")


class NotReversible(DomainError):
    code = "not_reversible"
    status = 409
    message = _("Esta transacción se deshace desde la operación que la hizo, no con una reversión.")


class WrongState(DomainError):
    code = "wrong_account_state"
    status = 409
    message = _("La cuenta %(number)s está en un estado que no lo permite: %(state)s.")


class AccountNotEmpty(DomainError):
    code = "account_not_empty"
    status = 409
    message = _("La cuenta %(number)s todavía tiene %(balance)s. Solo se cierra una cuenta vacía.")


class InvalidReason(DomainError):
    code = "invalid_reason"
    field = "reason"
    message = _("Escriba el motivo, entre %(least)s y %(most)s caracteres.")


class TransactionNotFound(NotFound):
    code = "transaction_not_found"
    message = _("No encontramos esa transacción.")


class ReversalTakesTooMuch(InsufficientFunds):
    status = 409
    field = None  # nobody typed an amount
    message = _("La reversión dejaría la cuenta %(number)s sin fondos suficientes. Disponible: %(available)s.")


REFUSALS: Refusals = (AccountNotFound, AccountNotOpen, InsufficientFunds, AlreadyReversed, NotReversible)


@dataclass(frozen=True, slots=True)
class Leg:
    """One entry to be: a signed amount, two places, positive into the account."""

    account_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A transaction to be. Its legs name each account once and sum to zero in each currency."""

    kind: str
    legs: Sequence[Leg]
    event: str
    payload: Mapping[str, object]
    correlation_id: uuid.UUID | None = None
    reverses: uuid.UUID | None = None
    memo: str = ""
    id: uuid.UUID = field(default_factory=uuid7)


@dataclass(frozen=True, slots=True)
class Posted:
    """A transaction that is in the books."""

    id: uuid.UUID
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Reversal(Posted):
    """The opposite of `reverses`. `replayed` says that it had been posted before this call."""

    reverses: uuid.UUID
    reason: str
    replayed: bool = False


def open_account(*, kind: str, holder_id: uuid.UUID, currency: str) -> int:
    """Open an empty account that cannot go under zero and return its id. `kind` is the vocabulary of the app above."""
    return _integer(call("ledger_open_account", [kind, holder_id, currency]))


def house_account(purpose: str, currency: str) -> int:
    """The id of the house's account for a purpose, opened on first use."""
    return _integer(call("ledger_house_account", [purpose, currency]))


def post(posting: Posting, *, actor_id: uuid.UUID | None) -> Posted:
    """Post one transaction with its event. One statement, safe in autocommit.

    Raises `AccountNotFound`, `AccountNotOpen`, `InsufficientFunds` or `AlreadyReversed`; nothing is written then.
    `ValueError` for a posting that could never be right: unknown event, wrong payload, legs that are not as `Posting`
    says. (Of several currencies only the database can tell which does not sum to zero: `IntegrityError`.)
    """
    arguments = _arguments(posting)
    recorded_at = call(
        "ledger_post",
        [
            posting.id,
            posting.kind,
            arguments["accounts"],
            [leg.amount for leg in posting.legs],
            arguments["event_id"],
            posting.event,
            arguments["event_version"],
            actor_id,
            payload_json(posting.payload),
            context_json(),
            posting.correlation_id,
            posting.reverses,
            posting.memo,
        ],
        REFUSALS,
    )
    assert isinstance(recorded_at, datetime)
    return Posted(posting.id, recorded_at)


def post_batch(postings: Sequence[Posting], *, actor_id: uuid.UUID | None) -> int:
    """Post thousands of transactions in one statement, all or none; returns how many. Raises as `post` does."""
    batch = orjson.dumps([_arguments(posting) for posting in postings], default=str).decode()
    return _integer(call("ledger_post_batch", [batch, actor_id, context_json()], REFUSALS))


def reverse(
    transaction_id: uuid.UUID, *, reason: str, actor_id: uuid.UUID | None, idempotency_key: str | None = None
) -> Reversal:
    """Correct a transaction by its opposite, once. One statement, safe in autocommit.

    Raises `InvalidReason`, `TransactionNotFound`, `AlreadyReversed`, `AccountNotOpen`, `ReversalTakesTooMuch` where the
    money has gone on, `NotReversible` where an app keeps rows of its own beside the transaction (a fund's movement) and
    must undo it itself, or a refusal of `core.idempotency`; nothing is written then.
    """
    reason, posting_id = checked_reason(reason), uuid7()
    payload = {"transaction_id": posting_id, "reverses": transaction_id, "reason": reason}
    answer = call_json(
        "ledger_reverse",
        [
            posting_id,
            transaction_id,
            reason,
            uuid7(),
            version_of("ledger.reversed", payload),
            actor_id,
            context_json(),
            idempotency_key,
            idempotency.request_hash("reverse", transaction_id, reason),
        ],
        (*idempotency.REFUSALS, TransactionNotFound, ReversalTakesTooMuch, *REFUSALS),
    )
    assert answer is not None
    return Reversal(
        uuid.UUID(str(answer["transaction_id"])),
        datetime.fromisoformat(str(answer["recorded_at"])),
        transaction_id,
        str(answer["reason"]),
        bool(answer.get("replayed", False)),
    )


def freeze(number: str, *, reason: str, actor_id: uuid.UUID | None, credits_allowed: bool = False) -> None:
    """Let nothing leave an account, and nothing come in unless `credits_allowed`.

    A frozen account may be frozen again to choose otherwise about credits. Whatever was posted before this commits
    stands; nothing is posted after. Raises `InvalidReason`, `AccountNotFound`, `WrongState`.
    """
    _change_state(
        number,
        {"state": AccountState.FROZEN, "frozen_credits": credits_allowed},
        allowed=(AccountState.OPEN, AccountState.FROZEN),
        event="ledger.account_frozen",
        reason=reason,
        actor_id=actor_id,
    )


def unfreeze(number: str, *, reason: str, actor_id: uuid.UUID | None) -> None:
    """Let a frozen account move again. Raises `InvalidReason`, `AccountNotFound`, `WrongState`."""
    _change_state(
        number,
        {"state": AccountState.OPEN, "frozen_credits": False},
        allowed=(AccountState.FROZEN,),
        event="ledger.account_unfrozen",
        reason=reason,
        actor_id=actor_id,
    )


def close(account_id: int) -> None:
    """Close an empty account for good, in the caller's transaction; the app above says so.

    Raises `AccountNotFound`, `WrongState` unless it is open, `AccountNotEmpty`.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).filter(pk=account_id).first()
        if account is None:
            raise AccountNotFound
        if account.state != AccountState.OPEN:
            raise WrongState(number=account.number, state=account.get_state_display())
        if account.balance:
            raise AccountNotEmpty(number=account.number, balance=Money(account.balance, account.currency))
        Account.objects.filter(pk=account_id).update(state=AccountState.CLOSED)


def checked_reason(text: str) -> str:
    """Why, on one line. Raises `InvalidReason`."""
    reason = " ".join(text.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        raise InvalidReason(least=SHORTEST_REASON, most=LONGEST_REASON)
    return reason


def _change_state(
    number: str,
    change: Mapping[str, object],
    *,
    allowed: Sequence[AccountState],
    event: str,
    reason: str,
    actor_id: uuid.UUID | None,
) -> None:
    """`ledger_post` reads the state under the lock that is taken here, so the two never pass each other."""
    reason = checked_reason(reason)
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).filter(number=number).first()
        if account is None:
            raise AccountNotFound
        if account.state not in allowed or all(getattr(account, name) == value for name, value in change.items()):
            raise WrongState(number=number, state=account.get_state_display())
        Account.objects.filter(pk=account.pk).update(**change)
        payload = {
            "number": number,
            "client_id": account.holder_id,
            "reason": reason,
            "credits_allowed": change["state"] == AccountState.OPEN or change["frozen_credits"],
        }
        record(event, payload, actor_id=actor_id)


def _arguments(posting: Posting) -> dict[str, object]:
    """The arguments of `ledger_post` by name, after the checks that need no database."""
    _check_legs(posting.legs)
    return {
        "id": posting.id,
        "kind": posting.kind,
        "accounts": [leg.account_id for leg in posting.legs],
        "amounts": [str(leg.amount) for leg in posting.legs],
        "event_id": uuid7(),
        "event": posting.event,
        "event_version": version_of(posting.event, posting.payload),
        "payload": posting.payload,
        "correlation": posting.correlation_id,
        "reverses": posting.reverses,
        "memo": posting.memo,
    }


def _check_legs(legs: Sequence[Leg]) -> None:
    if len(legs) < 2 or len({leg.account_id for leg in legs}) < len(legs):
        raise ValueError("a transaction has two legs or more, each in an account of its own")
    amounts = [leg.amount for leg in legs]
    if not all(amount.is_finite() and 0 < abs(amount) <= LARGEST and amount % CENT == 0 for amount in amounts):
        raise ValueError("a leg is an amount with two places, and not zero")
    if sum(amounts) != 0:
        raise ValueError("the legs of a transaction sum to zero")


def _integer(value: object) -> int:
    assert isinstance(value, int)
    return value
