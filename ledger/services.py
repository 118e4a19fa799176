"""The Python side of the door: validate, call the database's function, hand back what it recorded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import orjson
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.database import Refusals, call
from core.errors import DomainError, NotFound
from core.ids import uuid7
from core.money import CENT, LARGEST
from events.services import context_json, payload_json, record, version_of
from ledger.models import Account, AccountState, Entry


class AccountNotFound(NotFound):
    code = "account_not_found"
    message = _("No encontramos esa cuenta.")


class AccountNotOpen(DomainError):
    code = "account_not_open"
    status = 409
    message = _("La cuenta %(number)s no admite movimientos en este momento.")


class InsufficientFunds(DomainError):
    code = "insufficient_funds"
    field = "amount"
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


def reverse(transaction_id: uuid.UUID, *, reason: str, actor_id: uuid.UUID | None) -> Posted:
    """Correct a transaction by its opposite, once.

    Raises as `post` does, `NotFound` for an unknown id, `NotReversible` where an app keeps rows of its own beside the
    transaction (a fund's movement) and must undo it itself.
    """
    entries = Entry.objects.filter(transaction_id=transaction_id).select_related("transaction")
    legs = [Leg(entry.account_id, -entry.amount) for entry in entries]
    if not legs:
        raise NotFound
    posting_id = uuid7()
    return post(
        Posting(
            id=posting_id,
            kind="REVERSAL",
            legs=legs,
            event="ledger.reversed",
            payload={"transaction_id": posting_id, "reverses": transaction_id, "reason": reason},
            correlation_id=entries[0].transaction.correlation_id,
            reverses=transaction_id,
            memo=reason,
        ),
        actor_id=actor_id,
    )


def freeze(number: str, *, reason: str, actor_id: uuid.UUID | None) -> None:
    """Stop all movements of an account. Raises `AccountNotFound`, `WrongState`."""
    _change_state(
        number, AccountState.OPEN, AccountState.FROZEN, event="ledger.account_frozen", reason=reason, actor_id=actor_id
    )


def unfreeze(number: str, *, reason: str, actor_id: uuid.UUID | None) -> None:
    """Let a frozen account move again. Raises `AccountNotFound`, `WrongState`."""
    _change_state(
        number,
        AccountState.FROZEN,
        AccountState.OPEN,
        event="ledger.account_unfrozen",
        reason=reason,
        actor_id=actor_id,
    )


def _change_state(
    number: str,
    before: AccountState,
    after: AccountState,
    *,
    event: str,
    reason: str,
    actor_id: uuid.UUID | None,
) -> None:
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).filter(number=number).first()
        if account is None:
            raise AccountNotFound
        if account.state != before:
            raise WrongState(number=number, state=account.get_state_display())
        Account.objects.filter(pk=account.pk).update(state=after)
        record(event, {"number": number, "reason": reason}, actor_id=actor_id)


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
