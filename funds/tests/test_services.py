"""Subscribing and cancelling through the services. Every refusal leaves every table as it was."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Client
from accounts.queries.clients import NotAClient
from core.idempotency import IdempotencyKeyReused
from core.ids import uuid7
from core.tests.snapshots import snapshot
from events.models import Event
from funds import queries, services
from funds.models import Fund, Movement, MovementType, Position, Subscription
from funds.queries import FundNotFound, Receipt, SubscriptionNotFound
from funds.services import BelowMinimum, CurrencyMismatch, FundInactive, NoBalanceForFund
from ledger.models import Account, AccountState, Transaction
from ledger.services import AccountNotOpen, NotReversible, freeze, reverse

START = Decimal("500000.00")
ECOPETROL = 2


def subscribe(client: Client, fund: int = ECOPETROL, amount: str = "125000.00", key: str | None = None) -> Receipt:
    return services.subscribe(
        client_id=client.pk, fund_id=fund, amount=Decimal(amount), actor_id=client.user_id, idempotency_key=key
    )


def cancel(client: Client, subscription: Any, key: str | None = None) -> Receipt:
    return services.cancel(
        client_id=client.pk, subscription_id=subscription, actor_id=client.user_id, idempotency_key=key
    )


def cash(client: Client) -> Decimal | None:
    return Account.objects.get(pk=client.cash_account_id).balance


def assert_refused(refusal: type[Exception], act: Callable[[], object]) -> Exception:
    before = snapshot()
    with pytest.raises(refusal) as caught:
        act()
    assert snapshot() == before
    return caught.value


def test_subscribing_moves_the_money_and_leaves_a_receipt(cast: Any) -> None:
    receipt = subscribe(cast.ana)
    assert (receipt.type, receipt.amount, receipt.balance_after) == (
        "SUBSCRIPTION",
        Decimal("125000.00"),
        START - 125000,
    )
    assert receipt.correlation_id == receipt.transaction_id
    assert not receipt.replayed
    assert cash(cast.ana) == START - 125000
    position = Position.objects.get(client=cast.ana, fund_id=ECOPETROL)
    assert (position.account.balance, position.account.floor) == (Decimal("125000.00"), 0)
    event = Event.objects.latest("seq")
    assert (event.name, event.actor_id) == ("funds.subscribed", cast.ana.user_id)
    assert (event.payload["amount"], event.payload["fund_name"]) == ("125000.00", "FPV_BTG_PACTUAL_ECOPETROL")
    assert queries.receipt_of(cast.ana.pk, receipt.transaction_id) == receipt


def test_cancelling_returns_the_whole_value_and_shares_the_correlation(cast: Any) -> None:
    subscription = subscribe(cast.ana)
    receipt = cancel(cast.ana, subscription.transaction_id)
    assert (receipt.type, receipt.amount, receipt.balance_after) == ("CANCELLATION", subscription.amount, START)
    assert receipt.correlation_id == subscription.correlation_id
    assert cash(cast.ana) == START
    assert Event.objects.latest("seq").name == "funds.cancelled"
    assert queries.active_subscriptions(cast.ana.pk) == []
    assert queries.portfolio(cast.ana.pk).invested == 0


def test_a_second_cancel_changes_nothing_and_gives_the_same_answer(cast: Any) -> None:
    subscription = subscribe(cast.ana)
    first = cancel(cast.ana, subscription.transaction_id)
    before = snapshot()
    second = cancel(cast.ana, subscription.transaction_id)
    assert snapshot() == before
    assert second.replayed
    assert {**vars_of(second), "replayed": False} == vars_of(first)


def vars_of(receipt: Receipt) -> dict[str, object]:
    return {name: getattr(receipt, name) for name in Receipt.__dataclass_fields__}


def test_a_position_is_one_account_however_often_the_fund_is_bought(cast: Any) -> None:
    first, second = subscribe(cast.ana, 3, "50000"), subscribe(cast.ana, 3, "60000")
    cancel(cast.ana, first.transaction_id)
    assert Position.objects.get(client=cast.ana).account.balance == 60000
    assert [row.id for row in queries.active_subscriptions(cast.ana.pk)] == [second.transaction_id]


def test_refusal_for_want_of_money_is_the_sentence_that_clients_know(cast: Any) -> None:
    subscribe(cast.ana, 4, "250000.01")
    refusal = assert_refused(NoBalanceForFund, lambda: subscribe(cast.ana, 4, "250000"))
    assert str(refusal) == "No tiene saldo disponible para vincularse al fondo FDO-ACCIONES"


def test_below_the_minimum_is_refused_by_a_cent(cast: Any) -> None:
    refusal = assert_refused(BelowMinimum, lambda: subscribe(cast.ana, 4, "249999.99"))
    assert "250.000,00" in str(refusal)
    assert subscribe(cast.ana, 4, "250000.00").amount == 250000


@pytest.mark.parametrize("amount", ["0", "-1", "-125000", "NaN", "125000.001", "125000.005", "1e20"])
def test_amounts_that_are_no_money_move_nothing(amount: str, cast: Any) -> None:
    assert_refused(Exception, lambda: subscribe(cast.ana, amount=amount))


@pytest.mark.parametrize("fund", [0, -1, 99, 2**31, 2**63, 10**30])
def test_unknown_funds_are_refused(fund: int, cast: Any) -> None:
    assert_refused(FundNotFound, lambda: subscribe(cast.ana, fund))


def test_inactive_fund_takes_no_subscriptions_but_gives_money_back(cast: Any) -> None:
    held = subscribe(cast.ana)
    Fund.objects.filter(pk=ECOPETROL).update(is_active=False)
    assert_refused(FundInactive, lambda: subscribe(cast.ana))
    cancel(cast.ana, held.transaction_id)
    assert cash(cast.ana) == START


def test_raising_the_minimum_does_not_hold_older_subscriptions(cast: Any) -> None:
    held = subscribe(cast.ana)
    Fund.objects.filter(pk=ECOPETROL).update(minimum=400_000, name="NUEVO")
    assert_refused(BelowMinimum, lambda: subscribe(cast.ana))
    assert cancel(cast.ana, held.transaction_id).balance_after == START


def test_fund_in_another_currency_is_refused(cast: Any) -> None:
    Fund.objects.filter(pk=ECOPETROL).update(currency="USD")
    assert_refused(CurrencyMismatch, lambda: subscribe(cast.ana))


def test_somebody_elses_subscription_is_not_found(cast: Any) -> None:
    held = subscribe(cast.ana)
    assert_refused(SubscriptionNotFound, lambda: cancel(cast.beto, held.transaction_id))
    assert_refused(SubscriptionNotFound, lambda: cancel(cast.ana, uuid7()))
    cancelled = cancel(cast.ana, held.transaction_id)
    assert_refused(SubscriptionNotFound, lambda: cancel(cast.ana, cancelled.transaction_id))
    assert_refused(SubscriptionNotFound, lambda: cancel(cast.beto, held.transaction_id))


def test_who_is_no_client_holds_nothing(cast: Any) -> None:
    nobody = partial(services.subscribe, fund_id=ECOPETROL, amount=Decimal(125000), actor_id=cast.admin.pk)
    assert_refused(NotAClient, lambda: nobody(client_id=cast.admin.pk))


def test_frozen_cash_neither_leaves_nor_comes_back(cast: Any) -> None:
    held = subscribe(cast.ana)
    freeze(cast.ana.cash_account.number, reason="orden judicial", actor_id=None)
    assert_refused(AccountNotOpen, lambda: subscribe(cast.ana))
    assert_refused(AccountNotOpen, lambda: cancel(cast.ana, held.transaction_id))


def test_preview_answers_as_the_real_thing_and_leaves_nothing(cast: Any) -> None:
    before = snapshot()
    ask = partial(services.preview_subscription, client_id=cast.ana.pk, actor_id=cast.ana.user_id)
    receipt = ask(fund_id=3, amount=Decimal(50000))
    assert (receipt.balance_after, receipt.fund_name) == (START - 50000, "DEUDAPRIVADA")
    for fund, amount, refusal in ((3, 1, BelowMinimum), (3, 500001, NoBalanceForFund), (99, 1, FundNotFound)):
        with pytest.raises(refusal):
            ask(fund_id=fund, amount=Decimal(amount))
    assert snapshot() == before


# --- keys ---


def test_the_same_key_has_its_effect_once_and_gets_its_first_answer(cast: Any) -> None:
    first = subscribe(cast.ana, key="k")
    before = snapshot()
    again = subscribe(cast.ana, key="k")
    assert snapshot() == before
    assert again.replayed
    assert {**vars_of(again), "replayed": False} == vars_of(first)


def test_the_same_key_for_something_else_is_refused(cast: Any) -> None:
    held = subscribe(cast.ana, key="k")
    assert_refused(IdempotencyKeyReused, lambda: subscribe(cast.ana, amount="125000.01", key="k"))
    assert_refused(IdempotencyKeyReused, lambda: subscribe(cast.ana, fund=3, key="k"))
    assert_refused(IdempotencyKeyReused, lambda: cancel(cast.ana, held.transaction_id, key="k"))


def test_a_key_is_its_owners_own(cast: Any) -> None:
    assert not subscribe(cast.ana, key="k").replayed
    assert not subscribe(cast.beto, key="k").replayed
    assert (cash(cast.ana), cash(cast.beto)) == (START - 125000, START - 125000)


def test_a_refused_key_may_be_used_again(cast: Any) -> None:
    assert_refused(NoBalanceForFund, lambda: subscribe(cast.ana, amount="500001", key="k"))
    assert not subscribe(cast.ana, key="k").replayed


def test_a_replay_answers_even_after_the_fund_has_gone(cast: Any) -> None:
    first = subscribe(cast.ana, key="k")
    Fund.objects.filter(pk=ECOPETROL).update(is_active=False, minimum=999_999)
    freeze(cast.ana.cash_account.number, reason="orden judicial", actor_id=None)
    assert subscribe(cast.ana, key="k").transaction_id == first.transaction_id


def test_cancelling_with_keys_moves_money_once(cast: Any) -> None:
    held = subscribe(cast.ana)
    answers = [cancel(cast.ana, held.transaction_id, key=key) for key in ("a", "a", "b", None, "b")]
    assert {answer.transaction_id for answer in answers} == {answers[0].transaction_id}
    assert [answer.replayed for answer in answers] == [False, True, True, True, True]
    assert cash(cast.ana) == START


# --- rows of the funds' own ---


def test_fund_movements_are_not_reversed_behind_the_funds_back(cast: Any) -> None:
    held = subscribe(cast.ana)
    returned = cancel(cast.ana, held.transaction_id)
    second = subscribe(cast.ana)
    for movement in (second, returned):
        assert_refused(NotReversible, partial(reverse_and_commit, movement.transaction_id))


def reverse_and_commit(transaction_id: Any) -> None:
    """The check waits for the commit; within a test it is called forward."""
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        reverse(transaction_id, reason="error", actor_id=None)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal(1)},
        {"fund_id": 3},
        {"currency": "USD"},
        {"cancellation_id": None, "cancelled_at": None},
        {"transaction_id": None},
        {"client_id": None},
    ],
)
@pytest.mark.parametrize("cancelled", [False, True])
def test_a_subscription_stays_what_it_was(change: dict[str, Any], cancelled: bool, cast: Any) -> None:
    held = subscribe(cast.ana)
    other = subscribe(cast.beto)
    if cancelled:
        cancel(cast.ana, held.transaction_id)
    elif "cancellation_id" in change:
        change = {"cancellation_id": other.transaction_id}  # cancelled, but not when
    if "client_id" in change:
        change = {"client_id": cast.beto.pk}
    if "transaction_id" in change:
        change = {
            "transaction_id": Transaction.objects.get(kind="OPENING_GRANT", entries__account=cast.ana.cash_account)
        }
    rows = Subscription.objects.filter(pk=held.transaction_id)
    assert_refused(IntegrityError, lambda: in_savepoint(lambda: rows.update(**change)))


def in_savepoint(act: Callable[[], object]) -> None:
    with transaction.atomic():
        act()


@pytest.mark.parametrize("model", [Subscription, Position, Movement])
def test_rows_that_speak_of_money_are_never_deleted(model: Any, cast: Any) -> None:
    held = subscribe(cast.ana)
    cancel(cast.ana, held.transaction_id)
    assert_refused(IntegrityError, lambda: in_savepoint(model.objects.all().delete))
    assert_refused(DatabaseError, lambda: in_savepoint(partial(truncate, model._meta.db_table)))


def truncate(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_positions_and_movements_are_never_changed(cast: Any) -> None:
    subscribe(cast.ana)
    for rows, change in (
        (Position.objects, {"fund_id": 3}),
        (Position.objects, {"client": cast.beto}),
        (Movement.objects, {"amount": 1}),
        (Movement.objects, {"type": MovementType.CANCELLATION}),
    ):
        assert_refused(IntegrityError, lambda rows=rows, change=change: in_savepoint(lambda: rows.update(**change)))


def test_closed_position_is_refused_in_words(cast: Any) -> None:
    held = subscribe(cast.ana)
    cancel(cast.ana, held.transaction_id)
    Account.objects.filter(position__client=cast.ana).update(state=AccountState.CLOSED)
    assert_refused(AccountNotOpen, lambda: subscribe(cast.ana))
