"""The books under many hands at once: real connections, real commits."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from functools import partial

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError

from core.ids import uuid7
from core.tests.threads import Background, in_parallel, other_session
from ledger import services
from ledger.models import Account, Entry, Transaction
from ledger.services import (
    AccountNotOpen,
    AlreadyReversed,
    InsufficientFunds,
    Leg,
    Posted,
    Posting,
    house_account,
    post,
)
from ledger.tests.attacks import entries, transaction_row
from ledger.tests.books import Books, execute, weakened
from ledger.verify import verify

pytestmark = pytest.mark.usefixtures("real_commits")

START = Decimal(500_000)
APPENDED = entries("%(new)s, %(other_house)s, 'COP', -1, NULL", "%(new)s, %(beto)s, 'COP', 1, 500001")
OWN = entries("%(new)s, %(house)s, 'COP', -1, NULL", "%(new)s, %(ana)s, 'COP', 1, 500001")


def transfer(source: int, target: int, amount: Decimal = Decimal(1)) -> Posted:
    reversal = {"transaction_id": uuid7(), "reverses": uuid7(), "reason": "test"}
    legs = [Leg(source, -amount), Leg(target, amount)]
    return post(Posting(kind="TEST", legs=legs, event="ledger.reversed", payload=reversal), actor_id=None)


def balance(account: int) -> Decimal:
    found = Account.objects.get(pk=account).balance
    assert found is not None
    return found


def assert_sound() -> None:
    assert [finding.first for finding in verify() if finding.broken] == []


def append_while_uncommitted(names: dict[str, object]) -> None:
    """One session writes a transaction; before it commits, another puts a balanced pair of its own into it."""
    with closing(other_session()) as author, closing(other_session()) as stranger:
        author.cursor().execute(transaction_row(), names)
        stranger.cursor().execute(APPENDED, names)
        author.cursor().execute(OWN, names)
        author.commit()
        stranger.commit()


def test_nothing_is_appended_to_a_transaction_that_is_not_committed_yet(books: Books) -> None:
    names = {**books.names(), "other_house": house_account("attack", "COP")}
    with pytest.raises(psycopg2.IntegrityError, match="does not have the entries it announced"):
        append_while_uncommitted(names)
    assert Transaction.objects.filter(pk=names["new"]).count() == 0
    assert balance(books.beto) == balance(books.ana) == START


def test_it_would_be_if_entries_could_come_before_their_transaction(books: Books) -> None:
    names = {**books.names(), "other_house": house_account("attack", "COP")}
    with weakened("ledger_entries_balance", ("IS DISTINCT FROM", "<>")):
        append_while_uncommitted(names)
    assert Entry.objects.filter(transaction_id=names["new"]).count() == 4
    assert any(finding.broken for finding in verify())


def overtake(books: Books) -> object:
    """A raw writer draws its ids and then waits for Ana's account, while a posting with later ids gets there first."""
    names = books.names()
    raw = entries("%(new)s, %(house)s, 'COP', -1, NULL", "%(new)s, %(ana)s, 'COP', 1, 499991")

    def write() -> None:
        with closing(other_session()) as session:
            writer.backend = session.info.backend_pid
            session.cursor().execute(transaction_row() + ";" + raw, names)
            session.commit()

    with closing(other_session()) as first:
        first.cursor().execute("SELECT FROM ledger_account WHERE id = %(ana)s FOR NO KEY UPDATE", names)
        writer = Background(write)
        writer.wait_until_blocked()
        first.cursor().execute(
            """SELECT ledger_post(%(other)s, 'TEST', ARRAY[%(ana)s, %(house)s], ARRAY[-10, 10], %(other)s, 'x', 1, NULL,
                                  '{}', '{}')""",
            names,
        )
        first.commit()
    return writer.result()


def test_entries_of_an_account_chain_in_the_order_of_their_ids(books: Books) -> None:
    outcome = overtake(books)
    assert isinstance(outcome, psycopg2.IntegrityError)
    assert "moves only with its newest entry" in str(outcome)
    assert balance(books.ana) == START - 10
    assert_sound()


