"""Breaking the books from raw SQL, with every right but the one to change tables.

Each attack is refused and changes nothing; and each is seen to succeed once the guard it names is taken away, so none
of these tests passes for a reason of its own.
"""

from __future__ import annotations

import io
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction

from core.tests.snapshots import snapshot
from ledger.tests.attacks import ATTACKS, Attack, transaction_row
from ledger.tests.books import Books, commit_within_test, execute, value

NAMED_STEPS = {
    "drop transaction key": "ledger_entry:transaction_id",
    "drop account key": "ledger_entry:account_id",
    "drop reversal key": "ledger_transaction:reverses_id:u",
    "drop reversed key": "ledger_transaction:reverses_id",
}


def take_away(step: str) -> None:
    """Django names its keys with a digest, so they are looked up."""
    if step == "guards of the apps above off":
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
                   WHERE tgname ~ '_no_truncate$' AND tgname !~ '^(ledger|events)_'"""
            )
            tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    elif step in NAMED_STEPS:
        table, column, kind = (*NAMED_STEPS[step].split(":"), "f")[:3]
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT conname FROM pg_constraint c
                   JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1]
                   WHERE conrelid = %s::regclass AND contype = %s AND attname = %s AND cardinality(conkey) = 1""",
                [table, kind, column],
            )
            (name,) = cursor.fetchone()
        execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    else:
        execute(step)


def prepare(attack: Attack, books: Books) -> dict[str, object]:
    names = books.names()
    commit_within_test(*attack.setup, names=names)
    names["usd"] = value("SELECT id FROM ledger_account WHERE number = 'attack:USD'")
    names["other_house"] = value("SELECT id FROM ledger_account WHERE number = 'attack:COP'")
    return names


def by_name(attack: Attack) -> str:
    return attack.name


@pytest.mark.parametrize("attack", ATTACKS, ids=by_name)
def test_attack_is_refused_and_changes_nothing(attack: Attack, books: Books) -> None:
    names = prepare(attack, books)
    before = snapshot()
    with pytest.raises(DatabaseError):
        commit_within_test(*attack.steps, names=names)
    assert snapshot() == before


@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack.without], ids=by_name)
def test_attack_succeeds_without_its_guard(attack: Attack, books: Books) -> None:
    names = prepare(attack, books)
    before = snapshot()
    with transaction.atomic():
        for step in attack.without:
            take_away(step)
        commit_within_test(*attack.steps, names=names)
        assert attack.name.endswith("to the same") or snapshot() != before
        transaction.set_rollback(True)


COPIES = {
    "does not sum to zero": (
        "ledger_entry",
        "transaction_id, account_id, currency, amount, balance_after",
        "{grant},{beto},COP,1,500001\n",
    ),
    "nobody chooses the id": (
        "ledger_entry",
        "id, transaction_id, account_id, currency, amount, balance_after",
        "-2,{new},{house},COP,-1,\n-1,{new},{ana},COP,1,500001\n",
    ),
    "is born with money": (
        "ledger_account",
        "number, kind, holder_id, currency, balance, floor, state, opened_at",
        "mine,cash,{holder},COP,1000000,0,open,2026-01-01\n",
    ),
    "without its entries": (
        "ledger_transaction",
        "id, kind, correlation_id, entry_count, memo, recorded_at",
        'ffffffff-0000-0000-0000-000000000000,ATTACK,{new},2,"",2026-01-01\n',
    ),
}


@pytest.mark.parametrize("refusal", COPIES)
def test_copying_rows_in_passes_no_guard(refusal: str, books: Books) -> None:
    table, columns, lines = COPIES[refusal]
    names = books.names()
    before = snapshot()
    with pytest.raises((DatabaseError, psycopg2.Error), match=refusal):
        copy_beside_a_transaction(names, table, columns, lines)
    assert snapshot() == before


def copy_beside_a_transaction(names: dict[str, Any], table: str, columns: str, lines: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(transaction_row(), names)
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN CSV", io.StringIO(lines.format(**names)))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_whole_transaction_may_be_copied_in(books: Books) -> None:
    """The guards refuse what is wrong, not how it comes."""
    names = books.names()
    lines = "{new},{house},COP,-1,\n{new},{ana},COP,1,500001\n"
    copy_beside_a_transaction(
        names, "ledger_entry", "transaction_id, account_id, currency, amount, balance_after", lines
    )
    assert value("SELECT balance FROM ledger_account WHERE id = %(ana)s", names) == 500001


@pytest.mark.parametrize("amount", ["0.004", "0.005", "100.004", "100.009", "'NaN'", "NULL", "1e20"])
def test_the_door_takes_no_amount_that_is_not_money(amount: str, books: Books) -> None:
    before = snapshot()
    with pytest.raises(DatabaseError):
        commit_within_test(
            f"""SELECT ledger_post(%(new)s, 'GIFT', ARRAY[%(house)s, %(ana)s], ARRAY[-1 * {amount}::numeric, {amount}],
                                   %(other)s, 'x', 1, NULL, '{{}}', '{{}}')""",
            names=books.names(),
        )
    assert snapshot() == before


@pytest.mark.parametrize(
    "legs",
    [
        "ARRAY[%(ana)s, %(ana)s], ARRAY[-100, 100]",
        "ARRAY[%(house)s, %(ana)s, NULL], ARRAY[-100, 50, 50]",
        "ARRAY[%(house)s, %(ana)s], ARRAY[-100, 50, 50]",
        "ARRAY[%(house)s, %(ana)s], ARRAY[-100]",
        "ARRAY[%(house)s, 999999999], ARRAY[-100, 100]",
        "ARRAY[%(ana)s], ARRAY[100]",
        "ARRAY[]::bigint[], ARRAY[]::numeric[]",
        "NULL, NULL",
    ],
)
def test_the_door_takes_no_crooked_legs(legs: str, books: Books) -> None:
    before = snapshot()
    with pytest.raises(DatabaseError):
        commit_within_test(
            f"SELECT ledger_post(%(new)s, 'GIFT', {legs}, %(other)s, 'x', 1, NULL, '{{}}', '{{}}')", names=books.names()
        )
    assert snapshot() == before
