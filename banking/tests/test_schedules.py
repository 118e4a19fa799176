"""Transfers to come: ordered by the API, made by `manage.py run_due`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Client
from banking.models import ScheduledRun, ScheduledTransfer, Transfer
from banking.queries.schedules import Schedule
from banking.services.due import run_due
from banking.services.schedules import StartsInThePast, pause_schedule, resume_schedule, schedule_transfer
from banking.tests.people import START, assert_sound, balance, cash, give, opened, send
from conftest import Cast
from core.periods import today_in, zone_of
from events.models import Event
from ledger import services as ledger
from ledger.models import Account
from tests.api import Api, books, refused

FIRST = date(2027, 1, 31)
ORDERED_AT = datetime(2027, 1, 15, 12, tzinfo=UTC)


def order(giver: Client, target: str, **changes: Any) -> Schedule:
    wanted = {
        "source": cash(giver),
        "target": target,
        "amount": Decimal(100_000),
        "frequency": "monthly",
        "starts_on": FIRST,
        "now": ORDERED_AT,
        **changes,
    }
    return schedule_transfer(client_id=giver.pk, actor_id=giver.user_id, **wanted)


def runs(schedule: Schedule) -> list[tuple[str, str, str]]:
    rows = ScheduledRun.objects.filter(schedule_id=schedule.id).order_by("due_on")
    return [(row.due_on.isoformat(), row.outcome, row.reason) for row in rows]


def body(cast: Cast, **changes: object) -> dict[str, object]:
    wanted = {"source": cash(cast.ana), "target": cash(cast.beto), "amount": 1, "frequency": "weekly"}
    return {**wanted, "starts_on": str(today_in(zone_of("America/Bogota"), timezone.now())), **changes}


# --- ordering ---


def test_a_transfer_is_ordered_seen_paused_resumed_and_cancelled(cast: Cast) -> None:
    api = Api(cast.ana.user)
    today = str(body(cast)["starts_on"])
    response = api.post("scheduled-transfers", body(cast, memo="Mesada"), Idempotency_Key="k")
    ordered = response.json()
    assert response.status_code == 201
    assert ordered == {
        "id": ordered["id"],
        "source": cash(cast.ana),
        "target": cash(cast.beto),
        "counterparty": "B*** R***",
        "amount": "1.00",
        "currency": "COP",
        "memo": "Mesada",
        "frequency": "weekly",
        "starts_on": today,
        "ends_on": None,
        "next_due": today,
        "state": "active",
        "created_at": ordered["created_at"],
    }
    event = Event.objects.latest("seq")
    assert (event.name, event.payload) == (
        "banking.transfer_scheduled",
        {
            "schedule_id": ordered["id"],
            "client_id": str(cast.ana.pk),
            "amount": "1.00",
            "currency": "COP",
            "account": f"...{cash(cast.ana)[-4:]}",
            "counterparty_account": f"...{cash(cast.beto)[-4:]}",
            "frequency": "weekly",
            "starts_on": today,
            "ends_on": None,
        },
    )
    before = books()
    again = api.post("scheduled-transfers", body(cast, memo="Mesada"), Idempotency_Key="k")
    assert (again.status_code, again.json()) == (201, ordered)
    assert (response.headers.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert books() == before
    path = f"scheduled-transfers/{ordered['id']}"
    assert api.get(path).json() == {**ordered, "runs": []}
    assert api.get("scheduled-transfers").json() == [ordered]
    assert api.post(f"{path}/pause").json() == {**ordered, "state": "paused"}
    assert api.post(f"{path}/resume").json() == ordered
    assert api.browser.delete(f"/api/v1/{path}", headers=api.headers).status_code == 204
    assert api.get(path).json()["state"] == "cancelled"
    before = books()
    for action in ("pause", "resume"):
        refused(api.post(f"{path}/{action}"), 409, "scheduled_transfer_over")
    refused(api.browser.delete(f"/api/v1/{path}", headers=api.headers), 409, "scheduled_transfer_over")
    assert books() == before


def test_what_another_client_ordered_is_not_there(cast: Cast) -> None:
    ordered = order(cast.ana, cash(cast.beto))
    api, path = Api(cast.beto.user), f"scheduled-transfers/{ordered.id}"
    before = books()
    refused(api.get(path), 404, "scheduled_transfer_not_found")
    for action in ("pause", "resume"):
        refused(api.post(f"{path}/{action}"), 404, "scheduled_transfer_not_found")
    refused(api.browser.delete(f"/api/v1/{path}", headers=api.headers), 404, "scheduled_transfer_not_found")
    assert api.get("scheduled-transfers").json() == []
    assert books() == before


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"starts_on": "2020-01-01"}, 400, "starts_in_the_past"),
        ({"starts_on": "9999-12-31"}, 400, "starts_in_the_past"),
        ({"starts_on": "2027-02-30"}, 400, "invalid"),
        ({"ends_on": "2020-01-01"}, 400, "ends_before_start"),
        ({"frequency": "daily"}, 400, "invalid_choice"),
        ({"amount": 0}, 400, "invalid_amount"),
        ({"amount": "0.001"}, 400, "invalid_amount"),
        ({"target": "source"}, 400, "same_account"),
        ({"target": "dollars"}, 400, "currency_mismatch"),
        ({"target": "closed"}, 409, "account_not_open"),
        ({"source": "shut"}, 409, "account_not_open"),
        ({"target": "1234567890"}, 400, "invalid_account_number"),
        ({"target": "9999999999"}, 404, "account_not_found"),
        ({"source": "beto"}, 404, "source_not_found"),
        ({"memo": "x" * 101}, 400, "invalid_memo"),
    ],
)
def test_what_could_never_be_made_is_not_ordered(cast: Cast, change: dict[str, Any], status: int, code: str) -> None:
    named = {
        "source": cash(cast.ana),
        "beto": cash(cast.beto),
        "dollars": opened(cast.beto, "USD"),
        "closed": opened(cast.beto),
        "shut": opened(cast.ana),
    }
    for number in (named["closed"], named["shut"]):
        ledger.close(Account.objects.get(number=number).pk)
    api = Api(cast.ana.user)
    before = books()
    change = {name: named.get(str(value), value) for name, value in change.items()}
    refused(api.post("scheduled-transfers", body(cast, **change)), status, code)
    assert books() == before


def test_ordering_is_counted_with_the_previews_for_each_tells_a_name(cast: Cast, settings: Settings) -> None:
    settings.TRANSFER_PREVIEWS_PER_ADDRESS = "2/m"
    api = Api(cast.ana.user)
    once = {"source": cash(cast.ana), "target": cash(cast.beto), "amount": 1}
    assert api.post("transfers/preview", once).status_code == 200
    assert api.post("scheduled-transfers", body(cast)).status_code == 201
    before = books()
    refused(api.post("scheduled-transfers", body(cast)), 429, "too_many_requests")
    assert books() == before


def test_today_is_the_clients_own(cast: Cast) -> None:
    """At noon in Bogotá on the 30th it is the 31st in Kiritimati."""
    now = datetime(2027, 1, 30, 17, tzinfo=UTC)
    assert order(cast.ana, cash(cast.beto), starts_on=date(2027, 1, 30), now=now).next_due == date(2027, 1, 30)
    Client.objects.filter(pk=cast.ana.pk).update(time_zone="Pacific/Kiritimati")
    with pytest.raises(StartsInThePast):
        order(cast.ana, cash(cast.beto), starts_on=date(2027, 1, 30), now=now)
    ordered = order(cast.ana, cash(cast.beto), starts_on=FIRST, now=now)
    run_due(now=datetime(2027, 1, 30, 9, 59, 59, tzinfo=UTC))
    assert runs(ordered) == []
    assert run_due(now=datetime(2027, 1, 30, 10, tzinfo=UTC)).made == 1
    assert runs(ordered) == [("2027-01-31", "made", "")]


# --- running ---


def test_each_date_is_paid_once_however_often_it_is_run(cast: Cast) -> None:
    ordered = order(cast.ana, cash(cast.beto))
    assert run_due(today=FIRST - timedelta(days=1)).as_dict() == {"made": 0, "skipped": 0, "failed": 0}
    assert run_due(today=FIRST).made == 1
    before = books()
    assert run_due(today=FIRST).as_dict() == {"made": 0, "skipped": 0, "failed": 0}
    assert books() == before
    assert (balance(cash(cast.ana)), balance(cash(cast.beto))) == (START - 100_000, START + 100_000)
    seen = Api(cast.ana.user).get(f"scheduled-transfers/{ordered.id}").json()
    assert (seen["state"], seen["next_due"]) == ("active", "2027-02-28")
    (run,) = seen["runs"]
    assert (run["due_on"], run["outcome"], run["reason"]) == ("2027-01-31", "made", None)
    assert run["transaction_id"] == str(Transfer.objects.get().transaction_id)
    assert_sound()


def test_dates_missed_while_nobody_ran_it_are_made_up_for_in_order(cast: Cast) -> None:
    monthly = order(cast.ana, cash(cast.beto), ends_on=date(2027, 3, 31))
    weekly = order(cast.ana, cash(cast.stranger), frequency="weekly", starts_on=date(2027, 2, 25), amount=Decimal(3))
    once = order(cast.ana, opened(cast.ana), frequency="once", starts_on=date(2027, 3, 1), amount=Decimal(1))
    assert run_due(today=date(2027, 4, 1)).as_dict() == {"made": 10, "skipped": 0, "failed": 0}
    assert runs(monthly) == [(day, "made", "") for day in ("2027-01-31", "2027-02-28", "2027-03-31")]
    assert len(runs(weekly)) == 6
    assert runs(once) == [("2027-03-01", "made", "")]
    made = ScheduledRun.objects.order_by("transaction__recorded_at").values_list("due_on", flat=True)
    assert list(made) == sorted(made)
    states = dict(ScheduledTransfer.objects.values_list("id", "state"))
    assert (states[monthly.id], states[weekly.id], states[once.id]) == ("finished", "active", "finished")
    assert_sound()


def test_a_date_without_money_is_skipped_and_told_and_the_next_one_is_tried(cast: Cast) -> None:
    ordered = order(cast.ana, cash(cast.beto), amount=Decimal(300_000))
    other = order(cast.stranger, cash(cast.beto))
    assert run_due(today=date(2027, 3, 1)).as_dict() == {"made": 3, "skipped": 1, "failed": 0}
    assert runs(ordered) == [("2027-01-31", "made", ""), ("2027-02-28", "skipped", "insufficient_funds")]
    assert len(runs(other)) == 2
    event = Event.objects.get(name="banking.scheduled_transfer_skipped")
    assert event.payload == {
        "schedule_id": str(ordered.id),
        "client_id": str(cast.ana.pk),
        "amount": "300000.00",
        "currency": "COP",
        "account": f"...{cash(cast.ana)[-4:]}",
        "counterparty_account": f"...{cash(cast.beto)[-4:]}",
        "due_on": "2027-02-28",
        "reason": "insufficient_funds",
    }
    give(cash(cast.ana), 100_000)
    assert run_due(today=date(2027, 3, 1)).made == 0  # what was skipped stays skipped
    assert run_due(today=FIRST.replace(month=3)).made == 2
    assert balance(cash(cast.ana)) == 0
    assert_sound()


def test_what_stands_in_the_way_is_the_reason(cast: Cast, settings: Settings) -> None:
    settings.DAILY_TRANSFER_LIMIT = {"COP": 150_000}
    frozen = order(cast.beto, cash(cast.ana), starts_on=FIRST)
    first, over = (order(cast.ana, cash(cast.beto), starts_on=FIRST) for _ in range(2))
    ledger.freeze(cash(cast.beto), reason="orden judicial", credits_allowed=True, actor_id=None)
    assert run_due(today=FIRST).as_dict() == {"made": 1, "skipped": 2, "failed": 0}
    assert runs(frozen)[0][2] == "account_not_open"
    assert sorted([runs(first)[0][2], runs(over)[0][2]]) == ["", "daily_limit_exceeded"]


def test_dates_of_a_pause_are_not_made_up_for(cast: Cast) -> None:
    ordered = order(cast.ana, cash(cast.beto))
    asked = {"client_id": cast.ana.pk, "schedule_id": ordered.id, "actor_id": cast.ana.user_id}
    pause_schedule(**asked)
    assert run_due(today=date(2027, 4, 15)).made == 0
    resumed = resume_schedule(**asked, now=datetime(2027, 4, 15, 12, tzinfo=UTC))
    assert resumed.next_due == date(2027, 4, 30)
    last = order(cast.ana, cash(cast.beto), frequency="once")
    asked["schedule_id"] = last.id
    pause_schedule(**asked)
    over = resume_schedule(**asked, now=datetime(2027, 4, 15, 12, tzinfo=UTC))
    assert (over.state, over.next_due) == ("finished", None)


def test_no_request_can_take_the_key_of_a_date(cast: Cast) -> None:
    ordered = order(cast.ana, cash(cast.beto))
    response = Api(cast.ana.user).post(
        "transfers",
        {"source": cash(cast.ana), "target": cash(cast.beto), "amount": 100_000},
        Idempotency_Key=f"schedule {ordered.id} {FIRST}",
    )
    refused(response, 400, "invalid_idempotency_key")
    assert run_due(today=FIRST).made == 1


def test_a_date_that_broke_halfway_is_tried_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's row is refused by the database: the transfer goes with it, the others do not."""
    broken, fine = order(cast.ana, cash(cast.beto)), order(cast.stranger, cash(cast.beto))
    create = ScheduledRun.objects.create

    def refuse(**row: Any) -> ScheduledRun:
        return create(**{**row, "outcome": "nothing"} if row["schedule"].pk == broken.id else row)

    with monkeypatch.context() as patched:
        patched.setattr(ScheduledRun.objects, "create", refuse)
        assert run_due(today=FIRST).as_dict() == {"made": 1, "skipped": 0, "failed": 1}
    assert (runs(broken), len(runs(fine)), balance(cash(cast.ana))) == ([], 1, START)
    assert run_due(today=FIRST).as_dict() == {"made": 1, "skipped": 0, "failed": 0}
    assert balance(cash(cast.ana)) == START - 100_000
    assert_sound()


def test_the_command_says_what_it_did(cast: Cast) -> None:
    order(cast.ana, cash(cast.beto))
    send(cast.stranger, cash(cast.stranger), cash(cast.beto), 500_000)
    order(cast.stranger, cash(cast.beto))
    out = StringIO()
    call_command("run_due", "--date", "2027-01-31", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"made": 1, "skipped": 1, "failed": 0}
    out = StringIO()
    call_command("run_due", stdout=out)
    assert out.getvalue() == "made: 0, skipped: 0, failed: 0\n"
    with pytest.raises(CommandError, match="not a date"):
        call_command("run_due", "--date", "31/01/2027")


def test_so_many_transfers_to_come_and_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("banking.services.schedules.LISTED_AT_MOST", 1)
    api = Api(cast.ana.user)
    assert api.post("scheduled-transfers", body(cast)).status_code == 201
    before = books()
    refused(api.post("scheduled-transfers", body(cast)), 409, "too_many_scheduled_transfers")
    assert books() == before
