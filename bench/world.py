"""Who subscribes to what in a measurement."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Client
from accounts.services.registration import register
from core.ids import uuid7
from funds.catalogue import seed_funds
from funds.models import Category, Fund
from ledger import services as ledger

EMAIL = "bench@example.com"
PASSWORD = "Bench-Fondos-2026"
RICH = Decimal("9000000000.00")
AMOUNT = Decimal("1.00")
CLIENTS = 64
_SUBSCRIBE = (
    f"SELECT funds_subscribe(gen_random_uuid(), {{client}}, {{fund}}, {AMOUNT}, gen_random_uuid(), {{actor}}, "
    "'{{}}', NULL, NULL)"
)


@dataclass(frozen=True)
class World:
    """A client who can sign in, a fund that takes any amount, and in the table `bench_client` 64 more clients, numbered
    from 1. All have money for millions of subscriptions."""

    client_id: uuid.UUID
    user_id: uuid.UUID
    fund_id: int

    @property
    def subscribe_sql(self) -> str:
        """What the service sends to the database, with ids made there."""
        return _SUBSCRIBE.format(client=f"'{self.client_id}'", actor=f"'{self.user_id}'", fund=self.fund_id) + ";"

    @property
    def any_client_sql(self) -> str:
        """The same for one of the 64, for many connections at once."""
        call = _SUBSCRIBE.format(client="id", actor="id", fund=self.fund_id)
        return f"\\set n random(1, {CLIENTS})\n{call} FROM bench_client WHERE n = :n;"


def make() -> World:
    call_command("migrate", interactive=False, verbosity=0)
    seed_funds()
    fund = Fund.objects.create(name="BENCH", minimum=Decimal("0.01"), category=Category.FIC)
    registered = register(
        email=EMAIL,
        full_name="Banco de Pruebas",
        password=PASSWORD,
        notify_channel="email",
        notify_destination=EMAIL,
    )
    _grant(registered.client.cash_account_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_client (n int PRIMARY KEY, id uuid NOT NULL)")
        for number in range(1, CLIENTS + 1):
            cursor.execute("INSERT INTO bench_client VALUES (%s, %s)", [number, _client()])
    return World(registered.client.pk, registered.user.pk, fund.pk)


def _client() -> uuid.UUID:
    """One without a user, as staff may keep them."""
    client_id = uuid7()
    account_id = ledger.open_account(kind="cash", holder_id=client_id, currency="COP")
    Client.objects.create(
        id=client_id,
        full_name="Cliente",
        email=f"{client_id}@example.com",
        notify_channel="email",
        notify_destination=EMAIL,
        cash_account_id=account_id,
    )
    _grant(account_id)
    return client_id


def _grant(account_id: int) -> None:
    house = ledger.house_account("bench", "COP")
    ledger.post(
        ledger.Posting(
            kind="GRANT",
            legs=[ledger.Leg(house, -RICH), ledger.Leg(account_id, RICH)],
            event="ledger.reversed",
            payload={"transaction_id": None, "reverses": None, "reason": "bench"},
        ),
        actor_id=None,
    )
