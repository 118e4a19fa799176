"""Whatever clients, retries and operators do in whatever order, the books are what plain arithmetic says they are.

The model below knows nothing of ledgers: balances in a dict, one rule per action. After each step it and the database
agree to the cent; at the end of each run `verify` finds nothing. All within one transaction, rolled back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from accounts.models import Client
from accounts.queries.clients import NotAClient
from core.errors import DomainError
from core.idempotency import IdempotencyKeyReused
from core.ids import uuid7
from funds import queries, services
from funds.models import Fund
from funds.queries import FundNotFound, Receipt, SubscriptionNotFound
from funds.services import BelowMinimum, FundInactive, NoBalanceForFund
from funds.verify import CHECKS as FUND_CHECKS
from ledger import services as ledger
from ledger.services import AccountNotOpen
from ledger.verify import CHECKS as LEDGER_CHECKS
from ledger.verify import verify

GRANT = Decimal("500000.00")
FUNDS = (1, 3)
ASKED_FUNDS = st.sampled_from([*FUNDS * 4, 99])
NEAR_THE_EDGES = ("0.01", "49999.99", "50000.00", "75000.00", "125000.00", "499999.99", "500000.00")
AMOUNTS = st.one_of(
    st.sampled_from(["75000.00", "75000.01", "240000.00"]).map(Decimal),
    st.sampled_from(NEAR_THE_EDGES).map(Decimal),
    st.decimals("0.01", "200000", places=2),
)
MINIMUMS = st.sampled_from(["0.01", "50000.00", "75000.00", "75000.01"]).map(Decimal)
KEYS = st.none() | st.sampled_from("ab")


@dataclass
class Held:
    client: uuid.UUID
    fund: int
    amount: Decimal
    cancelled_by: Receipt | None = None


@dataclass
class Model:
    """What should be: cash per client, subscriptions, what each key answered, funds on offer, frozen accounts."""

    cash: dict[uuid.UUID, Decimal] = field(default_factory=dict)
    held: dict[uuid.UUID, Held] = field(default_factory=dict)
    answers: dict[tuple[uuid.UUID, str], tuple[tuple[Any, ...], Receipt]] = field(default_factory=dict)
    minimum: dict[int, Decimal] = field(default_factory=dict)
    active: dict[int, bool] = field(default_factory=dict)
    frozen: set[uuid.UUID] = field(default_factory=set)
    movements: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=dict)

    def subscribing(self, client: uuid.UUID, fund: int, amount: Decimal) -> type[DomainError] | None:
        """The refusal that is due, the first of those that apply."""
        if fund not in self.minimum:
            return FundNotFound
        if not self.active[fund]:
            return FundInactive
        if amount < self.minimum[fund]:
            return BelowMinimum
        if client not in self.cash:
            return NotAClient
        if client in self.frozen:
            return AccountNotOpen
        return NoBalanceForFund if amount > self.cash[client] else None

    def cancelling(self, client: uuid.UUID, subscription: uuid.UUID) -> type[DomainError] | None:
        held = self.held.get(subscription)
        if held is None or held.client != client:
            return SubscriptionNotFound
        return AccountNotOpen if client in self.frozen and held.cancelled_by is None else None


class Fundsite(RuleBasedStateMachine):
    clients = Bundle("clients")
    subscriptions = Bundle("subscriptions")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.undo = transaction.atomic()
        self.undo.__enter__()

    def teardown(self) -> None:
        try:
            broken = [finding.first for finding in verify(LEDGER_CHECKS + FUND_CHECKS) if finding.broken]
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what would wait for the commit
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)
        assert broken == []

    @initialize(target=clients)
    def world(self) -> Any:
        for fund in Fund.objects.filter(pk__in=FUNDS):
            self.model.minimum[fund.pk], self.model.active[fund.pk] = fund.minimum, True
        return multiple(self.register(), self.register())

    @precondition(lambda self: len(self.model.cash) < 3)
    @rule(target=clients)
    def register(self) -> uuid.UUID:
        """A client without a user (as staff keep them), with the opening grant: no password to hash."""
        client_id = uuid7()
        account = ledger.open_account(kind="cash", holder_id=client_id, currency="COP")
        Client.objects.create(
            id=client_id, full_name="X", email=f"{client_id.hex}@example.com", notify_channel="email",
            notify_destination="x",
            cash_account_id=account,
        )  # fmt: skip
        house = ledger.house_account("opening-grants", "COP")
        grant = ledger.Posting(
            kind="OPENING_GRANT",
            legs=[ledger.Leg(house, -GRANT), ledger.Leg(account, GRANT)],
            event="ledger.reversed",
            payload={"transaction_id": None, "reverses": None, "reason": None},
        )
        ledger.post(grant, actor_id=None)
        self.model.cash[client_id] = GRANT
        self.model.movements[client_id] = []
        return client_id

    @rule(target=subscriptions, client=clients, fund=ASKED_FUNDS, amount=AMOUNTS, key=KEYS)
    def subscribe(self, client: uuid.UUID, fund: int, amount: Decimal, key: str | None) -> Any:
        self._preview(client, fund, amount)
        receipt = self._subscribe(client, fund, amount, key)
        return multiple() if receipt is None else receipt.transaction_id

    def _preview(self, client: uuid.UUID, fund: int, amount: Decimal) -> None:
        asked = {"client_id": client, "fund_id": fund, "amount": amount, "actor_id": client}
        due = self.model.subscribing(client, fund, amount)
        receipt = self._ask(("preview",), None, client, due, services.preview_subscription, asked)
        if receipt is not None:
            assert receipt.balance_after == self.model.cash[client] - amount

    def _subscribe(self, client: uuid.UUID, fund: int, amount: Decimal, key: str | None) -> Receipt | None:
        asked = {"client_id": client, "fund_id": fund, "amount": amount, "actor_id": client, "idempotency_key": key}
        due = self.model.subscribing(client, fund, amount)
        receipt = self._ask(("subscribe", fund, amount), key, client, due, services.subscribe, asked)
        if receipt is None:
            return None
        self.model.cash[client] -= amount
        self.model.held[receipt.transaction_id] = Held(client, fund, amount)
        self._moved(client, receipt, "SUBSCRIPTION", amount)
        assert receipt.correlation_id == receipt.transaction_id
        return receipt

    @rule(client=clients, subscription=subscriptions, key=KEYS)
    def cancel(self, client: uuid.UUID, subscription: uuid.UUID, key: str | None) -> None:
        self._cancel(client, subscription, key)

    @rule(subscription=subscriptions, key=KEYS)
    def cancel_own(self, subscription: uuid.UUID, key: str | None) -> None:
        self._cancel(self.model.held[subscription].client, subscription, key)

    @precondition(lambda self: self.model.answers)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """The same key again, for the same request or as if it were for one of the others."""
        (actor, key), (request, _) = data.draw(st.sampled_from(list(self.model.answers.items())))
        others = [other for (owner, _), (other, _) in self.model.answers.items() if owner == actor]
        operation, *arguments = data.draw(st.sampled_from([request, *others]))
        if operation == "subscribe":
            self._subscribe(actor, *arguments, key=key)
        else:
            self._cancel(actor, *arguments, key=key)

    @rule(subscription=consumes(subscriptions))
    def cancel_twice_and_forget(self, subscription: uuid.UUID) -> None:
        for _ in range(2):
            self._cancel(self.model.held[subscription].client, subscription, None)

    def _cancel(self, client: uuid.UUID, subscription: uuid.UUID, key: str | None) -> None:
        asked = {"client_id": client, "subscription_id": subscription, "actor_id": client, "idempotency_key": key}
        due = self.model.cancelling(client, subscription)
        receipt = self._ask(("cancel", subscription), key, client, due, services.cancel, asked)
        if receipt is None:
            return
        held = self.model.held[subscription]
        if held.cancelled_by is None:
            assert not receipt.replayed
            held.cancelled_by = receipt
            self.model.cash[client] += held.amount
            self._moved(client, receipt, "CANCELLATION", held.amount)
            assert receipt.correlation_id == subscription
        else:
            assert receipt.replayed
            assert receipt.transaction_id == held.cancelled_by.transaction_id
            assert receipt.balance_after == held.cancelled_by.balance_after

    def _ask(
        self,
        request: tuple[Any, ...],
        key: str | None,
        actor: uuid.UUID,
        due: type[DomainError] | None,
        service: Any,
        asked: Any,
    ) -> Receipt | None:
        """The receipt of something new; `None` when a key was replayed or something was refused, each checked."""
        known = self.model.answers.get((actor, key)) if key else None
        if known and known[0] != request:
            due = IdempotencyKeyReused
        elif known:
            again = service(**asked)
            assert (again.transaction_id, again.replayed) == (known[1].transaction_id, True)
            assert again.balance_after == known[1].balance_after
            return None
        if due:
            with pytest.raises(due):
                service(**asked)
            return None
        receipt: Receipt = service(**asked)
        if key:
            self.model.answers[actor, key] = (request, receipt)
        return receipt

    def _moved(self, client: uuid.UUID, receipt: Receipt, type: str, amount: Decimal) -> None:
        assert (receipt.type, receipt.amount, receipt.replayed) == (type, amount, False)
        assert receipt.balance_after == self.model.cash[client]
        self.model.movements[client].append(receipt.transaction_id)

    @rule(fund=st.sampled_from(FUNDS), minimum=MINIMUMS)
    def change_the_minimum(self, fund: int, minimum: Decimal) -> None:
        Fund.objects.filter(pk=fund).update(minimum=minimum)
        self.model.minimum[fund] = minimum

    @rule(fund=st.sampled_from(FUNDS))
    def withdraw_or_offer(self, fund: int) -> None:
        """At most one fund is withdrawn at a time, so that there is always something to do."""
        for each in FUNDS:
            self.model.active[each] = not self.model.active[each] if each == fund else True
            Fund.objects.filter(pk=each).update(is_active=self.model.active[each])

    @rule(client=clients)
    def freeze_or_thaw(self, client: uuid.UUID) -> None:
        if self.model.frozen:
            ledger.unfreeze(self._number(self.model.frozen.pop()), reason="orden", actor_id=None)
        else:
            ledger.freeze(self._number(client), reason="orden", actor_id=None)
            self.model.frozen.add(client)

    def _number(self, client: uuid.UUID) -> str:
        return Client.objects.select_related("cash_account").get(pk=client).cash_account.number

    @invariant()
    def model_and_database_agree(self) -> None:
        for client, cash in self.model.cash.items():
            mine = [held for held in self.model.held.values() if held.client == client and held.cancelled_by is None]
            portfolio = queries.portfolio(client)
            assert portfolio.available == cash >= 0
            assert portfolio.invested == sum(held.amount for held in mine)
            assert portfolio.available + portfolio.invested == GRANT
            assert len(queries.active_subscriptions(client)) == len(mine)
            assert list(self._history(client)) == self.model.movements[client][::-1]

    def _history(self, client: uuid.UUID) -> Iterator[uuid.UUID]:
        cursor = None
        while True:
            page = queries.history(client, cursor=cursor, limit=9)
            yield from (row.id for row in page.rows)
            if (cursor := page.next_cursor) is None:
                return


@pytest.mark.django_db
class TestFundsite(Fundsite.TestCase):
    settings = settings(
        max_examples=40,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
