"""`verify` finds each kind of damage and names the first broken row; the guards are off while the damage is done."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal

import pytest

from core.tests.threads import other_session
from ledger.models import Account
from ledger.services import Leg, Posting, post, reverse
from ledger.tests.attacks import entries, transaction_row
from ledger.tests.books import Books, execute
from ledger.verify import CHECKS, Check, verify

TABLES = ("ledger_account", "ledger_transaction", "ledger_entry")


def damage(*statements: str, names: dict[str, object]) -> None:
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in TABLES:
        execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS ledger_floor")
    for statement in statements:
        execute(statement, names)


def broken(name: str) -> str | None:
    (finding,) = [finding for finding in verify() if finding.name == name]
    assert bool(finding.broken) == bool(finding.first)
    return finding.first


DAMAGES = {
    "every transaction sums to zero in each currency": (
        (transaction_row(), entries("%(new)s, %(house)s, 'COP', -1, NULL", "%(new)s, %(ana)s, 'COP', 3, 500003")),
        "transaction {new} COP sums to 2.00",
    ),
    "every transaction has the entries it announced": (
        (transaction_row(count=5), entries("%(new)s, %(house)s, 'COP', -1, NULL")),
        "transaction {new} announced 5 entries and has 1",
    ),
    "every entry belongs to a transaction and an account of its currency": (
        (entries("%(new)s, %(ana)s, 'COP', 1, 500001"),),
        "is an orphan",
    ),
    "every account's balance is the sum of its entries": (
        ("UPDATE ledger_account SET balance = 500001 WHERE id = %(ana)s",),
        "account {number} shows 500001.00, its entries sum to 500000.00",
    ),
    "every balance_after follows from the one before": (
        ("UPDATE ledger_entry SET balance_after = 7 WHERE account_id = %(ana)s",),
        "says 7.00 after, adding gives 500000.00",
    ),
    "no balance is or was under its floor": (
        ("UPDATE ledger_account SET floor = 600000 WHERE id = %(ana)s",),
        "account {number} stood at 499999.00, floor 600000.00",
    ),
    "all entries sum to zero in each currency": (
        ("UPDATE ledger_entry SET amount = 1 WHERE account_id = %(ana)s AND transaction_id = %(grant)s",),
        "COP sums to -499999.00",
    ),
    "every reversal is the opposite of what it reverses": (
        ("UPDATE ledger_transaction SET reverses_id = %(grant)s WHERE id <> %(grant)s AND id = %(second)s",),
        "transaction {second} does not undo {grant}",
    ),
}


def test_every_check_has_its_damage() -> None:
    assert set(DAMAGES) == {check.name for check in CHECKS}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_named(name: str, books: Books) -> None:
    statements, told = DAMAGES[name]
    posted = post(
        Posting(
            kind="TEST",
            legs=[Leg(books.ana, Decimal(-1)), Leg(books.beto, Decimal(1))],
            event="ledger.reversed",
            payload={"transaction_id": None, "reverses": None, "reason": None},
        ),
        actor_id=None,
    )
    reverse(posted.id, reason="test", actor_id=None)
    number = Account.objects.get(pk=books.ana).number
    names = {**books.names(), "second": posted.id, "number": number}
    assert broken(name) is None
    damage(*statements, names=names)
    found = broken(name)
    assert found is not None
    assert told.format(**names) in found


def test_a_finding_counts_what_was_checked_and_what_is_broken(books: Books) -> None:
    damage("UPDATE ledger_account SET balance = 1 WHERE id IN (%(ana)s, %(beto)s)", names=books.names())
    (finding,) = [
        finding for finding in verify() if finding.name == "every account's balance is the sum of its entries"
    ]
    assert (finding.checked, finding.broken) == (3, 2)
    assert finding.as_dict()["broken"] == 2


@pytest.mark.usefixtures("real_commits")
def test_all_checks_see_one_snapshot_while_money_moves(books: Books) -> None:
    """Between the two checks another session commits a row; the second check does not see it."""
    count = Check("count", "SELECT count(*) FROM ledger_transaction", "SELECT 'x' WHERE false")
    findings = verify((count, count))
    first = next(findings)
    with closing(other_session()) as session:
        session.cursor().execute(
            """SELECT ledger_post(%(new)s, 'TEST', ARRAY[%(ana)s, %(beto)s], ARRAY[-1, 1],
                                  %(other)s, 'x', 1, NULL, '{}', '{}')""",
            books.names(),
        )
        session.commit()
    assert [first.checked, *(finding.checked for finding in findings)] == [3, 3]
    assert next(verify((count,))).checked == 4


@pytest.mark.usefixtures("real_commits")
def test_verifying_writes_nothing_and_leaves_the_connection_as_it_was(books: Books) -> None:
    writer = Check("writer", "SELECT ledger_house_account('sneaky', 'COP')", "SELECT 'x' WHERE false")
    with pytest.raises(Exception, match="read-only transaction"):
        list(verify((writer,)))
    execute("SELECT ledger_house_account('honest', 'COP')")
