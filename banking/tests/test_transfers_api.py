"""Transfers by the API: what happens, what is said to whom, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Client
from banking.models import Transfer
from banking.tests.people import START, assert_sound, balance, cash, give, opened, send
from conftest import Cast
from core.clock import recording_at
from core.tests.snapshots import snapshot
from events.models import Event
from ledger import services as ledger
from ledger.models import AccountState
from tests.api import Api, books, refused


def call(cast: Cast, **changes: object) -> dict[str, object]:
    return {"source": cash(cast.ana), "target": cash(cast.beto), "amount": 50000, "memo": "Arriendo", **changes}


def test_a_transfer_moves_money_and_tells_each_party_its_own_story(cast: Cast) -> None:
    ana, beto = Api(cast.ana.user), Api(cast.beto.user)
    response = ana.post("transfers", call(cast), Idempotency_Key="k", X_Request_ID="request-0001")
    made = response.json()
    assert response.status_code == 201
    assert made == {
        "id": made["id"],
        "transaction_id": made["id"],
        "direction": "sent",
        "amount": "50000.00",
        "currency": "COP",
        "memo": "Arriendo",
        "source": cash(cast.ana),
        "target": cash(cast.beto),
        "counterparty": "B*** R***",
        "balance_after": "450000.00",
        "created_at": made["created_at"],
        "reversed_by": None,
        "reversed_at": None,
    }
    assert (balance(cash(cast.ana)), balance(cash(cast.beto))) == (START - 50000, START + 50000)
    assert ana.get(f"transfers/{made['id']}").json() == made
    received = beto.get(f"transfers/{made['id']}").json()
    assert received == {
        **made,
        "direction": "received",
        "source": f"...{cash(cast.ana)[-4:]}",
        "counterparty": "A** G****",
        "balance_after": "550000.00",
    }
    refused(Api(cast.stranger.user).get(f"transfers/{made['id']}"), 404, "transfer_not_found")
    assert_sound()


def test_each_party_has_an_event_without_the_others_number_or_name(cast: Cast) -> None:
    before = Event.objects.latest("seq").seq
    made = Api(cast.ana.user).post("transfers", call(cast), X_Request_ID="request-0001").json()
    sent, received = Event.objects.filter(seq__gt=before, name__startswith="banking.").order_by("seq")
    common = {"transaction_id": made["id"], "amount": "50000.00", "currency": "COP", "correlation_id": made["id"]}
    ends = f"...{cash(cast.ana)[-4:]}", f"...{cash(cast.beto)[-4:]}"
    assert (sent.name, sent.payload) == (
        "banking.transfer_sent",
        {
            **common,
            "client_id": str(cast.ana.pk),
            "account": ends[0],
            "counterparty_account": ends[1],
            "counterparty": "B*** R***",
        },
    )
    assert (received.name, received.payload) == (
        "banking.transfer_received",
        {
            **common,
            "client_id": str(cast.beto.pk),
            "account": ends[1],
            "counterparty_account": ends[0],
            "counterparty": "A** G****",
        },
    )
    assert sent.actor_id == received.actor_id == cast.ana.user_id
    assert sent.recorded_at == received.recorded_at
    assert sent.context["request_id"] == "request-0001"


def test_between_own_accounts_there_is_one_event_and_no_limit(cast: Cast, settings: Settings) -> None:
    settings.DAILY_TRANSFER_LIMIT = {"COP": 0}
    savings = opened(cast.ana, alias="Ahorros")
    before = Event.objects.latest("seq").seq
    api = Api(cast.ana.user)
    made = api.post("transfers", call(cast, target=savings)).json()
    assert (made["direction"], made["counterparty"], made["balance_after"]) == ("own", None, "450000.00")
    (event,) = Event.objects.filter(seq__gt=before, name__startswith="banking.")
    assert event.name == "banking.transfer_made"
    assert balance(savings) == 50000
    assert [row["direction"] for row in api.get("transfers").json()["results"]] == ["own"]
    assert_sound()


def test_a_preview_shows_what_would_happen_and_nothing_happens(cast: Cast) -> None:
    api = Api(cast.ana.user)
    before = books()
    target = f" {cash(cast.beto)[:4]} {cash(cast.beto)[4:7]}-{cash(cast.beto)[7:]} "
    response = api.post("transfers/preview", call(cast, target=target, amount="50000.5"))
    assert response.status_code == 200
    assert response.json() == {
        "direction": "sent",
        "amount": "50000.50",
        "currency": "COP",
        "memo": "Arriendo",
        "source": cash(cast.ana),
        "target": cash(cast.beto),
        "counterparty": "B*** R***",
        "balance_after": "449999.50",
    }
    assert books() == before


def test_previews_are_counted_per_address_for_each_tells_a_name(cast: Cast, settings: Settings) -> None:
    settings.TRANSFER_PREVIEWS_PER_ADDRESS = "2/m"
    api = Api(cast.ana.user)
    for _ in range(2):
        assert api.post("transfers/preview", call(cast)).status_code == 200
    refused(api.post("transfers/preview", call(cast)), 429, "too_many_requests")


def test_attempts_at_a_transfer_are_counted_for_each_tells_that_an_account_exists(
    cast: Cast, settings: Settings
) -> None:
    settings.TRANSFERS_PER_ADDRESS = "2/m"
    api = Api(cast.ana.user)
    for _ in range(2):
        refused(api.post("transfers", call(cast, amount="99999999.00")), 400, "daily_limit_exceeded")
    before = books()
    refused(api.post("transfers", call(cast)), 429, "too_many_requests")
    assert books() == before


def _wrong(number: str) -> str:
    """The same with its last digit another."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)


