"""Reading funds and what clients hold in them. Everything of a client's is asked for by that client's id."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Self

from django.db import connection, connections
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from accounts.services.clients import CASH
from core import replicas
from core.database import call_json
from core.errors import NotFound
from core.ids import receipt_number
from core.paging import LARGEST_PAGE, Page, decode_cursor, encode_cursor
from core.periods import end_of, start_of
from funds.models import Category, Fund, MovementType, Subscription
from ledger.models import Account, AccountState


class FundNotFound(NotFound):
    code = "fund_not_found"
    message = _("No encontramos ese fondo.")


class SubscriptionNotFound(NotFound):
    code = "subscription_not_found"
    message = _("No encontramos esa suscripción.")


class TransactionNotFound(NotFound):
    code = "transaction_not_found"
    message = _("No encontramos esa transacción.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A movement of a fund as it was recorded. `replayed` says that it had been recorded before this call."""

    transaction_id: uuid.UUID
    type: MovementType
    fund_id: int
    fund_name: str
    amount: Decimal
    currency: str
    balance_after: Decimal
    correlation_id: uuid.UUID
    recorded_at: datetime
    replayed: bool = False

    @property
    def number(self) -> str:
        return receipt_number(self.transaction_id)

    @property
    def type_label(self) -> str:
        return str(self.type.label)

    @property
    def balance_before(self) -> Decimal:
        moved = self.amount if self.type == MovementType.SUBSCRIPTION else -self.amount
        return self.balance_after + moved

    @classmethod
    def from_answer(cls, answer: dict[str, object]) -> Self:
        """From the JSON of `funds_receipt`."""
        return cls(
            transaction_id=uuid.UUID(str(answer["transaction_id"])),
            type=MovementType(str(answer["type"])),
            fund_id=int(str(answer["fund_id"])),
            fund_name=str(answer["fund_name"]),
            amount=Decimal(str(answer["amount"])),
            currency=str(answer["currency"]),
            balance_after=Decimal(str(answer["balance_after"])),
            correlation_id=uuid.UUID(str(answer["correlation_id"])),
            recorded_at=datetime.fromisoformat(str(answer["recorded_at"])),
            replayed=bool(answer.get("replayed", False)),
        )


@dataclass(frozen=True, slots=True)
class MovementRow:
    id: uuid.UUID
    type: MovementType
    fund_id: int
    fund_name: str
    amount: Decimal
    currency: str
    recorded_at: datetime
    correlation_id: uuid.UUID

    @property
    def number(self) -> str:
        return receipt_number(self.id)

    @property
    def type_label(self) -> str:
        return str(self.type.label)

    @property
    def signed_amount(self) -> Decimal:
        """As the client's cash saw it: out on a subscription, back on a cancellation."""
        return -self.amount if self.type == MovementType.SUBSCRIPTION else self.amount


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    id: uuid.UUID
    fund_id: int
    fund_name: str
    category: str
    amount: Decimal
    currency: str
    opened_at: datetime
    cancelled_at: datetime | None
    cancellation_id: uuid.UUID | None

    @property
    def number(self) -> str:
        return receipt_number(self.id)

    @property
    def category_label(self) -> str:
        return str(Category(self.category).label)


