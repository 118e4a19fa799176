"""Filling the product for load tests: many clients' movements, through the ledger's batch form."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from decimal import Decimal
from itertools import cycle, islice

from accounts.models import Client
from accounts.services.clients import CURRENCY, create_client
from core.ids import uuid7
from ledger.services import Leg, Posting, house_account, post_batch

MOVEMENTS_PER_CLIENT = 500
BATCH = 2000
CENTS = Decimal("0.01")


def seed_scale(movements: int, *, actor_id: uuid.UUID, progress: Callable[[int, int], None]) -> int:
    """Post `movements` deposits from the house, to one new client for every 500; returns how many clients were made.

    The amounts are the same in every run.
    """
    dice = random.Random(movements)  # noqa: S311 - amounts, not secrets
    clients = [_client(actor_id) for _ in range(max(1, movements // MOVEMENTS_PER_CLIENT))]
    house = house_account("imports", CURRENCY)
    deposits = (
        _deposit(house, client, dice.randrange(10_000_00, 5_000_000_00) * CENTS)
        for client in islice(cycle(clients), movements)
    )
    done = 0
    while batch := list(islice(deposits, BATCH)):
        done += post_batch(batch, actor_id=actor_id)
        progress(done, movements)
    return len(clients)


def _client(actor_id: uuid.UUID) -> Client:
    name = uuid7().hex
    return create_client(
        actor_id=actor_id, wanted={"full_name": f"Carga {name[-8:]}", "email": f"carga-{name}@example.com"}
    )


def _deposit(house: int, client: Client, amount: Decimal) -> Posting:
    id = uuid7()
    return Posting(
        id=id,
        kind="DEPOSIT",
        legs=[Leg(house, -amount), Leg(client.cash_account_id, amount)],
        event="ledger.imported",
        payload={"transaction_id": id, "client_id": client.pk, "amount": amount, "currency": CURRENCY},
    )