@pytest.mark.parametrize("path", ["transfers", "transfers/preview"])
@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"amount": 0}, 400, "invalid_amount", "amount"),
        ({"amount": -1}, 400, "invalid_amount", "amount"),
        ({"amount": "1.001"}, 400, "invalid_amount", "amount"),
        ({"amount": "1_000"}, 400, "invalid_amount", "amount"),
        ({"amount": "500000.01"}, 400, "insufficient_funds", "amount"),
        ({"amount": 99999999999999999}, 400, "daily_limit_exceeded", "amount"),
        ({"target": "source"}, 400, "same_account", "target"),
        ({"target": "dollars"}, 400, "currency_mismatch", "target"),
        ({"target": "wrong"}, 400, "invalid_account_number", "target"),
        ({"target": "123"}, 400, "invalid_account_number", "target"),
        ({"target": "٠٠٠٠٠٠٠٠١٨"}, 400, "invalid_account_number", "target"),
        ({"target": "9999999999"}, 404, "account_not_found", "target"),
        ({"target": "opening-grants:COP"}, 400, "invalid_account_number", "target"),
        ({"source": "beto"}, 404, "source_not_found", "source"),
        ({"source": "9999999999"}, 404, "source_not_found", "source"),
        ({"source": "x"}, 404, "source_not_found", "source"),
        ({"memo": "x" * 101}, 400, "invalid_memo", "memo"),
        ({"memo": "a\u202eb"}, 400, "invalid_memo", "memo"),
    ],
)
def test_what_cannot_be_is_refused_by_its_own_code_and_changes_nothing(
    cast: Cast, path: str, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    named = {
        "source": cash(cast.ana),
        "beto": cash(cast.beto),
        "dollars": opened(cast.beto, "USD"),
        "wrong": _wrong(cash(cast.beto)),
    }
    change = {name: named.get(value, value) if isinstance(value, str) else value for name, value in change.items()}
    api = Api(cast.ana.user)
    before = books()
    body = refused(api.post(path, call(cast, **change), Idempotency_Key="k"), status, code)
    assert list(body.get("errors", {})) == [field]
    assert books() == before


@pytest.mark.parametrize(
    "body", [{}, {"source": "x"}, {"amount": None}, {"target": []}, {"source": {}, "memo": 5}, {"target": "\x00"}]
)
def test_what_is_no_transfer_is_refused(cast: Cast, body: dict[str, object]) -> None:
    api = Api(cast.ana.user)
    before = books()
    assert api.post("transfers", body).status_code == 400
    assert books() == before


@pytest.mark.parametrize("state", [AccountState.FROZEN, AccountState.CLOSED])
@pytest.mark.parametrize("side", ["source", "target"])
def test_an_account_that_is_not_open_is_refused_and_named(cast: Cast, side: str, state: AccountState) -> None:
    number = opened(cast.ana if side == "source" else cast.beto)
    account = ledger.Account.objects.get(number=number)
    if state == AccountState.FROZEN:
        ledger.freeze(number, reason="orden judicial", actor_id=None)
    else:
        ledger.close(account.pk)
    api = Api(cast.ana.user)
    before = books()
    body = refused(api.post("transfers", call(cast, **{side: number}), Idempotency_Key="k"), 409, "account_not_open")
    assert number in body["detail"]
    assert list(body["errors"]) == [side]
    assert books() == before


def test_an_account_frozen_but_for_credits_receives_and_does_not_send(cast: Cast) -> None:
    ledger.freeze(cash(cast.beto), reason="orden judicial", credits_allowed=True, actor_id=None)
    assert Api(cast.ana.user).post("transfers", call(cast)).status_code == 201
    back = call(cast, source=cash(cast.beto), target=cash(cast.ana), amount=1)
    refused(Api(cast.beto.user).post("transfers", back), 409, "account_not_open")
    assert balance(cash(cast.beto)) == START + 50000
    assert_sound()


def test_money_is_not_sent_to_a_position_in_a_fund(cast: Cast) -> None:
    Api(cast.beto.user).subscribe()
    position = ledger.Account.objects.get(kind="position").number
    refused(Api(cast.ana.user).post("transfers", call(cast, target=position)), 404, "account_not_found")


def test_an_inactive_client_receives_nothing(cast: Cast) -> None:
    empty = opened(cast.beto)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_client SET is_active = false, deactivated_at = now() WHERE id = %s", [cast.beto.pk]
        )
    api = Api(cast.ana.user)
    before = books()
    refused(api.post("transfers", call(cast, target=empty)), 409, "account_not_open")
    assert books() == before


