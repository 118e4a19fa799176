"""The Python side of the door. Every refusal leaves every table as it was."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.errors import NotFound
from core.idempotency import IdempotencyKeyReused
from core.ids import uuid7
from core.paging import InvalidCursor
from core.tests.snapshots import snapshot
from events.models import Event
from ledger import services
from ledger.models import Account, AccountState, Entry, Transaction
from ledger.queries import statement
from ledger.services import (
    AccountNotEmpty,
    AccountNotFound,
    AccountNotOpen,
    AlreadyReversed,
    InsufficientFunds,
    InvalidReason,
    Leg,
    Posting,
    WrongState,
    house_account,
    open_account,
    post,
    post_batch,
    reverse,
)
from ledger.tests.books import Books
from ledger.verify import verify

START = Decimal(500_000)


def posting(*legs: tuple[int, str | Decimal], **changes: Any) -> Posting:
    """A posting with an event of the catalogue; what the event says is no matter here."""
    told = {
        "kind": "TEST",
        "event": "ledger.reversed",
        "payload": {"transaction_id": uuid7(), "reverses": None, "reason": "test"},
        **changes,
    }
    return Posting(legs=[Leg(account, Decimal(amount)) for account, amount in legs], **told)


def balance(account: int) -> Decimal | None:
    return Account.objects.get(pk=account).balance


def number(account: int) -> str:
    return Account.objects.get(pk=account).number


def assert_refused(refusal: type[Exception], act: Callable[[], object]) -> Exception:
    before = snapshot()
    with pytest.raises(refusal) as caught:
        act()
    assert snapshot() == before
    return caught.value


# --- post ---


def test_posting_moves_money_and_leaves_entries_and_an_event(books: Books) -> None:
    actor = uuid7()
    wanted = posting((books.ana, "-200000.25"), (books.beto, "200000.25"), memo="Arriendo")
    posted = post(wanted, actor_id=actor)
    assert (balance(books.ana), balance(books.beto)) == (Decimal("299999.75"), Decimal("700000.25"))
    row = Transaction.objects.get(pk=posted.id)
    assert (row.kind, row.memo, row.correlation_id, row.recorded_at) == (
        "TEST",
        "Arriendo",
        posted.id,
        posted.recorded_at,
    )
    assert set(row.entries.values_list("account_id", "amount", "balance_after", "currency")) == {
        (books.ana, Decimal("-200000.25"), Decimal("299999.75"), "COP"),
        (books.beto, Decimal("200000.25"), Decimal("700000.25"), "COP"),
    }
    event = Event.objects.latest("seq")
    assert (event.name, event.actor_id, event.recorded_at) == ("ledger.reversed", actor, posted.recorded_at)
    assert event.payload["transaction_id"] == str(wanted.payload["transaction_id"])


def test_posting_has_as_many_legs_as_it_takes(books: Books) -> None:
    post(posting((books.ana, "-0.02"), (books.beto, "0.01"), (books.house, "0.01")), actor_id=None)
    assert (balance(books.ana), balance(books.beto)) == (START - Decimal("0.02"), START + Decimal("0.01"))


def test_house_account_may_go_below_zero_and_keeps_no_balance(books: Books) -> None:
    post(posting((books.house, "-9000000"), (books.ana, "9000000")), actor_id=None)
    assert balance(books.house) is None
    assert balance(books.ana) == START + 9_000_000


def test_the_last_cent_may_leave_and_no_more(books: Books) -> None:
    refusal = assert_refused(
        InsufficientFunds, lambda: post(posting((books.ana, "-500000.01"), (books.beto, "500000.01")), actor_id=None)
    )
    assert "500.000,00" in str(refusal)
    post(posting((books.ana, START * -1), (books.beto, START)), actor_id=None)
    assert balance(books.ana) == 0


def test_unknown_account_is_refused(books: Books) -> None:
    assert_refused(AccountNotFound, lambda: post(posting((books.ana, "-1"), (987654321, "1")), actor_id=None))


@pytest.mark.parametrize("state", [AccountState.FROZEN, AccountState.CLOSED])
def test_account_that_is_not_open_neither_gives_nor_takes(state: AccountState, books: Books) -> None:
    post(posting((books.beto, START * -1), (books.house, START)), actor_id=None)
    Account.objects.filter(pk=books.beto).update(state=state)
    refusal = assert_refused(AccountNotOpen, lambda: post(posting((books.ana, "-1"), (books.beto, "1")), actor_id=None))
    assert number(books.beto) in str(refusal)


@pytest.mark.parametrize(
    "amounts",
    [
        ("-1", "2"),
        ("0", "0"),
        ("-0.001", "0.001"),
        ("-0.005", "0.005"),
        ("NaN", "NaN"),
        ("-Infinity", "Infinity"),
        ("-1e30", "1e30"),
        ("-1e-30", "1e-30"),
    ],
)
def test_amounts_that_are_no_money_are_a_mistake_of_the_program(amounts: tuple[str, str], books: Books) -> None:
    wrong = posting((books.ana, amounts[0]), (books.beto, amounts[1]))
    assert_refused(ValueError, lambda: post(wrong, actor_id=None))
    assert_refused(ValueError, lambda: post_batch([wrong], actor_id=None))


def test_crooked_legs_and_payloads_are_mistakes_of_the_program(books: Books) -> None:
    pair = ((books.ana, "-1"), (books.beto, "1"))
    for wrong in (
        posting(),
        posting((books.ana, "1")),
        posting((books.ana, "-1"), (books.ana, "1")),
        posting(*pair, event="nobody.knows"),
        posting(*pair, payload={"transaction_id": uuid7()}),
    ):
        assert_refused(ValueError, lambda wrong=wrong: post(wrong, actor_id=None))


def test_currencies_must_each_sum_to_zero(books: Books) -> None:
    dollars = open_account(kind="cash", holder_id=books.ana_holder, currency="USD")
    assert_refused(IntegrityError, lambda: post(posting((books.ana, "-1"), (dollars, "1")), actor_id=None))
    house = house_account("exchange", "COP"), house_account("exchange", "USD")
    post(posting((books.ana, "-4000"), (house[0], "4000"), (house[1], "-1"), (dollars, "1")), actor_id=None)
    assert (balance(books.ana), balance(dollars)) == (START - 4000, 1)


def test_an_id_is_posted_once(books: Books) -> None:
    wanted = posting((books.ana, "-1"), (books.beto, "1"))
    post(wanted, actor_id=None)
    assert_refused(IntegrityError, lambda: post(wanted, actor_id=None))


# --- post_batch ---


def test_batch_posts_thousands_in_one_statement(books: Books, django_assert_num_queries: Any) -> None:
    there = [posting((books.house, "-0.01"), (books.ana, "0.01")) for _ in range(1500)]
    back = [posting((books.ana, "-0.01"), (books.beto, "0.01")) for _ in range(500)]
    with django_assert_num_queries(3):  # one, and the savepoint that a call within a transaction gets
        assert post_batch(there + back, actor_id=None) == 2000
    assert (balance(books.ana), balance(books.beto)) == (START + 10, START + 5)
    assert [finding.first for finding in verify() if finding.broken] == []


def test_batch_is_all_or_none(books: Books) -> None:
    good = [posting((books.ana, "-1"), (books.beto, "1")) for _ in range(50)]
    too_much = posting((books.beto, "-500051"), (books.ana, "500051"))
    assert_refused(InsufficientFunds, lambda: post_batch([*good, too_much, *good], actor_id=None))
    assert post_batch([], actor_id=None) == 0


def test_batch_spends_what_it_brought(books: Books) -> None:
    post_batch(
        [posting((books.house, "-100"), (books.ana, "100")), posting((books.ana, "-500100"), (books.beto, "500100"))],
        actor_id=None,
    )
    assert (balance(books.ana), balance(books.beto)) == (0, START + 500_100)


# --- reverse ---


def test_reversal_is_the_opposite_and_happens_once(books: Books) -> None:
    posted = post(posting((books.ana, "-7.50"), (books.beto, "7.50")), actor_id=None)
    correction = reverse(posted.id, reason="Cuenta equivocada", actor_id=None)
    assert balance(books.ana) == balance(books.beto) == START
    row = Transaction.objects.get(pk=correction.id)
    assert (row.kind, row.reverses_id, row.correlation_id, row.memo) == (
        "REVERSAL",
        posted.id,
        posted.id,
        "Cuenta equivocada",
    )
    assert_refused(AlreadyReversed, lambda: reverse(posted.id, reason="otra vez", actor_id=None))


def test_a_reversal_may_itself_be_reversed(books: Books) -> None:
    posted = post(posting((books.ana, "-7"), (books.beto, "7")), actor_id=None)
    correction = reverse(posted.id, reason="error", actor_id=None)
    reverse(correction.id, reason="no era error", actor_id=None)
    assert (balance(books.ana), balance(books.beto)) == (START - 7, START + 7)


def test_reversal_of_money_that_is_gone_is_refused(books: Books) -> None:
    posted = post(posting((books.ana, "-100"), (books.beto, "100")), actor_id=None)
    post(posting((books.beto, "-500100"), (books.house, "500100")), actor_id=None)
    assert_refused(InsufficientFunds, lambda: reverse(posted.id, reason="error", actor_id=None))


def test_reversal_of_an_unknown_transaction_is_refused(books: Books) -> None:
    assert_refused(NotFound, lambda: reverse(uuid7(), reason="error", actor_id=None))


def test_reversal_in_a_frozen_account_is_refused(books: Books) -> None:
    posted = post(posting((books.ana, "-7"), (books.beto, "7")), actor_id=None)
    services.freeze(number(books.beto), reason="orden judicial", actor_id=None)
    assert_refused(AccountNotOpen, lambda: reverse(posted.id, reason="error", actor_id=None))


def test_a_retried_reversal_answers_again_and_moves_nothing(books: Books) -> None:
    posted = post(posting((books.ana, "-7"), (books.beto, "7")), actor_id=None)
    actor = uuid7()
    first = reverse(posted.id, reason="error", actor_id=actor, idempotency_key="k")
    before = snapshot()
    again = reverse(posted.id, reason="error", actor_id=actor, idempotency_key="k")
    assert (again.id, again.recorded_at, again.replayed, first.replayed) == (first.id, first.recorded_at, True, False)
    assert snapshot() == before
    assert_refused(IdempotencyKeyReused, lambda: reverse(posted.id, reason="otro", actor_id=actor, idempotency_key="k"))


# --- accounts ---


def test_account_opens_empty_with_a_number_that_catches_typing_errors(books: Books) -> None:
    opened = Account.objects.get(pk=open_account(kind="cash", holder_id=books.ana_holder, currency="COP"))
    assert (opened.balance, opened.floor, opened.state, opened.holder_id) == (0, 0, "open", books.ana_holder)
    digits = [int(digit) for digit in reversed(opened.number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    assert (sum(digits[::2]) + sum(doubled)) % 10 == 0
    assert len(opened.number) == 10


def test_house_account_is_made_once_per_purpose_and_currency(books: Books) -> None:
    assert house_account("opening-grants", "COP") == books.house
    assert house_account("opening-grants", "USD") != books.house


def test_freezing_stops_and_unfreezing_lets_go_each_with_an_event(books: Books) -> None:
    actor = uuid7()
    services.freeze(number(books.ana), reason="orden judicial", actor_id=actor)
    assert Account.objects.get(pk=books.ana).state == AccountState.FROZEN
    event = Event.objects.latest("seq")
    assert (event.name, event.actor_id) == ("ledger.account_frozen", actor)
    assert event.payload == {
        "number": number(books.ana),
        "client_id": str(books.ana_holder),
        "reason": "orden judicial",
        "credits_allowed": False,
    }
    assert_refused(WrongState, lambda: services.freeze(number(books.ana), reason="otra vez", actor_id=actor))
    services.unfreeze(number(books.ana), reason="levantada", actor_id=actor)
    assert Event.objects.latest("seq").name == "ledger.account_unfrozen"
    assert_refused(WrongState, lambda: services.unfreeze(number(books.ana), reason="otra vez", actor_id=actor))
    post(posting((books.ana, "-1"), (books.beto, "1")), actor_id=None)


def test_freezing_an_account_that_is_none_is_refused(books: Books) -> None:
    assert_refused(AccountNotFound, lambda: services.freeze("0000000000", reason="orden", actor_id=None))


def test_a_frozen_account_gives_nothing_and_takes_what_its_freeze_allows(books: Books) -> None:
    give, take = ((books.ana, "-1"), (books.beto, "1")), ((books.beto, "-1"), (books.ana, "1"))
    services.freeze(number(books.ana), reason="orden judicial", credits_allowed=True, actor_id=None)
    post(posting(*take), actor_id=None)
    assert_refused(AccountNotOpen, lambda: post(posting(*give), actor_id=None))
    services.freeze(number(books.ana), reason="orden nueva", credits_allowed=False, actor_id=None)
    for legs in (give, take):
        assert_refused(AccountNotOpen, lambda legs=legs: post(posting(*legs), actor_id=None))
    services.unfreeze(number(books.ana), reason="levantada", actor_id=None)
    post(posting(*give), actor_id=None)
    assert balance(books.ana) == balance(books.beto) == START
    assert [finding.first for finding in verify() if finding.broken] == []


def test_an_open_account_has_no_rule_for_credits_of_a_freeze(books: Books) -> None:
    with pytest.raises(IntegrityError, match="ledger_frozen_credits"), transaction.atomic():
        Account.objects.filter(pk=books.ana).update(frozen_credits=True)


def test_a_house_account_that_is_frozen_is_said_to_be_so(books: Books) -> None:
    house = number(books.house)
    services.freeze(house, reason="cierre contable", actor_id=None)
    for sign in (1, -1):
        legs = (books.house, Decimal(-sign)), (books.ana, Decimal(sign))
        refusal = assert_refused(AccountNotOpen, lambda legs=legs: post(posting(*legs), actor_id=None))
        assert house in str(refusal)


@pytest.mark.parametrize("reason", ["", "  ", "no", " n ", "x" * 201, "con \x00 nulo"])
def test_what_staff_do_to_an_account_has_a_reason(reason: str, books: Books) -> None:
    grant = books.grant
    assert_refused(InvalidReason, lambda: services.freeze(number(books.ana), reason=reason, actor_id=None))
    assert_refused(InvalidReason, lambda: services.unfreeze(number(books.ana), reason=reason, actor_id=None))
    assert_refused(InvalidReason, lambda: reverse(grant, reason=reason, actor_id=None))


def test_only_an_open_empty_account_is_closed_and_stays_so(books: Books) -> None:
    assert "500.000,00" in str(assert_refused(AccountNotEmpty, lambda: services.close(books.ana)))
    empty = open_account(kind="cash", holder_id=books.ana_holder, currency="COP")
    services.freeze(number(empty), reason="orden judicial", actor_id=None)
    assert_refused(WrongState, lambda: services.close(empty))
    services.unfreeze(number(empty), reason="levantada", actor_id=None)
    services.close(empty)
    assert_refused(WrongState, lambda: services.close(empty))
    assert_refused(WrongState, lambda: services.freeze(number(empty), reason="tarde", actor_id=None))
    assert_refused(AccountNotOpen, lambda: post(posting((books.ana, "-1"), (empty, "1")), actor_id=None))
    assert_refused(AccountNotFound, lambda: services.close(987654321))


# --- queries ---


def test_statement_pages_through_everything_newest_first(books: Books) -> None:
    post_batch([posting((books.house, "-1"), (books.ana, "1")) for _ in range(9)], actor_id=None)
    lines, cursor = [], None
    while True:
        page = statement(books.ana, cursor=cursor, limit=4)
        lines += page.rows
        post(posting((books.house, "-1"), (books.ana, "1")), actor_id=None)  # arrives meanwhile: not on later pages
        if (cursor := page.next_cursor) is None:
            break
    assert [line.balance_after for line in lines] == [START + extra for extra in range(9, -1, -1)]
    assert lines[-1].kind == "OPENING_GRANT"
    assert lines[0].recorded_at >= lines[-1].recorded_at
    with pytest.raises(InvalidCursor):
        statement(books.ana, cursor="nonsense")


def test_statement_of_an_account_without_entries_is_empty(books: Books) -> None:
    page = statement(open_account(kind="cash", holder_id=books.ana_holder, currency="COP"))
    assert (list(page.rows), page.next_cursor) == ([], None)


def test_statement_reads_a_page_in_one_query_whatever_was_asked(books: Books, django_assert_num_queries: Any) -> None:
    post_batch([posting((books.house, "-1"), (books.ana, "1")) for _ in range(120)], actor_id=None)
    with django_assert_num_queries(2):
        assert len(statement(books.ana, limit=10**9).rows) == 100
        assert len(statement(books.ana, limit=-5).rows) == 1


def test_entries_cannot_be_touched_through_the_models(books: Books) -> None:
    entry = Entry.objects.get(account_id=books.ana)
    entry.amount += 1
    assert_refused_in_savepoint(entry.save)
    assert_refused_in_savepoint(Entry.objects.get(pk=entry.pk).delete)
    assert_refused_in_savepoint(lambda: Transaction.objects.update(memo="x"))
    assert_refused_in_savepoint(lambda: Event.objects.all().delete())


def assert_refused_in_savepoint(act: Callable[[], object]) -> None:
    before = snapshot()
    with pytest.raises(IntegrityError), transaction.atomic():
        act()
    assert snapshot() == before