@dataclass(frozen=True, slots=True)
class FundShare:
    fund_name: str
    category: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Of one client: cash available, money in funds, and where it is (largest first)."""

    available: Decimal
    invested: Decimal
    currency: str
    by_fund: Sequence[FundShare]


def funds_on_offer() -> list[Fund]:
    return list(Fund.objects.filter(is_active=True))


def fund_on_offer(fund_id: int) -> Fund:
    """Raises `FundNotFound`, also for an inactive fund."""
    fund = Fund.objects.filter(pk=fund_id, is_active=True).first()
    if fund is None:
        raise FundNotFound
    return fund


def history(
    client_id: uuid.UUID,
    *,
    type: MovementType | None = None,
    fund_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[MovementRow]:
    """A client's fund movements, newest first; `since` and `until` are days, both included, of the time zone that is
    active: on pages their reader's, elsewhere the product's.

    Raises `core.paging.InvalidCursor`.
    """
    limit, zone = max(1, min(limit, LARGEST_PAGE)), timezone.get_current_timezone()
    conditions: list[str] = ["m.client_id = %s"]
    arguments: list[uuid.UUID | int | str | date] = [client_id]
    for condition, value in (
        ("m.seq < %s", decode_cursor(cursor) if cursor else None),
        ("m.type = %s", type and type.value),
        ("m.fund_id = %s", fund_id),
        ("m.recorded_at >= %s", since and start_of(since, zone)),
        ("m.recorded_at < %s", until and end_of(until, zone)),
    ):
        if value is not None:
            conditions.append(condition)
            arguments.append(value)
    # Raw on purpose: the most read query of the product, at a third of what building it through the ORM costs.
    with connections[replicas.alias()].cursor() as cur:
        cur.execute(
            f"""SELECT m.seq, m.transaction_id, m.type, m.fund_id, f.name, m.amount, m.currency, m.recorded_at,
                       m.correlation_id
                FROM funds_movement m JOIN funds_fund f ON f.id = m.fund_id
                WHERE {" AND ".join(conditions)} ORDER BY m.seq DESC LIMIT %s""",
            [*arguments, limit + 1],
        )
        found = cur.fetchall()
    rows = [MovementRow(row[1], MovementType(row[2]), *row[3:]) for row in found[:limit]]
    return Page(rows, encode_cursor(found[limit - 1][0]) if len(found) > limit else None)


def active_subscriptions(client_id: uuid.UUID) -> list[SubscriptionRow]:
    """What a client holds now, newest first."""
    return [
        _row(subscription)
        for subscription in Subscription.objects.filter(client_id=client_id, cancellation=None)
        .select_related("fund")
        .order_by("-opened_at", "-transaction_id")
    ]


def subscription_of(client_id: uuid.UUID, subscription_id: uuid.UUID) -> SubscriptionRow:
    """One of the client's subscriptions, cancelled or not. Raises `SubscriptionNotFound`."""
    found = Subscription.objects.select_related("fund").filter(client_id=client_id, pk=subscription_id).first()
    if found is None:
        raise SubscriptionNotFound
    return _row(found)


def repaid_account(client: Client, subscription_id: uuid.UUID) -> Account:
    """Where cancelling would pay: the account that paid, or the default one if that is closed (`funds_move`)."""
    paid = Account.objects.filter(kind=CASH, holder_id=client.pk, entries__transaction_id=subscription_id).exclude(
        state=AccountState.CLOSED
    )
    return paid.first() or client.cash_account


def receipt_of(client_id: uuid.UUID, transaction_id: uuid.UUID) -> Receipt:
    """One of the client's fund movements. Raises `TransactionNotFound`."""
    answer = call_json("funds_receipt", [transaction_id, client_id])
    if answer is None:
        raise TransactionNotFound
    return Receipt.from_answer(answer)


def portfolio(client_id: uuid.UUID) -> Portfolio:
    """Cash and positions from the accounts' own balances."""
    client = Client.objects.select_related("cash_account").get(pk=client_id)
    with connection.cursor() as cur:
        cur.execute(
            """SELECT f.name, f.category, a.balance FROM funds_position p
               JOIN funds_fund f ON f.id = p.fund_id JOIN ledger_account a ON a.id = p.account_id
               WHERE p.client_id = %s AND a.balance > 0 ORDER BY a.balance DESC, f.name""",
            [client_id],
        )
        shares = [FundShare(*row) for row in cur.fetchall()]
    account = client.cash_account
    assert account.balance is not None
    return Portfolio(
        account.balance, sum((share.amount for share in shares), Decimal("0.00")), account.currency, shares
    )


def _row(subscription: Subscription) -> SubscriptionRow:
    return SubscriptionRow(
        subscription.pk,
        subscription.fund_id,
        subscription.fund.name,
        subscription.fund.category,
        subscription.amount,
        subscription.currency,
        subscription.opened_at,
        subscription.cancelled_at,
        subscription.cancellation_id,
    )
