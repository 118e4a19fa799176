"""The movements of a client's account are in the order of their times, whatever the clock does."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from core.clock import recording_at
from core.ids import uuid7
from events.models import Event
from ledger.models import Account, Transaction
from ledger.queries import balance_at
from ledger.services import Leg, Posted, Posting, open_account, post
from ledger.tests.books import Books
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