def test_they_would_not_if_any_entry_could_move_the_balance(books: Books) -> None:
    with weakened("ledger_account_guard", ("ORDER BY id DESC LIMIT 1", "AND balance_after = NEW.balance LIMIT 1")):
        assert overtake(books) is None
    assert [found.name for found in verify() if found.broken] == ["every balance_after follows from the one before"]


def test_opposite_transfers_never_wait_in_a_circle(books: Books) -> None:
    def many(source: int, target: int) -> None:
        for _ in range(40):
            transfer(source, target)

    outcomes = in_parallel([partial(many, *pair) for pair in [(books.ana, books.beto), (books.beto, books.ana)] * 2])
    assert outcomes == [None] * 4
    assert balance(books.ana) == balance(books.beto) == START
    assert_sound()


def test_batches_and_transfers_of_the_same_accounts_never_wait_in_a_circle(books: Books) -> None:
    def batch() -> None:
        for _ in range(10):
            postings = [
                Posting(
                    kind="TEST",
                    legs=[Leg(source, Decimal(-1)), Leg(target, Decimal(1))],
                    event="ledger.reversed",
                    payload={"transaction_id": uuid7(), "reverses": uuid7(), "reason": "test"},
                )
                for source, target in ((books.beto, books.house), (books.ana, books.house)) * 3
            ]
            services.post_batch(postings, actor_id=None)

    def transfers() -> None:
        for _ in range(40):
            transfer(books.ana, books.beto)

    assert in_parallel([batch, transfers, batch]) == [None] * 3
    assert balance(books.ana) == START - 60 - 40
    assert balance(books.beto) == START - 60 + 40
    assert_sound()


def test_no_more_leaves_an_account_than_is_in_it(books: Books) -> None:
    outcomes = in_parallel([partial(transfer, books.ana, books.beto, Decimal(100_000))] * 8)
    assert sum(isinstance(outcome, Posted) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, InsufficientFunds) for outcome in outcomes) == 3
    assert balance(books.ana) == 0
    assert balance(books.beto) == 2 * START
    assert_sound()


def test_one_transaction_is_reversed_once_even_between_house_accounts(books: Books) -> None:
    posted = transfer(books.house, house_account("other", "COP"))
    for transaction_id in (posted.id, books.grant):
        reverse = partial(services.reverse, transaction_id, reason="error", actor_id=None)
        outcomes = in_parallel([reverse] * 6)
        assert sum(isinstance(outcome, Posted) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, AlreadyReversed) for outcome in outcomes) == 5, outcomes
    assert balance(books.ana) == 0
    assert_sound()


def test_a_house_account_is_opened_once(books: Books) -> None:
    numbers = in_parallel([partial(house_account, "new-purpose", "COP")] * 6)
    assert len(set(numbers)) == 1
    assert Account.objects.filter(number="new-purpose:COP").count() == 1


def test_nothing_moves_after_a_freeze(books: Books) -> None:
    """The posting came first and waits; the freeze gets there before it, and the posting sees that."""
    number = Account.objects.get(pk=books.ana).number
    with closing(other_session()) as session:
        session.cursor().execute("SELECT FROM ledger_account WHERE id = %s FOR NO KEY UPDATE", [books.ana])
        posting = Background(partial(transfer, books.ana, books.beto))
        posting.wait_until_blocked()
        session.cursor().execute("UPDATE ledger_account SET state = 'frozen' WHERE id = %s", [books.ana])
        session.commit()
    assert isinstance(posting.result(), AccountNotOpen)
    assert balance(books.ana) == START
    services.unfreeze(number, reason="test", actor_id=None)
    transfer(books.ana, books.beto)


def test_a_killed_backend_leaves_nothing(books: Books) -> None:
    before = Transaction.objects.count()
    with closing(other_session()) as session:
        session.cursor().execute("SELECT FROM ledger_account WHERE id = %s FOR NO KEY UPDATE", [books.ana])
        posting = Background(partial(transfer, books.ana, books.beto))
        posting.wait_until_blocked()
        execute("SELECT pg_terminate_backend(%(pid)s)", {"pid": posting.backend})
        outcome = posting.result()
    assert isinstance(outcome, DatabaseError)
    assert not isinstance(outcome, IntegrityError)
    assert Transaction.objects.count() == before
    assert balance(books.ana) == START
    transfer(books.ana, books.beto)
    assert_sound()
