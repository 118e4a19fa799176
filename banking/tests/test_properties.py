"""Whatever clients and staff do to accounts in whatever order, the books are what plain arithmetic says they are.

The model knows nothing of ledgers: a balance and a state per account, one rule per action. After each step it and the
database agree to the cent; at the end of each run `verify` finds nothing. All within one transaction, rolled back.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as product
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from accounts.models import Client
from banking.queries.accounts import accounts_of
from banking.queries.transfers import Receipt, transfer_for, transfers_of
from banking.services import accounts, staff, transfers
from banking.services.accounts import AccountIsDefault, NotADefaultCurrency, TooManyAccounts
from banking.services.transfers import (
    CurrencyMismatch,
    DailyLimitExceeded,
    SameAccount,
    SourceNotFound,
    SourceNotOpen,
    TargetNotOpen,
)
from banking.tests.people import assert_sound, give
from core.errors import DomainError
from core.idempotency import IdempotencyKeyReused
from core.ids import uuid7
from ledger import services as ledger
from ledger.services import (
    AccountNotEmpty,
    AccountNotFound,
    AccountNotOpen,
    AlreadyReversed,
    InsufficientFunds,
    WrongState,
)

CLIENTS = 3
PER_CLIENT = 3
LIMIT = Decimal(700)
CURRENCIES = st.sampled_from(["COP", "COP", "USD"])
AMOUNTS = st.sampled_from(["0.01", "99.99", "100.00", "100.01", "250.00", "700.00", "700.01"]).map(Decimal)
KEYS = st.none() | st.sampled_from("ab")


@dataclass
class Held:
    """An account as it should be; `place` is the order in which accounts were opened, and in which they are locked."""

    number: str
    client: uuid.UUID
    currency: str
    place: int
    balance: Decimal = Decimal(0)
    state: str = "open"
    credits: bool = False

    def refusal(self, change: Decimal) -> type[DomainError] | None:
        if self.state != "open" and not (self.state == "frozen" and self.credits and change > 0):
            return AccountNotOpen
        return InsufficientFunds if self.balance + change < 0 else None


@dataclass
class Moved:
    """A transaction: what it did to each account, and what undid it."""

    changes: dict[str, Decimal]
    undone_by: uuid.UUID | None = None


@dataclass
class Model:
    held: dict[str, Held] = field(default_factory=dict)
    default: dict[uuid.UUID, str] = field(default_factory=dict)
    moved: dict[uuid.UUID, Moved] = field(default_factory=dict)
    sent: dict[tuple[uuid.UUID, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    seen: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[tuple[uuid.UUID, str], tuple[tuple[Any, ...], Receipt]] = field(default_factory=dict)

    def changing(self, changes: dict[str, Decimal]) -> tuple[type[DomainError] | None, str]:
        """The refusal that is due for changing these balances, and of which account it speaks."""
        for held in sorted((self.held[number] for number in changes), key=lambda held: held.place):
            if due := held.refusal(changes[held.number]):
                return due, held.number
        return None, ""

    def transferring(self, client: uuid.UUID, source: str, target: str, amount: Decimal) -> type[DomainError] | None:
        giver, taker = self.held[source], self.held[target]
        if giver.client != client:
            return SourceNotFound
        if source == target:
            return SameAccount
        if giver.currency != taker.currency:
            return CurrencyMismatch
        if taker.client != client and self.sent[client, giver.currency] + amount > LIMIT:
            return DailyLimitExceeded
        due, where = self.changing({source: -amount, target: amount})
        if due is AccountNotOpen:
            return SourceNotOpen if where == source else TargetNotOpen
        return due

    def apply(self, id: uuid.UUID, changes: dict[str, Decimal]) -> None:
        self.moved[id] = Moved(changes)
        for number, change in changes.items():
            self.held[number].balance += change


class Bank(RuleBasedStateMachine):
    numbers = Bundle("numbers")
    transactions = Bundle("transactions")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.kept = product.DAILY_TRANSFER_LIMIT, product.ACCOUNTS_PER_CLIENT
        product.DAILY_TRANSFER_LIMIT = {"COP": LIMIT, "USD": LIMIT}
        product.ACCOUNTS_PER_CLIENT = PER_CLIENT

    def teardown(self) -> None:
        product.DAILY_TRANSFER_LIMIT, product.ACCOUNTS_PER_CLIENT = self.kept
        try:
            assert_sound()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what would wait for the commit
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    @initialize(target=numbers)
    def world(self) -> Any:
        return multiple(*(self._client() for _ in range(CLIENTS)))

    def _client(self) -> str:
        client_id = uuid7()
        account = ledger.open_account(kind="cash", holder_id=client_id, currency="COP")
        Client.objects.create(
            id=client_id, full_name="X Y", email=f"{client_id.hex}@example.com", notify_channel="email",
            notify_destination="x", cash_account_id=account, time_zone=_zone_of_daytime(),
        )  # fmt: skip
        number = ledger.Account.objects.get(pk=account).number
        self._add(number, client_id, "COP")
        self.model.default[client_id] = number
        self._give(number, Decimal(1000))
        return number

    def _add(self, number: str, client: uuid.UUID, currency: str) -> None:
        self.model.held[number] = Held(number, client, currency, len(self.model.held))

    def _give(self, number: str, amount: Decimal) -> None:
        give(number, str(amount))
        self.model.held[number].balance += amount

    @rule(target=numbers, beside=numbers, currency=CURRENCIES, rich=st.booleans())
    def open(self, beside: str, currency: str, rich: bool) -> Any:
        client = self.model.held[beside].client
        mine = [held for held in self.model.held.values() if held.client == client and held.state != "closed"]
        due = TooManyAccounts if len(mine) >= PER_CLIENT else None
        opened = self._ask(due, lambda: accounts.open_account(client_id=client, currency=currency, actor_id=client))
        if opened is None:
            return multiple()
        self._add(opened.number, client, currency)
        if rich:
            self._give(opened.number, Decimal(500))
        return opened.number

    @rule(target=transactions, source=numbers, target_=numbers, amount=AMOUNTS, key=KEYS)
    def transfer(self, source: str, target_: str, amount: Decimal, key: str | None) -> Any:
        return self._transfer(self.model.held[source].client, source, target_, amount, key)

    @rule(target=transactions, beside=numbers, source=numbers, target_=numbers, amount=AMOUNTS)
    def transfer_of_somebody(self, beside: str, source: str, target_: str, amount: Decimal) -> Any:
        """Out of an account that may be another's."""
        return self._transfer(self.model.held[beside].client, source, target_, amount, None)

    @rule(target=transactions, source=numbers, data=st.data())
    def transfer_to_another_of_ones_own(self, source: str, data: st.DataObject) -> Any:
        giver = self.model.held[source]
        own = [held.number for held in self.model.held.values() if held.client == giver.client]
        return self._transfer(giver.client, source, data.draw(st.sampled_from(own)), Decimal(250), None)

    def _transfer(self, client: uuid.UUID, source: str, target: str, amount: Decimal, key: str | None) -> Any:
        due = self.model.transferring(client, source, target, amount)
        asked: Any = {"client_id": client, "source": source, "target": target, "amount": amount, "actor_id": client}
        preview = self._ask(due, lambda: transfers.preview_transfer(**asked))
        if preview is not None:
            assert preview.balance_after == self.model.held[source].balance - amount
        request, known = (source, target, amount), self.model.answers.get((client, key)) if key else None
        if known and known[0] == request:
            again = transfers.transfer(**asked, idempotency_key=key)
            assert (again.transaction_id, again.balance_after) == (known[1].transaction_id, known[1].balance_after)
            assert again.replayed
            return multiple()
        due = IdempotencyKeyReused if known else due
        receipt = self._ask(due, lambda: transfers.transfer(**asked, idempotency_key=key))
        if receipt is None:
            return multiple()
        self.model.apply(receipt.transaction_id, {source: -amount, target: amount})
        receiver = self.model.held[target].client
        if receiver != client:
            self.model.sent[client, receipt.currency] += amount
        for party in {client, receiver}:
            self.model.seen[party].insert(0, receipt.transaction_id)
        if key:
            self.model.answers[client, key] = (request, receipt)
        assert receipt.balance_after == self.model.held[source].balance
        return receipt.transaction_id

    @rule(number=numbers, allowed=st.booleans())
    def freeze(self, number: str, allowed: bool) -> None:
        held = self.model.held[number]
        same = held.state == "frozen" and held.credits == allowed
        due = WrongState if held.state == "closed" or same else None
        call = lambda: staff.freeze_account(  # noqa: E731
            number=number, reason="orden judicial", credits_allowed=allowed, actor_id=held.client
        )
        if self._ask(due, call) is not None:
            held.state, held.credits = "frozen", allowed

    @precondition(lambda self: any(held.state == "frozen" for held in self.model.held.values()))
    @rule(data=st.data())
    def unfreeze_one(self, data: st.DataObject) -> None:
        self.unfreeze_any(data.draw(st.sampled_from([n for n, h in self.model.held.items() if h.state == "frozen"])))

    @rule(number=numbers)
    def unfreeze_any(self, number: str) -> None:
        held = self.model.held[number]
        due = None if held.state == "frozen" else WrongState
        call = lambda: staff.unfreeze_account(number=number, reason="levantada", actor_id=held.client)  # noqa: E731
        if self._ask(due, call) is not None:
            held.state, held.credits = "open", False

    @rule(target=transactions, id=transactions)
    def reverse(self, id: uuid.UUID) -> Any:
        moved = self.model.moved[id]
        back = {number: -change for number, change in moved.changes.items()}
        due = AlreadyReversed if moved.undone_by else self.model.changing(back)[0]
        call = lambda: staff.reverse_transaction(transaction_id=id, reason="error", actor_id=uuid7())  # noqa: E731
        reversal = self._ask(due, call)
        if reversal is None:
            return multiple()
        moved.undone_by = reversal.id
        self.model.apply(reversal.id, back)
        return reversal.id

    @rule(number=numbers, beside=numbers)
    def close(self, number: str, beside: str) -> None:
        self._close(number, self.model.held[beside].client)

    @precondition(lambda self: any(not held.balance for held in self.model.held.values()))
    @rule(data=st.data())
    def close_an_empty_one(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from([held for held in self.model.held.values() if not held.balance]))
        self._close(held.number, held.client)

    def _close(self, number: str, client: uuid.UUID) -> None:
        held = self.model.held[number]
        due: type[DomainError] | None = None
        if held.client != client:
            due = AccountNotFound
        elif self.model.default[client] == number:
            due = AccountIsDefault
        elif held.state != "open":
            due = WrongState
        elif held.balance:
            due = AccountNotEmpty
        call = lambda: accounts.close_account(client_id=client, number=number, actor_id=client)  # noqa: E731
        if self._ask(due, call) is not None:
            held.state = "closed"

    @rule(number=numbers)
    def make_default(self, number: str) -> None:
        held = self.model.held[number]
        due = NotADefaultCurrency if held.currency != "COP" else WrongState if held.state != "open" else None
        call = lambda: accounts.set_default_account(  # noqa: E731
            client_id=held.client, number=number, actor_id=held.client
        )
        if self._ask(due, call) is not None:
            self.model.default[held.client] = number

    def _ask(self, due: type[DomainError] | None, call: Callable[[], Any]) -> Any:
        """What the service answers, or `None` when the refusal that was due came."""
        if due is None:
            return call()
        with pytest.raises(due) as caught:
            call()
        assert type(caught.value) is due or due is InsufficientFunds
        return None

    @invariant()
    def model_and_database_agree(self) -> None:
        for client, default in self.model.default.items():
            mine = {held.number: held for held in self.model.held.values() if held.client == client}
            found = {account.number: account for account in accounts_of(client)}
            assert found.keys() == mine.keys()
            for number, held in mine.items():
                account = found[number]
                assert (account.balance, account.state, account.frozen_credits, account.currency) == (
                    held.balance,
                    held.state,
                    held.credits,
                    held.currency,
                )
                assert account.available == (held.balance if held.state == "open" else 0)
                assert account.is_default == (number == default)
            assert [row.transaction_id for row in transfers_of(client, limit=100).rows] == self.model.seen[client][:100]
            for seen in self.model.seen[client][:1]:
                assert transfer_for(client, seen).reversed_by == self.model.moved[seen].undone_by


def _zone_of_daytime() -> str:
    """Where the day neither begins nor ends while the test runs."""
    zones = ("Pacific/Pago_Pago", "America/Bogota", "Asia/Tokyo")
    return next(zone for zone in zones if 3 <= datetime.now(UTC).astimezone(ZoneInfo(zone)).hour <= 20)


@pytest.mark.django_db
class TestBank(Bank.TestCase):
    settings = settings(
        max_examples=25,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
