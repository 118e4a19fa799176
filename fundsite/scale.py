"""Filling the product for load tests: many clients' movements, through the ledger's batch form."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from accounts.services.clients import CURRENCY, create_client
from core.ids import uuid7
from ledger.services import Leg, Posting, house_account, post_batch

MOVEMENTS_PER_CLIENT = 500
BATCH = 2000
CENTS = Decimal("0.01")


@dataclass(slots=True)
class Holder:
    client_id: uuid.UUID
    account_id: int
    cents: int = 0


def seed_scale(movements: int, *, actor_id: uuid.UUID, progress: Callable[[int, int], None]) -> int:
    """Post `movements` transactions for one client in every 500; returns how many clients were made.

    Deposits from the house and transfers among the new clients, the same in every run but for who they are.
    """
    dice = random.Random(movements)  # noqa: S311 - amounts, not secrets
    holders = [_holder(actor_id) for _ in range(max(2, movements // MOVEMENTS_PER_CLIENT))]
    postings = islice(_postings(holders, house_account("imports", CURRENCY), dice), movements)
    done = 0
    while batch := list(islice(postings, BATCH)):
        done += post_batch(batch, actor_id=actor_id)
        progress(done, movements)
    return len(holders)


def _holder(actor_id: uuid.UUID) -> Holder:
    name = uuid7().hex
    client = create_client(
        actor_id=actor_id, wanted={"full_name": f"Carga {name[-8:]}", "email": f"carga-{name}@example.com"}
    )
    return Holder(client.pk, client.cash_account_id)


def _postings(holders: list[Holder], house: int, dice: random.Random) -> Iterator[Posting]:
    """For ever: mostly deposits, and transfers of what somebody has. Balances are followed, so none is refused."""
    while True:
        receiver, giver = dice.sample(holders, 2)
        if giver.cents > 100 and dice.random() < 0.4:
            cents = dice.randrange(100, giver.cents + 1)
            giver.cents -= cents
            yield _posting("TRANSFER", giver.account_id, receiver, cents)
        else:
            cents = dice.randrange(10_000_00, 5_000_000_00)
            yield _posting("DEPOSIT", house, receiver, cents)
        receiver.cents += cents


def _posting(kind: str, source: int, receiver: Holder, cents: int) -> Posting:
    amount, id = cents * CENTS, uuid7()
    return Posting(
        id=id,
        kind=kind,
        legs=[Leg(source, -amount), Leg(receiver.account_id, amount)],
        event="ledger.imported",
        payload={"transaction_id": id, "client_id": receiver.client_id, "amount": amount, "currency": CURRENCY},
    )
