"""Statements, past balances and the trial balance, against what a plain loop over the movements adds up to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.paging import InvalidCursor
from core.periods import Period
from core.tests.plans import costs
from ledger.queries import (
    Statement,
    balance_at,
    statement_between,
    statement_lines,
    statement_page,
    trial_balance_at,
)
from ledger.services import Leg, Posting, house_account, open_account, post, reverse
from ledger.tests.books import Books
from ledger.tests.past import Moved, write, write_many

START = datetime(2025, 1, 1, tzinfo=UTC)
CENTS = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)


def account(books: Books, movements: list[Moved]) -> int:
    account_id = open_account(kind="cash", holder_id=books.ana_holder, currency="COP")
    write(account_id, books.house, movements)
    return account_id


def minutes(count: int) -> datetime:
    return START + timedelta(minutes=count)


def checked(found: Statement) -> Statement:
    """Adds the lines up again: they lead from the opening to the closing balance, each by its own amount."""
    running, money_in, money_out = found.opening, Decimal(0), Decimal(0)
    lines = list(statement_lines(found))
    for line in lines:
        running += line.amount
        assert line.balance_after == running
        money_in += max(line.amount, Decimal(0))
        money_out -= min(line.amount, Decimal(0))
    assert running == found.closing == found.opening + found.money_in - found.money_out
    assert (money_in, money_out, len(lines)) == (found.money_in, found.money_out, found.count)
    return found


@given(
    amounts=st.lists(st.tuples(st.integers(0, 3), CENTS, st.booleans()), max_size=25),
    cut=st.tuples(st.integers(-2, 60), st.integers(0, 60)),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_stretch_of_any_account_adds_up(
    books: Books, amounts: list[tuple[int, Decimal, bool]], cut: tuple[int, int]
) -> None:
    """Movements come zero to three minutes after one another, several in the same instant too."""
    moved, at, balance = [], 0, Decimal(0)
    for wait, amount, back in amounts:
        at += wait
        signed = -amount if back and balance >= amount else amount
        balance += signed
        moved.append(Moved(minutes(at), signed))
    account_id = account(books, moved)
    start, end = minutes(cut[0]), minutes(cut[0] + cut[1])
    found = checked(statement_between(account_id, start, end))
    within = [one for one in moved if start <= one.at < end]
    assert found.opening == sum((one.amount for one in moved if one.at < start), Decimal(0))
    assert [line.transaction_id for line in statement_lines(found)] == [one.id for one in within]
    assert balance_at(account_id, end) == sum((one.amount for one in moved if one.at <= end), Decimal(0))


def test_a_period_is_half_open_to_the_microsecond(books: Books) -> None:
    tick = timedelta(microseconds=1)
    moments = [START - tick, START, minutes(1) - tick, minutes(1)]
    account_id = account(books, [Moved(at, Decimal(10**place)) for place, at in enumerate(moments)])
    found = checked(statement_between(account_id, START, minutes(1)))
    assert (found.opening, found.money_in, found.closing) == (Decimal(1), Decimal(110), Decimal(111))
    assert [balance_at(account_id, at) for at in moments] == [Decimal(1), Decimal(11), Decimal(111), Decimal(1111)]


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [("America/Sao_Paulo", date(2018, 11, 4), 23), ("America/Mexico_City", date(2022, 10, 30), 25)],
)
def test_days_on_which_the_clocks_change_lose_and_repeat_nothing(
    books: Books, name: str, day: date, hours: int
) -> None:
    zone = ZoneInfo(name)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC)
    account_id = account(books, [Moved(noon + timedelta(hours=n), Decimal(1)) for n in range(-40, 40)])
    days = [Period(day + timedelta(days=n), day + timedelta(days=n), zone) for n in (-1, 0, 1)]
    found = [checked(statement_between(account_id, one.start, one.end)) for one in days]
    assert [one.count for one in found] == [24, hours, 24]
    assert [one.opening for one in found[1:]] == [one.closing for one in found[:-1]]
    assert all(line.recorded_at.astimezone(zone).date() == day for line in statement_lines(found[1]))


def test_what_is_posted_now_is_in_a_statement_up_to_now(books: Books) -> None:
    before = timezone.now()
    assert balance_at(books.ana, before) == Decimal(500_000)
    post(
        Posting(
            kind="TRANSFER",
            legs=[Leg(books.ana, Decimal(-30)), Leg(books.beto, Decimal(30))],
            event="ledger.reversed",
            payload={"transaction_id": None, "reverses": None, "reason": ""},
            memo="Arriendo",
        ),
        actor_id=None,
    )
    (line,) = statement_lines(checked(statement_between(books.ana, before, timezone.now())))
    assert (line.kind, line.memo, line.amount, line.balance_after) == ("TRANSFER", "Arriendo", -30, 499_970)
    assert line.counterparty is not None
    assert len(line.counterparty) == 4
    assert balance_at(books.ana, before) == Decimal(500_000)


def test_both_sides_of_a_reversal_name_each_other(books: Books) -> None:
    undone = reverse(books.grant, reason="por error", actor_id=None)
    lines = statement_lines(statement_between(books.ana, START, timezone.now()))
    assert [(line.transaction_id, line.reverses, line.reversed_by) for line in lines] == [
        (books.grant, None, undone.id),
        (undone.id, books.grant, None),
    ]


def test_an_account_without_entries_stands_at_nothing(books: Books) -> None:
    account_id = account(books, [])
    found = checked(statement_between(account_id, START, timezone.now()))
    assert (found.opening, found.closing, found.count) == (0, 0, 0)
    assert balance_at(account_id, START) == 0


def test_a_statement_is_read_in_pages_that_meet(books: Books) -> None:
    account_id = account(books, [Moved(minutes(n), Decimal(n + 1)) for n in range(25)])
    found = statement_between(account_id, minutes(2), minutes(23))
    seen, cursor = [], None
    while True:
        page = statement_page(found, cursor=cursor, limit=4)
        seen += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == list(statement_lines(found))
    with pytest.raises(InvalidCursor):
        statement_page(found, cursor="nonsense")


def test_a_balance_years_ago_is_found_by_halving(books: Books) -> None:
    """Among 6 000 entries; reading back to it would touch them all."""
    write_many(books.ana, books.house, 6_000)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for read in costs(lambda: balance_at(books.ana, at)):
        assert read.rows <= 250, read
    found = statement_between(books.ana, at, at + timedelta(minutes=3000))
    for read in costs(lambda: statement_page(found, limit=20)):
        assert read.rows <= 250, read


def test_the_trial_balance_of_any_moment_sums_to_zero_and_names_the_house(books: Books) -> None:
    opened = open_account(kind="cash", holder_id=books.ana_holder, currency="USD")
    write(opened, house_account("exchange", "USD"), [Moved(minutes(n), Decimal(10)) for n in range(3)])
    lines = [(line.currency, line.kind, line.purpose, line.balance) for line in trial_balance_at(minutes(2))]
    assert lines == [("USD", "cash", "", Decimal(20)), ("USD", "house", "exchange", Decimal(-20))]
    now = trial_balance_at(timezone.now())
    assert {line.purpose for line in now} == {"", "exchange", "opening-grants"}
    for currency in ("COP", "USD"):
        assert sum(line.balance for line in now if line.currency == currency) == 0
