"""Moving money by the API: what happens, and what does not."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import Client
from conftest import Cast
from core.idempotency import IdempotencyKeyReused
from events.models import Event
from funds.models import Fund, Subscription
from ledger import services as ledger
from tests.api import Api, books, refused


def test_the_verbatim_calls_subscribe_and_cancel(cast: Cast) -> None:
    api = Api(cast.ana.user)
    response = api.post("subscriptions/2", {"amount": 125000})
    subscribed = response.json()
    assert response.status_code == 201
    assert "Idempotency-Replayed" not in response
    assert subscribed == {
        "id": subscribed["id"],
        "transaction_id": subscribed["id"],
        "type": "SUBSCRIPTION",
        "fund_id": 2,
        "fund_name": "FPV_BTG_PACTUAL_ECOPETROL",
        "amount": "125000.00",
        "currency": "COP",
        "balance_after": "375000.00",
        "correlation_id": subscribed["id"],
        "created_at": subscribed["created_at"],
    }
    response = api.post(f"subscriptions/{subscribed['id']}/cancel")
    cancelled = response.json()
    assert response.status_code == 200
    assert cancelled["type"] == "CANCELLATION"
    assert cancelled["id"] != subscribed["id"]
    assert cancelled["correlation_id"] == subscribed["correlation_id"]
    assert (cancelled["amount"], cancelled["balance_after"]) == ("125000.00", "500000.00")
    assert api.balance() == "500000.00"


def test_each_movement_leaves_its_event(cast: Cast) -> None:
    api = Api(cast.ana.user)
    subscribed = api.subscribe(X_Request_ID="request-0001").json()
    event = Event.objects.latest("seq")
    assert (event.name, event.actor_id) == ("funds.subscribed", cast.ana.user_id)
    assert event.context["request_id"] == "request-0001"
    api.cancel(subscribed["id"])
    event = Event.objects.latest("seq")
    assert (event.name, event.payload["correlation_id"]) == ("funds.cancelled", subscribed["id"])


def test_the_same_fund_may_be_subscribed_to_again(cast: Cast) -> None:
    api = Api(cast.ana.user)
    first, second = api.subscribe().json(), api.subscribe().json()
    assert {row["id"] for row in api.get("subscriptions").json()} == {first["id"], second["id"]}
    assert api.balance() == "250000.00"


@pytest.mark.parametrize("amount", [125000, 125000.5, "125000", "125000.50", 500000])
def test_amounts_come_as_numbers_or_text(cast: Cast, amount: object) -> None:
    response = Api(cast.ana.user).subscribe(amount=amount)
    assert response.json()["amount"] == f"{float(str(amount)):.2f}"


@pytest.mark.parametrize(
    "amount",
    [
        b"-125000",
        b"0",
        b"-0",
        b"0.00",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e309",
        b"1.25e5",
        b"1e99999999999999999999",
        b"125000.001",
        b'"125000.001"',
        b"1" * 40,
        b'"%s"' % (b"1" * 40),
        b"1" * 5000,
        b'"1_000"',
        '"١٢٥٠٠٠"'.encode(),
        '"１２５０００"'.encode(),
        b"true",
        b"false",
        b"null",
        b'"125.000"',
        b'"125,000"',
        b'"125.000,50"',
        b'" 125000"',
        b'"125000\\n"',
        b'"125000\\u0000"',
        b'"$ 125000"',
        b'""',
        b"[125000]",
        b'{"amount": 125000}',
    ],
    ids=lambda amount: amount[:24].decode(),
)
def test_an_amount_that_could_be_a_guess_is_refused_and_nothing_moves(cast: Cast, amount: bytes) -> None:
    api = Api(cast.ana.user)
    before = books()
    response = api.post("subscriptions/2", b'{"amount": %s}' % amount)
    body = refused(response, 400, response.json()["code"])
    assert list(body["errors"]) == ["amount"]
    assert body["errors"]["amount"] == [body["detail"]]
    assert books() == before
    assert api.balance() == "500000.00"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"Amount": 125000}', b'{"monto": 125000}'])
def test_an_amount_is_required(cast: Cast, body: bytes) -> None:
    api = Api(cast.ana.user)
    before = books()
    assert refused(api.post("subscriptions/2", body), 400, "required")["errors"].keys() == {"amount"}
    assert books() == before


def test_too_little_money_is_said_in_the_words_agreed(real_commits: None, cast: Cast) -> None:
    api = Api(cast.ana.user)
    api.subscribe(4, 250000)
    before = books()
    body = refused(api.subscribe(4, "250000.01"), 400, "insufficient_funds")
    assert body["detail"] == "No tiene saldo disponible para vincularse al fondo FDO-ACCIONES"
    assert books() == before
    assert api.subscribe(4, 250000).status_code == 201
    assert api.balance() == "0.00"


def test_under_the_minimum_is_refused_by_its_name(real_commits: None, cast: Cast) -> None:
    api = Api(cast.ana.user)
    before = books()
    body = refused(api.subscribe(2, "124999.99"), 400, "below_minimum")
    assert list(body["errors"]) == ["amount"]
    assert "FPV_BTG_PACTUAL_ECOPETROL" in body["detail"]
    assert "125.000,00" in body["detail"]
    assert books() == before


@pytest.mark.parametrize("fund_id", [0, 6, 2**31 - 1, 2**31, 2**63, 10**60])
def test_there_is_no_such_fund(real_commits: None, cast: Cast, fund_id: int) -> None:
    api = Api(cast.ana.user)
    before = books()
    refused(api.subscribe(fund_id), 404, "fund_not_found")
    refused(api.get(f"funds/{fund_id}"), 404, "fund_not_found")
    assert books() == before


def test_a_fund_withdrawn_takes_no_more_but_gives_back(real_commits: None, cast: Cast) -> None:
    api = Api(cast.ana.user)
    held = api.subscribe().json()
    Fund.objects.filter(pk=2).update(is_active=False)
    before = books()
    assert "FPV_BTG_PACTUAL_ECOPETROL" in refused(api.subscribe(), 409, "fund_inactive")["detail"]
    assert books() == before
    assert 2 not in {fund["id"] for fund in api.get("funds").json()}
    assert api.cancel(held["id"]).json()["balance_after"] == "500000.00"


def test_a_frozen_account_moves_nothing(real_commits: None, cast: Cast) -> None:
    api = Api(cast.ana.user)
    held = api.subscribe().json()
    ledger.freeze(cast.ana.cash_account.number, reason="prueba", actor_id=None)
    before = books()
    refused(api.subscribe(), 409, "account_not_open")
    refused(api.cancel(held["id"]), 409, "account_not_open")
    assert books() == before


def test_a_second_cancellation_changes_nothing_and_answers_the_same(cast: Cast) -> None:
    api = Api(cast.ana.user)
    subscribed = api.subscribe().json()
    first = api.cancel(subscribed["id"])
    before = books()
    second = api.cancel(subscribed["id"])
    assert (second.status_code, second.json()) == (200, first.json())
    assert second["Idempotency-Replayed"] == "true"
    assert books() == before


def test_a_cancellation_cannot_be_cancelled(real_commits: None, cast: Cast) -> None:
    api = Api(cast.ana.user)
    cancelled = api.cancel(api.subscribe().json()["id"]).json()
    before = books()
    refused(api.cancel(cancelled["id"]), 404, "subscription_not_found")
    assert books() == before


@pytest.mark.parametrize("role", ["reader", "support", "admin"])
def test_staff_hold_no_money(cast: Cast, role: str) -> None:
    api = Api(getattr(cast, role))
    before = books()
    for call in (
        api.subscribe(),
        api.cancel(str(uuid4())),
        api.get("transactions"),
        api.get(f"transactions/{uuid4()}"),
        api.get("subscriptions"),
        api.get(f"subscriptions/{uuid4()}"),
    ):
        refused(call, 403, "not_a_client")
    assert books() == before
    assert len(api.get("funds").json()) == 5


# --- Idempotency ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [125000, "125000", "125000.00"])
def test_a_retry_with_its_key_moves_nothing_and_answers_the_same(cast: Cast, again: object) -> None:
    api = Api(cast.ana.user)
    first = api.subscribe(Idempotency_Key="k-1")
    assert "Idempotency-Replayed" not in first
    before = books()
    second = api.subscribe(amount=again, Idempotency_Key="k-1")
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert second["Idempotency-Replayed"] == "true"
    assert books() == before


def test_a_retry_of_a_cancellation_answers_the_same(cast: Cast) -> None:
    api = Api(cast.ana.user)
    subscription = api.subscribe().json()["id"]
    first = api.cancel(subscription, Idempotency_Key="k-2")
    before = books()
    second = api.cancel(subscription, Idempotency_Key="k-2")
    assert (second.json(), second["Idempotency-Replayed"]) == (first.json(), "true")
    assert books() == before


def test_a_key_is_bound_to_its_request(real_commits: None, cast: Cast) -> None:
    api = Api(cast.ana.user)
    held = api.subscribe(Idempotency_Key="k-3").json()
    before = books()
    for other in (
        api.subscribe(amount=125001, Idempotency_Key="k-3"),
        api.subscribe(fund_id=3, Idempotency_Key="k-3"),
        api.cancel(held["id"], Idempotency_Key="k-3"),
    ):
        assert refused(other, 422, IdempotencyKeyReused.code)["detail"] == str(IdempotencyKeyReused())
    assert books() == before


def test_a_key_belongs_to_who_chose_it(cast: Cast) -> None:
    first = Api(cast.ana.user).subscribe(Idempotency_Key="k-4")
    second = Api(cast.beto.user).subscribe(Idempotency_Key="k-4")
    assert second.status_code == 201
    assert "Idempotency-Replayed" not in second
    assert first.json()["id"] != second.json()["id"]


def test_a_refusal_does_not_use_up_the_key(real_commits: None, cast: Cast) -> None:
    api = Api(cast.ana.user)
    refused(api.subscribe(amount=1, Idempotency_Key="k-5"), 400, "below_minimum")
    assert api.subscribe(Idempotency_Key="k-5").status_code == 201


@pytest.mark.parametrize("key", ["", " ", "con espacio", "clave-ñ", "a" * 256, "tab\tulador"])
def test_a_key_must_be_visible_ascii(cast: Cast, key: str) -> None:
    api = Api(cast.ana.user)
    before = books()
    refused(api.subscribe(Idempotency_Key=key), 400, "invalid_idempotency_key")
    assert books() == before


def test_while_the_first_is_under_way_the_second_is_told_to_come_back(real_commits: None, cast: Cast) -> None:
    api = Api(cast.ana.user)
    before = books()
    first = connection.copy()
    with first.cursor() as cursor:  # holds what the first request would hold
        cursor.execute(
            "SELECT pg_advisory_lock(hashtextextended('k-6', hashtextextended(%s, 0)))", [str(cast.ana.user_id)]
        )
        response = api.subscribe(Idempotency_Key="k-6")
    first.close()
    refused(response, 409, "idempotency_in_flight")
    assert response["Retry-After"] == "1"
    assert books() == before
    assert api.subscribe(Idempotency_Key="k-6").status_code == 201


# --- Somebody else's -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["stranger's", "nobody's"])
def test_what_is_not_ones_own_is_not_there(real_commits: None, cast: Cast, whose: str) -> None:
    held = Api(cast.ana.user).subscribe().json()["id"] if whose == "stranger's" else str(uuid4())
    stranger = Api(cast.stranger.user)
    before = books()
    refused(stranger.cancel(held), 404, "subscription_not_found")
    refused(stranger.get(f"subscriptions/{held}"), 404, "subscription_not_found")
    refused(stranger.get(f"transactions/{held}"), 404, "transaction_not_found")
    assert stranger.get("subscriptions").json() == []
    assert stranger.get("transactions").json()["results"] == []
    assert books() == before


def test_ones_own_subscriptions_are_listed_until_cancelled(cast: Cast) -> None:
    api = Api(cast.ana.user)
    held = api.subscribe(1, 75000).json()
    (row,) = api.get("subscriptions").json()
    assert row == {
        "id": held["id"],
        "fund_id": 1,
        "fund_name": "FPV_BTG_PACTUAL_RECAUDADORA",
        "category": "FPV",
        "amount": "75000.00",
        "currency": "COP",
        "created_at": held["created_at"],
        "cancelled_at": None,
    }
    assert api.get(f"subscriptions/{held['id']}").json() == row
    cancelled = api.cancel(held["id"]).json()
    assert api.get("subscriptions").json() == []
    assert api.get(f"subscriptions/{held['id']}").json()["cancelled_at"] == cancelled["created_at"]


def test_subscribing_costs_two_queries(real_commits: None, cast: Cast, django_assert_num_queries: object) -> None:
    api = Api(cast.ana.user)
    with django_assert_num_queries(2):  # type: ignore[operator] # who calls, and the money
        assert api.subscribe().status_code == 201
    assert Subscription.objects.count() == 1
    assert Client.objects.count() == 3


def test_the_funds_are_for_everybody(cast: Cast) -> None:
    listed = Api().get("funds").json()
    assert [(fund["id"], fund["name"], fund["minimum"], fund["category"]) for fund in listed] == [
        (1, "FPV_BTG_PACTUAL_RECAUDADORA", "75000.00", "FPV"),
        (2, "FPV_BTG_PACTUAL_ECOPETROL", "125000.00", "FPV"),
        (3, "DEUDAPRIVADA", "50000.00", "FIC"),
        (4, "FDO-ACCIONES", "250000.00", "FIC"),
        (5, "FPV_BTG_PACTUAL_DINAMICA", "100000.00", "FPV"),
    ]
    assert {fund["currency"] for fund in listed} == {"COP"}
    assert Api(cast.ana.user).get("funds/3").json() == listed[2]
