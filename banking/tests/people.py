"""What the tests of banking do over and over."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.models import Client
from banking.queries.transfers import Receipt
from banking.services.accounts import open_account
from banking.services.transfers import transfer
from banking.verify import CHECKS as BANKING_CHECKS
from core.errors import DomainError
from core.ids import uuid7
from core.tests.snapshots import snapshot
from ledger import services as ledger
from ledger.models import Account
from ledger.services import Leg, Posting
from ledger.verify import CHECKS as LEDGER_CHECKS
from ledger.verify import verify

START = Decimal("500000.00")


def cash(client: Client) -> str:
    """The number of the account that a client has from the beginning."""
    return client.cash_account.number


def opened(client: Client, currency: str = "COP", alias: str = "") -> str:
    """The number of one more account."""
    account = open_account(client_id=client.pk, currency=currency, alias=alias, actor_id=client.user_id or client.pk)
    return account.number


def give(number: str, amount: int | str) -> None:
    """Money from outside, or for less than nothing back there."""
    account = Account.objects.get(number=number)
    house = ledger.house_account("test", account.currency)
    ledger.post(
        Posting(
            kind="TEST",
            legs=[Leg(house, -Decimal(amount)), Leg(account.pk, Decimal(amount))],
            event="ledger.reversed",
            payload={"transaction_id": uuid7(), "reverses": None, "reason": "test"},
        ),
        actor_id=None,
    )


def send(
    client: Client, source: str, target: str, amount: int | str, *, key: str | None = None, memo: str = ""
) -> Receipt:
    return transfer(
        client_id=client.pk,
        source=source,
        target=target,
        amount=Decimal(amount),
        memo=memo,
        actor_id=client.user_id or client.pk,
        idempotency_key=key,
    )


def balance(number: str) -> Decimal:
    found = Account.objects.get(number=number).balance
    assert found is not None
    return found


def assert_refused(refusal: type[DomainError], act: Callable[[], object]) -> DomainError:
    """Refused in these words, and every table is as it was."""
    before = snapshot()
    with pytest.raises(refusal) as caught:
        act()
    assert snapshot() == before
    return caught.value


def assert_sound() -> None:
    assert [found.first for found in verify(LEDGER_CHECKS + BANKING_CHECKS) if found.broken] == []
