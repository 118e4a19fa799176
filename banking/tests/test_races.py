"""Transfers under many hands at once: real connections, real commits.

Each guard is seen to matter: the tests in pairs take it out of the database's function and see the damage.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from psycopg2.extensions import connection as Session
from pytest_django.fixtures import Settings

from accounts.models import Client
from accounts.services.clients import update_client
from banking.models import ScheduledRun, ScheduledTransfer, Transfer
from banking.queries.statements import LONG_ENOUGH, held_account, past_balance, read_period, statement_of
from banking.queries.transfers import Receipt, transfers_of
from banking.services.accounts import (
    AccountHasSchedules,
    TooManyAccounts,
    close_account,
    open_account,
    set_default_account,
)
from banking.services.due import Report, run_due
from banking.services.schedules import schedule_transfer
from banking.services.staff import freeze_account
from banking.services.transfers import DailyLimitExceeded, SourceNotOpen, TargetNotOpen
from banking.tests.people import START, assert_sound, balance, cash, give, opened, send
from conftest import Cast
from core.errors import DomainError
from core.idempotency import IdempotencyInFlight
from core.ids import uuid7
from core.periods import Period, zone_of
from core.tests.threads import Background, held_back, in_parallel, other_session
from events.models import Event
from ledger.models import Account, Entry
from ledger.services import WrongState
from ledger.tests.books import weakened
from tests.api import Api

pytestmark = pytest.mark.usefixtures("real_commits")

LOCK_ACCOUNT = "SELECT FROM ledger_account WHERE number = %s FOR NO KEY UPDATE"


def transfers_either_way(cast: Cast, hands: int, each: int) -> list[object]:
    def many(giver: Client, taker: Client) -> int:
        for _ in range(each):
            send(giver, cash(giver), cash(taker), 7)
        return each

    pairs = [(cast.ana, cast.beto), (cast.beto, cast.ana)]
    return in_parallel([partial(many, *pairs[place % 2]) for place in range(hands)])


def test_sixteen_hands_transfer_both_ways_and_nothing_is_lost(cast: Cast) -> None:
    hands, each = 16, 15
    assert transfers_either_way(cast, hands, each) == [each] * hands
    assert balance(cash(cast.ana)) == balance(cash(cast.beto)) == START
    assert Transfer.objects.count() == hands * each
    assert Event.objects.filter(name="banking.transfer_sent").count() == hands * each
    assert Event.objects.filter(name="banking.transfer_received").count() == hands * each
    assert_sound()


# --- freezing ---


def fifty_and_a_freeze(cast: Cast) -> tuple[list[object], Decimal]:
    """Fifty transfers out of one account by ten hands, and a freeze in the middle; what was in it when it committed."""
    left: list[Decimal] = []

    def several() -> list[object]:
        outcomes: list[object] = []
        for _ in range(5):
            try:
                outcomes.append(send(cast.ana, cash(cast.ana), cash(cast.beto), 1000))
            except DomainError as refusal:
                outcomes.append(refusal)
        return outcomes

    def freeze() -> None:
        while not Transfer.objects.exists():
            pass
        freeze_account(number=cash(cast.ana), reason="Orden judicial", credits_allowed=True, actor_id=cast.support.pk)
        left.append(balance(cash(cast.ana)))

    *answers, frozen = in_parallel([*[several] * 10, freeze])
    assert frozen is None
    return [outcome for answer in answers for outcome in answer], left[0]  # type: ignore[attr-defined]


def test_nothing_leaves_after_a_freeze_whatever_was_under_way(cast: Cast) -> None:
    outcomes, left = fifty_and_a_freeze(cast)
    made = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(outcomes) == 50
    assert {type(outcome) for outcome in outcomes} <= {Receipt, SourceNotOpen}
    assert 0 < len(made) < 50
    assert balance(cash(cast.ana)) == left == START - 1000 * len(made)
    frozen = Event.objects.get(name="ledger.account_frozen")
    debits = Entry.objects.filter(account__number=cash(cast.ana), amount__lt=0)
    assert debits.count() == len(made)
    assert not debits.filter(transaction__recorded_at__gt=frozen.recorded_at).exists()
    assert_sound()


def overtaken_by_a_freeze(cast: Cast) -> object:
    """A transfer that had come first and waits; a freeze gets the account before it."""
    with closing(other_session()) as session:
        session.cursor().execute(LOCK_ACCOUNT, [cash(cast.ana)])
        transfer = Background(partial(send, cast.ana, cash(cast.ana), cash(cast.beto), 1000))
        transfer.wait_until_settled()
        session.cursor().execute("UPDATE ledger_account SET state = 'frozen' WHERE number = %s", [cash(cast.ana)])
        session.commit()
    return transfer.result()


def test_a_transfer_that_waits_sees_the_freeze(cast: Cast) -> None:
    assert isinstance(overtaken_by_a_freeze(cast), SourceNotOpen)
    assert balance(cash(cast.ana)) == START


def test_without_the_lock_it_would_be_stopped_by_the_tables_guard_alone(cast: Cast) -> None:
    with weakened("ledger_post", ("ORDER BY a.id FOR NO KEY UPDATE", "ORDER BY a.id")):
        outcome = overtaken_by_a_freeze(cast)
    assert type(outcome).__name__ == "IntegrityError"
    assert "is not open" in str(outcome)
    assert balance(cash(cast.ana)) == START


# --- the day's limit ---


def over_the_limit_together(cast: Cast, settings: Settings) -> list[object]:
    settings.DAILY_TRANSFER_LIMIT = {"COP": 100_000}
    other = opened(cast.ana)
    send(cast.ana, cash(cast.ana), other, 200_000)
    # From two accounts to two people: they meet at nothing but the client.
    calls = [
        partial(send, cast.ana, cash(cast.ana), cash(cast.beto), 60_000),
        partial(send, cast.ana, other, cash(cast.stranger), 60_000),
    ]
    with closing(other_session()) as session:
        session.cursor().execute(LOCK_ACCOUNT, [cash(cast.ana)])
        first = Background(calls[0])
        first.wait_until_blocked()
        second = Background(calls[1])
        second.wait_until_settled()
        session.rollback()
    return [first.result(), second.result()]


def test_the_days_limit_holds_for_transfers_at_once(cast: Cast, settings: Settings) -> None:
    first, second = over_the_limit_together(cast, settings)
    assert isinstance(first, Receipt)
    assert isinstance(second, DailyLimitExceeded)
    assert_sound()


def test_it_would_not_without_the_lock_of_the_client(cast: Cast, settings: Settings) -> None:
    with weakened("banking_transfer", ("WHERE id = p_client FOR NO KEY UPDATE", "WHERE id = p_client")):
        outcomes = over_the_limit_together(cast, settings)
    assert [type(outcome) for outcome in outcomes] == [Receipt, Receipt]


def test_many_hands_spend_the_days_limit_to_the_cent(cast: Cast, settings: Settings) -> None:
    settings.DAILY_TRANSFER_LIMIT = {"COP": 100_000}
    outcomes = in_parallel([partial(send, cast.ana, cash(cast.ana), cash(cast.beto), 20_000)] * 8)
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, DailyLimitExceeded) for outcome in outcomes) == 3
    assert balance(cash(cast.beto)) == START + 100_000


# --- keys ---


def test_one_key_sent_many_times_moves_money_once(cast: Cast) -> None:
    call = partial(send, cast.ana, cash(cast.ana), cash(cast.beto), 1000, key="k")
    outcomes = held_back(LOCK_ACCOUNT, [cash(cast.ana)], [call] * 6)
    assert [type(outcome) for outcome in outcomes] == [Receipt] + [IdempotencyInFlight] * 5
    assert call().replayed
    assert balance(cash(cast.ana)) == START - 1000


# --- history ---


def begin_to_send(session: Session, giver: Client, target: str) -> None:
    """One peso, recorded by now and not committed."""
    session.cursor().execute(
        """SELECT banking_transfer(gen_random_uuid(), %s, %s, %s, 1, '', '{}', gen_random_uuid(),
                                   gen_random_uuid(), %s, '{}', NULL, NULL)""",
        [str(giver.pk), cash(giver), target, str(giver.user_id)],
    )


def received_overtaken(cast: Cast) -> bool:
    """Ana receives into two accounts from two people; the first transfer has its `seq` and does not commit yet.

    Returns whether the second, begun after it, had to wait.
    """
    savings = opened(cast.ana)
    with closing(other_session()) as session:
        begin_to_send(session, cast.beto, cash(cast.ana))
        late = Background(partial(send, cast.stranger, cash(cast.stranger), savings, 2))
        late.wait_until_settled()
        waited = late.outcome is None
        session.commit()
    late.result()
    assert [row.amount for row in transfers_of(cast.ana.pk).rows] == [2, 1]
    return waited


def test_a_history_grows_in_the_order_of_commits(cast: Cast) -> None:
    assert received_overtaken(cast)


def test_it_would_not_without_the_lock_of_the_histories(cast: Cast) -> None:
    with weakened("banking_transfer", ("pg_advisory_xact_lock(history.key)", "history.key")):
        assert not received_overtaken(cast)


# --- the past ---


def test_a_past_balance_has_what_was_recorded_then_and_is_committed_later(cast: Cast) -> None:
    with closing(other_session()) as session:
        begin_to_send(session, cast.beto, cash(cast.ana))
        path = f"accounts/{cash(cast.ana)}/balance?at={datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        asked = Background(lambda: Api(cast.ana.user).get(path).json()["balance"])
        asked.wait_until_blocked()
        session.commit()
    assert asked.result() == "500001.00"


def test_a_statement_of_days_just_over_waits_for_their_last_postings(cast: Cast) -> None:
    today = datetime.now(UTC).date()
    period = Period(today, today, zone_of("UTC"))
    held = held_account(cash(cast.ana), client_id=cast.ana.pk, role="user")

    def closing_balance(now: datetime) -> Decimal:
        return read_period(held, period, lambda: statement_of(held, period).figures.closing, reader=uuid7(), now=now)

    with closing(other_session()) as session:
        begin_to_send(session, cast.beto, cash(cast.ana))
        assert closing_balance(period.end + LONG_ENOUGH) == START  # nothing is under way for so long
        just_over = Background(partial(closing_balance, period.end))
        just_over.wait_until_blocked()
        session.commit()
    assert just_over.result() == START + 1


def test_a_balance_of_now_stays_so_whatever_is_recorded_while_it_is_read(cast: Cast) -> None:
    held = held_account(cash(cast.ana), client_id=cast.ana.pk, role="user")
    with closing(other_session()) as session:

        def a_transfer_begins(execute: Callable[..., object], sql: str, *rest: object) -> object:
            answer = execute(sql, *rest)
            if "FOR SHARE" in sql:
                begin_to_send(session, cast.beto, cash(cast.ana))
            return answer

        with connection.execute_wrapper(a_transfer_begins):
            then = past_balance(held)
        session.commit()
    assert then.amount == START
    assert past_balance(held, then.at) == then
    assert past_balance(held).amount == START + 1


# --- accounts ---


def test_no_more_accounts_are_opened_than_may_be(cast: Cast, settings: Settings) -> None:
    settings.ACCOUNTS_PER_CLIENT = 3
    call = partial(open_account, client_id=cast.ana.pk, currency="COP", actor_id=cast.ana.user_id)
    outcomes = in_parallel([call] * 6)
    assert sum(isinstance(outcome, TooManyAccounts) for outcome in outcomes) == 4
    assert Account.objects.filter(holder_id=cast.ana.pk).count() == 3


def test_an_account_is_closed_or_gets_money_but_not_both(cast: Cast) -> None:
    for _ in range(4):
        number = opened(cast.ana)
        closed, sent = in_parallel(
            [
                partial(close_account, client_id=cast.ana.pk, number=number, actor_id=cast.ana.user_id),
                partial(send, cast.beto, cash(cast.beto), number, 1),
            ]
        )
        account = Account.objects.get(number=number)
        if account.state == "closed":
            assert (account.balance, type(sent)) == (0, TargetNotOpen)
        else:
            assert (account.balance, type(sent)) == (1, Receipt)
            assert not isinstance(closed, WrongState)
    assert_sound()


def test_an_account_is_closed_or_gets_transfers_to_come_but_not_both(cast: Cast) -> None:
    number = opened(cast.ana)
    order = partial(
        schedule_transfer,
        client_id=cast.ana.pk,
        source=number,
        target=cash(cast.beto),
        amount=Decimal(1),
        frequency="once",
        starts_on=date(2030, 1, 1),
        actor_id=cast.ana.user_id,
    )
    close = partial(close_account, client_id=cast.ana.pk, number=number, actor_id=cast.ana.user_id)
    lock_client = "SELECT FROM accounts_client WHERE id = %s FOR NO KEY UPDATE"
    _ordered, closed = held_back(lock_client, [str(cast.ana.pk)], [order, close])
    assert isinstance(closed, AccountHasSchedules)
    assert Account.objects.get(number=number).state == "open"


def test_a_client_is_there_for_staff_while_another_account_becomes_the_default(cast: Cast) -> None:
    """A row that is waited for together with others of that moment is lost if it points elsewhere afterwards."""
    number = opened(cast.ana)
    choose = partial(set_default_account, client_id=cast.ana.pk, number=number, actor_id=cast.ana.user_id)
    change = partial(
        update_client, client_id=cast.ana.pk, actor_id=cast.admin.pk, changes={"full_name": "Ana María Gómez"}
    )
    lock_client = "SELECT FROM accounts_client WHERE id = %s FOR NO KEY UPDATE"
    _chosen, changed = held_back(lock_client, [str(cast.ana.pk)], [choose, change])
    assert isinstance(changed, Client), changed
    assert (changed.full_name, changed.cash_account.number) == ("Ana María Gómez", number)


# --- what is due ---


def scheduled(cast: Cast, times: int) -> None:
    for _ in range(times):
        schedule_transfer(
            client_id=cast.ana.pk,
            source=cash(cast.ana),
            target=cash(cast.beto),
            amount=Decimal(1000),
            frequency="weekly",
            starts_on=date(2030, 1, 1),
            ends_on=date(2030, 1, 22),
            actor_id=cast.ana.user_id,
        )


def test_two_runs_at_once_pay_each_date_once(cast: Cast) -> None:
    scheduled(cast, 5)
    reports = in_parallel([partial(run_due, today=date(2030, 2, 1))] * 4)
    assert all(isinstance(report, Report) for report in reports), reports
    assert sum(report.made for report in reports) == 20  # type: ignore[attr-defined]
    assert sum(report.skipped + report.failed for report in reports) == 0  # type: ignore[attr-defined]
    assert (ScheduledRun.objects.count(), Transfer.objects.count()) == (20, 20)
    assert balance(cash(cast.beto)) == START + 20_000
    assert_sound()


def test_a_run_killed_halfway_leaves_its_date_to_the_next(cast: Cast) -> None:
    scheduled(cast, 1)
    with closing(other_session()) as session:
        session.cursor().execute(LOCK_ACCOUNT, [cash(cast.ana)])
        killed = Background(partial(run_due, today=date(2030, 1, 1)))
        killed.wait_until_blocked()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [killed.backend])
        killed.result()
    assert (ScheduledRun.objects.count(), Transfer.objects.count()) == (0, 0)
    assert ScheduledTransfer.objects.get().next_due == date(2030, 1, 1)
    assert run_due(today=date(2030, 1, 1)).made == 1
    assert_sound()


def test_runs_beside_transfers_of_the_same_accounts_never_wait_in_a_circle(cast: Cast) -> None:
    scheduled(cast, 4)
    give(cash(cast.ana), 1)

    def back() -> int:
        for _ in range(10):
            send(cast.beto, cash(cast.beto), cash(cast.ana), 1)
            send(cast.ana, cash(cast.ana), cash(cast.beto), 1)
        return 20

    run = partial(run_due, today=date(2030, 2, 1))
    outcomes = in_parallel([run, back, run, back])
    assert [outcomes[1], outcomes[3]] == [20, 20]
    assert outcomes[0].made + outcomes[2].made == 16  # type: ignore[attr-defined]
    assert_sound()