def test_whoever_is_no_client_has_no_transfers(cast: Cast) -> None:
    for path in ("transfers", "transfers/preview", "scheduled-transfers"):
        refused(Api(cast.admin).post(path, call(cast)), 403, "not_a_client")
        refused(Api().post(path, call(cast)), 401, "not_authenticated")


# --- retries ---


def test_a_retry_answers_again_and_moves_nothing(cast: Cast) -> None:
    api = Api(cast.ana.user)
    first = api.post("transfers", call(cast), Idempotency_Key="k")
    before = books()
    again = api.post("transfers", call(cast, amount="50000.00"), Idempotency_Key="k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert (first.headers.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    refused(api.post("transfers", call(cast, amount=1), Idempotency_Key="k"), 422, "idempotency_key_reused")
    assert books() == before


def test_a_refused_key_may_be_used_again(cast: Cast) -> None:
    api = Api(cast.ana.user)
    refused(api.post("transfers", call(cast, amount=500001), Idempotency_Key="k"), 400, "insufficient_funds")
    assert api.post("transfers", call(cast), Idempotency_Key="k").status_code == 201


# --- the day's limit ---


def test_over_the_days_limit_nothing_goes_to_others(cast: Cast, settings: Settings) -> None:
    settings.DAILY_TRANSFER_LIMIT = {"COP": 100_000}
    api, own = Api(cast.ana.user), opened(cast.ana)
    assert api.post("transfers", call(cast, target=own, amount=100_000)).status_code == 201
    assert api.post("transfers", call(cast, amount=60_000)).status_code == 201
    before = books()
    body = refused(api.post("transfers", call(cast, amount="40000.01")), 400, "daily_limit_exceeded")
    assert "100.000,00" in body["detail"]
    assert "40.000,00" in body["detail"]
    assert books() == before
    assert api.post("transfers", call(cast, amount=40_000)).status_code == 201
    assert api.post("transfers", call(cast, target=own, amount=100_000)).status_code == 201
    refused(api.post("transfers", call(cast, amount="0.01")), 400, "daily_limit_exceeded")
    # What was received, and what others send, has nothing to do with it.
    assert (
        Api(cast.beto.user)
        .post("transfers", call(cast, source=cash(cast.beto), target=cash(cast.ana), amount=100_000))
        .status_code
        == 201
    )


def test_each_currency_has_a_limit_of_its_own(cast: Cast, settings: Settings) -> None:
    settings.DAILY_TRANSFER_LIMIT = {"COP": 100_000, "USD": 10}
    dollars, theirs = opened(cast.ana, "USD"), opened(cast.beto, "USD")
    give(dollars, 50)
    api = Api(cast.ana.user)
    assert api.post("transfers", call(cast, amount=100_000)).status_code == 201
    in_dollars = call(cast, source=dollars, target=theirs)
    assert api.post("transfers", {**in_dollars, "amount": 10}).status_code == 201
    refused(api.post("transfers", {**in_dollars, "amount": "0.01"}), 400, "daily_limit_exceeded")


def _recorded(transaction_id: object, when: str, zone: str) -> None:
    """As if a transfer had been made at another moment: an SQL expression over `midnight`, the zone's last."""
    midnight = "date_trunc('day', clock_timestamp() AT TIME ZONE %(zone)s) AT TIME ZONE %(zone)s"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE banking_transfer DISABLE TRIGGER banking_transfer_append_only")
        cursor.execute(
            f"UPDATE banking_transfer SET recorded_at = {midnight} + %(when)s::interval WHERE transaction_id = %(id)s",
            {"zone": zone, "when": when, "id": transaction_id},
        )
        cursor.execute("ALTER TABLE banking_transfer ENABLE TRIGGER banking_transfer_append_only")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _lives_in(client: Client, zone: str, *, since: str) -> None:
    """As if a client had chosen a time zone that long ago."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_client DISABLE TRIGGER accounts_time_zone_changed")
        cursor.execute(
            """UPDATE accounts_client SET time_zone = %s, time_zone_changed_at = clock_timestamp() - %s::interval
               WHERE id = %s""",
            [zone, since, client.pk],
        )
        cursor.execute("ALTER TABLE accounts_client ENABLE TRIGGER accounts_time_zone_changed")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_what_is_sent_while_the_books_are_ahead_of_the_clock_counts_today(cast: Cast, settings: Settings) -> None:
    """Beto got money by a clock that was put back since: what he gets is recorded after that, and so is who gives."""
    settings.DAILY_TRANSFER_LIMIT = {"COP": 100_000}
    with recording_at(timezone.now() + timedelta(days=2)):
        give(cash(cast.beto), 1)
    api = Api(cast.ana.user)
    assert api.post("transfers", call(cast, amount=100_000)).status_code == 201
    before = snapshot()
    refused(api.post("transfers", call(cast)), 400, "daily_limit_exceeded")
    assert snapshot() == before


@pytest.mark.parametrize("zone", ["America/Bogota", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(("when", "counts"), [("-1 microsecond", False), ("0", True)])
def test_a_day_begins_at_the_clients_own_midnight(
    cast: Cast, settings: Settings, zone: str, when: str, counts: bool
) -> None:
    settings.DAILY_TRANSFER_LIMIT = {"COP": 100_000}
    _lives_in(cast.ana, zone, since="3 days")
    made = send(cast.ana, cash(cast.ana), cash(cast.beto), 100_000)
    _recorded(made.transaction_id, when, zone)
    response = Api(cast.ana.user).post("transfers", call(cast))
    assert response.status_code == (400 if counts else 201)


@pytest.mark.parametrize(("since", "gained"), [("0", False), ("23 hours 59 minutes", False), ("24 hours", True)])
def test_moving_to_where_it_is_past_midnight_gains_no_second_day(
    cast: Cast, settings: Settings, since: str, gained: bool
) -> None:
    settings.DAILY_TRANSFER_LIMIT = {"COP": 100_000}
    made = send(cast.ana, cash(cast.ana), cash(cast.beto), 100_000)
    _lives_in(cast.ana, "Asia/Tokyo", since=since)
    _recorded(made.transaction_id, "-1 microsecond", "Asia/Tokyo")
    api = Api(cast.ana.user)
    before = books()
    response = api.post("transfers", call(cast))
    if gained:
        assert response.status_code == 201
    else:
        refused(response, 400, "daily_limit_exceeded")
        assert books() == before


def test_when_somebody_moved_is_not_for_programs_to_say(cast: Cast) -> None:
    client = cast.ana
    assert client.time_zone_changed_at is None
    type(client).objects.filter(pk=client.pk).update(time_zone="Asia/Tokyo")
    client.save()  # as it was read: back in Bogota, and never moved
    client.refresh_from_db()
    assert client.time_zone == "America/Bogota"
    assert client.time_zone_changed_at is not None


# --- history ---


def test_history_pages_through_both_sides_newest_first(cast: Cast) -> None:
    savings = opened(cast.ana)
    for _ in range(3):
        send(cast.ana, cash(cast.ana), cash(cast.beto), 1)
        send(cast.beto, cash(cast.beto), cash(cast.ana), 2)
        send(cast.ana, cash(cast.ana), savings, 3)
        send(cast.beto, cash(cast.beto), cash(cast.stranger), 4)
    api = Api(cast.ana.user)

    def listed(query: str) -> list[str]:
        rows, path = [], f"transfers?limit=2{query}"
        while path:
            answer = api.get(path).json()
            rows += [row["direction"] for row in answer["results"]]
            assert len(answer["results"]) <= 2
            path = answer["next"] and answer["next"].partition("/api/v1/")[2]
        return rows

    assert listed("") == listed("&direction=all") == ["own", "received", "sent"] * 3
    assert listed("&direction=sent") == ["own", "sent"] * 3
    assert listed("&direction=received") == ["own", "received"] * 3
    assert Api(cast.stranger.user).get("transfers").json()["results"][0]["counterparty"] == "B*** R***"


@pytest.mark.parametrize("query", ["direction=x", "limit=0", "limit=101", "cursor=x", "cursor=%00"])
def test_history_refuses_questions_it_does_not_understand(cast: Cast, query: str) -> None:
    assert Api(cast.ana.user).get(f"transfers?{query}").status_code == 400


def test_a_reversed_transfer_says_so_to_both(cast: Cast) -> None:
    made = Api(cast.ana.user).post("transfers", call(cast)).json()
    undone = ledger.reverse(Transfer.objects.get().transaction_id, reason="Cuenta equivocada", actor_id=None)
    for party in (cast.ana, cast.beto):
        seen = Api(party.user).get(f"transfers/{made['id']}").json()
        assert seen["reversed_by"] == str(undone.id)
        assert seen["reversed_at"]
        assert balance(cash(party)) == START
    assert_sound()
