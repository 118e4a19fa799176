"""The movements of a client's account are in the order of their times, whatever the clock does."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from core.clock import recording_at
from core.ids import uuid7
from events.models import Event
from ledger.models import Account, Transaction
from ledger.queries import balance_at, settle
from ledger.services import Leg, Posted, Posting, open_account, post
from ledger.tests.books import Books, value
from ledger.tests.past import write_many
from ledger.verify import verify

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


def move(source: int, target: int, amount: int) -> Posted:
    id = uuid7()
    legs = [Leg(source, Decimal(-amount)), Leg(target, Decimal(amount))]
    payload = {"transaction_id": id, "client_id": id, "amount": Decimal(amount), "currency": "COP"}
    return post(Posting(id=id, kind="DEPOSIT", legs=legs, event="ledger.imported", payload=payload), actor_id=None)


def opened(books: Books, at: datetime) -> int:
    with recording_at(at):
        return open_account(kind="cash", holder_id=books.ana_holder, currency="COP")


def test_an_import_is_recorded_when_it_happened(books: Books) -> None:
    then = timezone.now() - 90 * DAY
    account = opened(books, then)
    with recording_at(then + DAY):
        posted = move(books.house, account, 300)
    assert posted.recorded_at == then + DAY
    assert Account.objects.get(pk=account).opened_at == then
    assert Transaction.objects.get(pk=posted.id).recorded_at == then + DAY
    assert Event.objects.latest("seq").recorded_at == then + DAY
    assert balance_at(account, then) == 0
    assert balance_at(account, then + 2 * DAY) == 300
    assert not any(finding.broken for finding in verify())


def test_a_clock_put_back_does_not_come_before_what_an_account_holds(books: Books) -> None:
    now = timezone.now()
    account = opened(books, now - 9 * DAY)
    with recording_at(now - 5 * DAY):
        first = move(books.house, account, 300)
    with recording_at(now - 6 * DAY):
        second = move(account, books.house, 100)
    assert second.recorded_at == first.recorded_at + TICK
    assert balance_at(account, first.recorded_at) == 300
    assert balance_at(account, now - 5 * DAY - TICK) == 0, "a day that was over stays as it was"
    third = move(account, books.house, 50)
    assert third.recorded_at > now


def test_the_later_of_both_accounts_counts(books: Books) -> None:
    now = timezone.now()
    busy, quiet = opened(books, now - 9 * DAY), opened(books, now - 9 * DAY)
    with recording_at(now - 5 * DAY):
        move(books.house, busy, 300)
    with recording_at(now - 7 * DAY):
        move(books.house, quiet, 300)
        assert move(quiet, busy, 10).recorded_at == now - 5 * DAY + TICK


def entries_read() -> int:
    """By this transaction so far, including from within the database's functions."""
    return int(
        value(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE relname = 'ledger_entry'"
        )
    )


def test_the_last_movement_of_an_account_is_found_however_long_ago_it_was(books: Books) -> None:
    """Nor is it looked for among everybody's where there is none."""
    new = open_account(kind="cash", holder_id=books.ana_holder, currency="COP")
    for account in (books.beto, books.ana):
        write_many(account, books.house, 3000)
    before = entries_read()
    move(books.beto, new, 10)
    assert entries_read() - before < 50
    before = entries_read()
    settle(books.beto)
    assert entries_read() - before < 50
