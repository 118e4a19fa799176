"""`manage.py verify`: what it says, how it ends, and the damage it finds in the funds' own tables."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from core.ids import uuid7
from funds import services
from funds.verify import CHECKS

TABLES = ("funds_subscription", "funds_movement", "funds_position", "ledger_account", "ledger_entry")

DAMAGES = {
    "every position holds what its active subscriptions add up to": (
        "UPDATE funds_subscription SET amount = 1 WHERE id = '{held}'",
        "position of client {ana} in fund 2 holds 125000.00, its subscriptions add up to 1",
    ),
    "every movement is the entry that the books have for it": (
        "UPDATE funds_movement SET amount = 1 WHERE transaction_id = '{held}'",
        "movement {held} of 1.00 is not what was posted",
    ),
    "every subscription and cancellation has its movement": (
        "DELETE FROM funds_movement WHERE type = 'CANCELLATION'",
        "subscription {returned} lacks its CANCELLATION",
    ),
    "every movement belongs to a subscription": (
        "DELETE FROM funds_subscription WHERE id = '{held}'",
        "movement {held} belongs to no subscription",
    ),
}


@pytest.fixture
def names(cast: Any) -> dict[str, uuid.UUID]:
    """Ana holds one subscription and has had another one back."""
    asked = {"client_id": cast.ana.pk, "actor_id": cast.ana.user_id}
    held = services.subscribe(fund_id=2, amount=Decimal(125000), **asked).transaction_id
    returned = services.subscribe(fund_id=3, amount=Decimal(50000), **asked).transaction_id
    services.cancel(subscription_id=returned, **asked)
    return {"ana": cast.ana.pk, "held": held, "returned": returned}


def damage(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(sql)


def verify(*arguments: str) -> tuple[int, str]:
    """The command's exit code and what it printed."""
    out = StringIO()
    try:
        call_command("verify", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_sound_books_are_said_to_be_sound(names: dict[str, uuid.UUID]) -> None:
    code, said = verify()
    assert code == 0
    assert "BROKEN" not in said
    assert "ok      every movement belongs to a subscription: 3 checked" in said


def test_sound_books_in_json(names: dict[str, uuid.UUID]) -> None:
    code, said = verify("--json")
    report = json.loads(said)
    assert (code, report["ok"]) == (0, True)
    assert {"name": "every movement belongs to a subscription", "checked": 3, "broken": 0, "first": None} in report[
        "checks"
    ]
    assert len(report["checks"]) == 17


def test_every_check_has_its_damage() -> None:
    assert set(DAMAGES) == {check.name for check in CHECKS}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_named_and_ends_in_1(name: str, names: dict[str, uuid.UUID]) -> None:
    sql, told = DAMAGES[name]
    damage(sql.format(**names))
    code, said = verify()
    assert code == 1
    assert f"BROKEN  {name}: 1 of " in said
    assert told.format(**names) in said
    code, said = verify("--json")
    report = json.loads(said)
    (check,) = [check for check in report["checks"] if check["name"] == name]
    assert (code, report["ok"], check["broken"]) == (1, False, 1)
    assert told.format(**names) in check["first"]


def test_a_movement_without_a_position_is_found(names: dict[str, uuid.UUID]) -> None:
    damage("DELETE FROM funds_position WHERE fund_id = 2")
    assert verify()[0] == 1


def test_damage_in_the_books_is_found_too(names: dict[str, uuid.UUID]) -> None:
    damage("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'cash'")
    code, said = verify()
    assert code == 1
    assert "BROKEN  every account's balance is the sum of its entries: 3 of " in said


def test_unknown_ids_in_the_damage_would_prove_nothing(names: dict[str, uuid.UUID]) -> None:
    damage(f"DELETE FROM funds_movement WHERE transaction_id = '{uuid7()}'")
    assert verify()[0] == 0
