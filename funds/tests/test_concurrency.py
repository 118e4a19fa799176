"""Many hands at once, on real connections with real commits.

The tests in pairs make the worst moment on purpose: first with the guard, then with the guard taken out of the
database's function, to see that the test can fail. `docs/concurrency.md` says what was seen.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import closing
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError

from accounts.models import Client, NotifyChannel
from accounts.services.registration import Registered, register
from core.errors import DomainError
from core.idempotency import IdempotencyInFlight
from core.tests.threads import Background, held_back, in_parallel, other_session
from funds import queries, services
from funds.models import Movement, Position, Subscription
from funds.queries import Receipt
from funds.services import NoBalanceForFund
from funds.verify import CHECKS as FUND_CHECKS
from ledger.models import Account, Transaction
from ledger.tests.books import execute, weakened
from ledger.verify import CHECKS as LEDGER_CHECKS
from ledger.verify import verify

pytestmark = pytest.mark.usefixtures("real_commits")

START = Decimal(500_000)
RECAUDADORA, DEUDAPRIVADA = 1, 3  # minimum 75 000 and 50 000
LOCK_CASH = "SELECT FROM ledger_account WHERE id = %s FOR NO KEY UPDATE"
NO_ACCOUNT_LOCK = ("ORDER BY a.id FOR NO KEY UPDATE", "ORDER BY a.id")
LOCK_SUBSCRIPTION = "SELECT FROM funds_subscription WHERE id = %s FOR NO KEY UPDATE"


def subscribe(client: Client, amount: int = 50_000, fund: int = DEUDAPRIVADA, key: str | None = None) -> Receipt:
    return services.subscribe(
        client_id=client.pk, fund_id=fund, amount=Decimal(amount), actor_id=client.user_id, idempotency_key=key
    )


def cancel(client: Client, subscription: Any, key: str | None = None) -> Receipt:
    return services.cancel(
        client_id=client.pk, subscription_id=subscription, actor_id=client.user_id, idempotency_key=key
    )


def cash(client: Client) -> Decimal | None:
    return Account.objects.get(pk=client.cash_account_id).balance


def kinds(outcomes: list[object]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


def assert_sound() -> None:
    assert [finding.first for finding in verify(LEDGER_CHECKS + FUND_CHECKS) if finding.broken] == []


# --- two subscriptions, money for one ---


def two_of_300_000(ana: Client) -> list[object]:
    subscribe(ana)  # the position exists: what meets is the money
    return held_back(LOCK_CASH, [ana.cash_account_id], [partial(subscribe, ana, 300_000)] * 2)


def test_of_two_subscriptions_with_money_for_one_one_is_made(cast: Any) -> None:
    first, second = two_of_300_000(cast.ana)
    assert isinstance(first, Receipt)
    assert isinstance(second, NoBalanceForFund)
    assert str(second) == "No tiene saldo disponible para vincularse al fondo DEUDAPRIVADA"
    assert cash(cast.ana) == START - 350_000
    assert_sound()


def test_without_the_lock_the_second_fails_without_a_word_and_still_takes_nothing(cast: Any) -> None:
    with weakened("ledger_post", NO_ACCOUNT_LOCK):
        first, second = two_of_300_000(cast.ana)
    assert isinstance(first, Receipt)
    assert isinstance(second, IntegrityError)
    assert "ledger_account_guard" in str(second) or "ledger_floor" in str(second)
    assert cash(cast.ana) == START - 350_000
    assert_sound()


def test_without_the_lock_and_the_guards_money_is_invented(cast: Any) -> None:
    execute("ALTER TABLE ledger_account DISABLE TRIGGER ledger_account_guard")
    execute("ALTER TABLE ledger_account DROP CONSTRAINT ledger_floor")
    try:
        with weakened("ledger_post", NO_ACCOUNT_LOCK):
            outcomes = two_of_300_000(cast.ana)
        assert kinds(outcomes) == {"Receipt": 2}
        assert cash(cast.ana) == START - 650_000
        assert any(finding.broken for finding in verify())
    finally:
        execute("UPDATE ledger_account SET balance = 0 WHERE balance IS NOT NULL")
        execute("ALTER TABLE ledger_account ADD CONSTRAINT ledger_floor CHECK (balance >= floor)")
        execute("ALTER TABLE ledger_account ENABLE TRIGGER ledger_account_guard")


def test_parallel_subscriptions_take_what_there_is_and_no_more(cast: Any) -> None:
    outcomes = in_parallel([partial(subscribe, cast.ana, 120_000)] * 8)
    assert kinds(outcomes) == {"Receipt": 4, "NoBalanceForFund": 4}
    assert cash(cast.ana) == START - 480_000
    assert_sound()


# --- one key, many requests ---


def one_key_20_times(ana: Client) -> list[object]:
    return held_back(LOCK_CASH, [ana.cash_account_id], [partial(subscribe, ana, key="k")] * 20)


def test_one_key_sent_again_while_the_first_is_under_way_is_in_flight(cast: Any) -> None:
    outcomes = one_key_20_times(cast.ana)
    assert kinds(outcomes) == {"Receipt": 1, "IdempotencyInFlight": 19}
    assert cash(cast.ana) == START - 50_000
    assert subscribe(cast.ana, key="k").replayed
    assert_sound()


def test_without_the_lock_of_the_key_the_others_fail_without_a_word(cast: Any) -> None:
    lock = "pg_try_advisory_xact_lock(hashtextextended(p_key, hashtextextended(p_actor::text, 0)))"
    subscribe(cast.ana, key="other")
    with weakened("core_idempotency_begin", (lock, "true")):
        outcomes = held_back(LOCK_CASH, [cast.ana.cash_account_id], [partial(subscribe, cast.ana, key="k")] * 4)
    assert kinds(outcomes) == {"Receipt": 1, "IntegrityError": 3}
    assert cash(cast.ana) == START - 100_000


def test_one_key_50_times_has_one_effect(cast: Any) -> None:
    def several() -> list[object]:
        answers: list[object] = []
        for _ in range(5):
            try:
                answers.append(subscribe(cast.ana, key="k"))
            except IdempotencyInFlight as refusal:
                answers.append(refusal)
        return answers

    outcomes = [answer for answers in in_parallel([several] * 10) for answer in answers]  # type: ignore[attr-defined]
    receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(outcomes) == 50
    assert sum(not receipt.replayed for receipt in receipts) == 1
    assert len({receipt.transaction_id for receipt in receipts}) == 1
    assert cash(cast.ana) == START - 50_000
    assert_sound()


# --- one subscription, many cancellations ---


def cancel_together(ana: Client, times: int) -> list[object]:
    held = subscribe(ana).transaction_id
    return held_back(LOCK_SUBSCRIPTION, [held], [partial(cancel, ana, held)] * times)


def test_20_cancellations_refund_once_and_answer_alike(cast: Any) -> None:
    outcomes = cancel_together(cast.ana, 20)
    assert kinds(outcomes) == {"Receipt": 20}
    assert len({(one.transaction_id, one.balance_after, one.recorded_at) for one in outcomes}) == 1  # type: ignore[attr-defined]
    assert sum(not one.replayed for one in outcomes) == 1  # type: ignore[attr-defined]
    assert cash(cast.ana) == START
    assert Movement.objects.filter(type="CANCELLATION").count() == 1
    assert_sound()


def test_without_the_lock_of_the_subscription_the_others_are_told_something_else(cast: Any) -> None:
    held = subscribe(cast.ana).transaction_id
    with weakened("funds_cancel", ("AND client_id = p_client FOR NO KEY UPDATE", "AND client_id = p_client")):
        outcomes = held_back(LOCK_CASH, [cast.ana.cash_account_id], [partial(cancel, cast.ana, held)] * 5)
    assert kinds(outcomes) == {"Receipt": 1, "InternalError": 4}
    assert all("already_reversed" in str(outcome) for outcome in outcomes[1:])
    assert cash(cast.ana) == START
    assert_sound()


# --- first subscriptions to a fund ---


def first_together(ana: Client, times: int) -> list[object]:
    return held_back(LOCK_CASH, [ana.cash_account_id], [partial(subscribe, ana)] * times)


def test_first_subscriptions_open_one_position(cast: Any) -> None:
    assert kinds(first_together(cast.ana, 4)) == {"Receipt": 4}
    assert Position.objects.filter(client=cast.ana).count() == 1
    assert Account.objects.filter(kind="position").count() == 1
    assert cash(cast.ana) == START - 200_000
    assert_sound()


def test_without_the_lock_of_the_client_only_one_of_them_is_made(cast: Any) -> None:
    lock = "PERFORM FROM accounts_client WHERE id = p_client FOR NO KEY UPDATE;"
    with weakened("funds_position_account", (lock, "")):
        outcomes = first_together(cast.ana, 4)
    assert kinds(outcomes) == {"Receipt": 1, "IntegrityError": 3}
    assert_sound()


# --- crashes ---


def test_a_subscription_killed_while_it_waits_leaves_nothing_and_may_be_tried_again(cast: Any) -> None:
    before = Transaction.objects.count()
    with closing(other_session()) as session:
        session.cursor().execute(LOCK_CASH, [cast.ana.cash_account_id])
        killed = Background(partial(subscribe, cast.ana, key="k"))
        killed.wait_until_blocked()
        execute("SELECT pg_terminate_backend(%(pid)s)", {"pid": killed.backend})
        outcome = killed.result()
    assert isinstance(outcome, DatabaseError)
    assert not isinstance(outcome, IntegrityError)
    assert (Transaction.objects.count(), Position.objects.count(), Subscription.objects.count()) == (before, 0, 0)
    assert cash(cast.ana) == START
    assert not subscribe(cast.ana, key="k").replayed
    assert_sound()


def test_a_client_that_hangs_up_before_the_answer_finds_it_with_its_key(cast: Any) -> None:
    """The commit happened, the answer was lost: the retry is told, not charged."""
    first = subscribe(cast.ana, key="k")
    again = in_parallel([partial(subscribe, cast.ana, key="k")])[0]
    assert isinstance(again, Receipt)
    assert (again.transaction_id, again.replayed) == (first.transaction_id, True)


def test_previews_beside_the_real_thing_leave_nothing(cast: Any) -> None:
    preview = partial(
        services.preview_subscription, client_id=cast.ana.pk, fund_id=3, amount=Decimal(60_000), actor_id=cast.ana.pk
    )
    outcomes = in_parallel([preview, partial(subscribe, cast.ana)] * 4)
    assert kinds(outcomes) == {"Receipt": 8}
    assert cash(cast.ana) == START - 200_000
    assert Movement.objects.count() == 4
    assert_sound()


def registration(email: str, username: str | None = None) -> partial[Registered]:
    return partial(
        register,
        email=email,
        full_name="Nuevo Cliente",
        password="Una-Clave-Larga-9",
        notify_channel=NotifyChannel.EMAIL,
        notify_destination="nuevo@example.com",
        username=username,
    )


def test_one_address_registers_once_and_is_granted_once() -> None:
    outcomes = in_parallel([registration("nuevo@example.com")] * 4)
    assert kinds(outcomes) == {"Registered": 1, "EmailTaken": 3}
    assert Transaction.objects.filter(kind="OPENING_GRANT").count() == 4  # the cast's three and this one
    assert_sound()


def test_two_people_whose_addresses_begin_alike_both_register() -> None:
    outcomes = in_parallel([registration("nuevo@a.example.com"), registration("nuevo@b.example.com")])
    assert kinds(outcomes) == {"Registered": 2}
    assert_sound()


def test_a_chosen_username_is_given_once() -> None:
    outcomes = in_parallel([registration(f"nuevo@{house}.example.com", "elegido") for house in "abcd"])
    assert kinds(outcomes) == {"Registered": 1, "UsernameTaken": 3}
    assert_sound()


# --- storms ---


def test_a_storm_of_subscriptions_and_cancellations_leaves_the_books_sound(cast: Any) -> None:
    clients = [cast.ana, cast.beto]

    def act(seed: int) -> int:
        chance = random.Random(seed)
        held: list[tuple[Client, Any]] = []
        unexpected = 0
        for _ in range(25):
            client = chance.choice(clients)
            try:
                if held and chance.random() < 0.45:
                    cancel(*chance.choice(held), key=chance.choice([None, f"c{chance.randrange(8)}"]))
                else:
                    amount = chance.choice([50_000, 75_000, 130_000])
                    key = chance.choice([None, None, f"k{chance.randrange(8)}"])
                    held.append((client, subscribe(client, amount, chance.choice([1, 2, 3]), key).transaction_id))
            except DomainError:
                continue
            except DatabaseError:
                unexpected += 1
        return unexpected

    assert in_parallel([partial(act, seed) for seed in range(8)]) == [0] * 8
    assert Movement.objects.filter(type="SUBSCRIPTION").count() > 10
    assert Movement.objects.filter(type="CANCELLATION").count() > 5
    for client in clients:
        portfolio = queries.portfolio(client.pk)
        assert portfolio.available + portfolio.invested == START
        assert portfolio.available >= 0
    assert_sound()


def pages(client: Client, limit: int) -> list[Any]:
    rows, cursor = [], None
    while True:
        page = queries.history(client.pk, cursor=cursor, limit=limit)
        rows += page.rows
        if (cursor := page.next_cursor) is None:
            return rows


def churn(client: Client, times: int) -> None:
    for _ in range(times):
        cancel(client, subscribe(client).transaction_id)


def test_paging_repeats_nothing_and_skips_nothing_while_others_write(cast: Any) -> None:
    churn(cast.ana, 12)

    def read() -> None:
        for _ in range(12):
            existed = {row.id for row in pages(cast.ana, 100)}
            seen = [row.id for row in pages(cast.ana, 4)]
            assert len(seen) == len(set(seen))
            assert existed <= set(seen)

    assert in_parallel([read, partial(churn, cast.ana, 20), partial(churn, cast.ana, 20)]) == [None] * 3


def history_overtaken(ana: Client) -> list[list[Any]]:
    """Page one, read while one subscription is under way and another has just been made; and again at the end."""
    held = subscribe(ana).transaction_id
    with closing(other_session()) as session, closing(other_session()) as keeper:
        keeper.cursor().execute("SELECT FROM funds_fund WHERE id = %s FOR UPDATE", [RECAUDADORA])
        session.cursor().execute(LOCK_CASH, [ana.cash_account_id])
        late = Background(partial(subscribe, ana, 80_000, RECAUDADORA))
        late.wait_until_blocked()
        session.cursor().execute(
            "SELECT funds_cancel(gen_random_uuid(), %s, %s, gen_random_uuid(), %s, '{}', NULL, NULL)",
            [str(ana.pk), str(held), str(ana.user_id)],
        )
        session.commit()
        late.wait_until_blocked()  # its commit asks whether the fund it points to is there
        first = queries.history(ana.pk).rows
    late.result()
    return [[row.amount for row in first], [row.amount for row in queries.history(ana.pk).rows]]


def test_new_rows_come_before_all_that_were_there(cast: Any) -> None:
    first, last = history_overtaken(cast.ana)
    assert last[-len(first) :] == first
    assert len(last) == 3


def test_they_would_not_if_their_number_were_drawn_before_the_lock(cast: Any) -> None:
    """Whoever had read the first page would not be shown, on the next, the row that slipped in behind it."""
    with weakened(
        "funds_move",
        ("v_signed numeric :=", "v_seq bigint := nextval('funds_movement_seq_seq'); v_signed numeric :="),
        ("funds_movement (transaction_id,", "funds_movement (seq, transaction_id,"),
        ("VALUES (p_transaction,", "VALUES (v_seq, p_transaction,"),
    ):
        first, last = history_overtaken(cast.ana)
    assert len(last) == 3
    assert last[-len(first) :] != first
