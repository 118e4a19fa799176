"""`manage.py verify`: the damage that it finds in the tables of banking."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from banking.services.due import run_due
from banking.services.schedules import schedule_transfer
from banking.tests.people import cash, opened, send
from banking.verify import CHECKS
from conftest import Cast

TABLES = ("banking_transfer", "banking_scheduledrun", "banking_scheduledtransfer", "accounts_client")
DAMAGES = {
    "every transfer is the two entries that the books have for it": (
        "UPDATE banking_transfer SET amount = 2 WHERE transaction_id = '{sent}'",
        "transfer {sent} of 2.00 is not what was posted",
    ),
    "every transfer is between accounts of those it names": (
        "UPDATE banking_transfer SET receiver_id = '{stranger}' WHERE transaction_id = '{sent}'",
        "transfer {sent} names others than the holders of its accounts",
    ),
    "every transfer in the books has its row": (
        "DELETE FROM banking_transfer WHERE transaction_id = '{sent}'",
        "transaction {sent} is a transfer without its row",
    ),
    "every scheduled date that was paid is the transfer that was ordered": (
        "UPDATE banking_scheduledrun SET transaction_id = '{sent}'",
        "date 2027-01-31 of schedule {ordered} was paid otherwise",
    ),
    "every client's default account is their own, in pesos and not closed": (
        "UPDATE accounts_client SET cash_account_id = (SELECT id FROM ledger_account WHERE number = '{dollars}')"
        " WHERE id = '{ana}'",
        "client {ana} has account {dollars} as default",
    ),
}


@pytest.fixture
def names(cast: Cast) -> dict[str, object]:
    ordered = schedule_transfer(
        client_id=cast.ana.pk,
        source=cash(cast.ana),
        target=cash(cast.beto),
        amount=Decimal(1000),
        frequency="once",
        starts_on=date(2027, 1, 31),
        actor_id=cast.ana.user_id,
        now=datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert run_due(today=date(2027, 1, 31)).made == 1
    sent = send(cast.ana, cash(cast.ana), cash(cast.beto), 1).transaction_id
    return {
        "ana": cast.ana.pk,
        "stranger": cast.stranger.pk,
        "dollars": opened(cast.ana, "USD"),
        "sent": sent,
        "ordered": ordered.id,
    }


def verify() -> dict[str, str | None]:
    """Each check that found something, with the first thing found."""
    out = StringIO()
    with suppress(SystemExit):
        call_command("verify", "--json", stdout=out)
    return {one["name"]: one["first"] for one in json.loads(out.getvalue())["checks"] if one["broken"]}


def test_sound_books_pass(names: dict[str, object]) -> None:
    assert verify() == {}


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_each_check_finds_its_damage(names: dict[str, object], name: str) -> None:
    sql, first = DAMAGES[name]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(sql.format(**names))
    assert verify()[name] == first.format(**names)
