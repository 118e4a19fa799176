"""A client's accounts by the API."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.http import HttpResponse
from pytest_django.fixtures import Settings

from accounts.models import User
from banking.tests.people import START, assert_sound, balance, cash, opened, send
from conftest import Cast
from events.models import Event
from ledger import services as ledger
from ledger.models import Account
from tests.api import Api, books, refused


def last_event() -> tuple[str, dict[str, object]]:
    event = Event.objects.latest("seq")
    return event.name, event.payload


def test_a_client_opens_names_and_lists_accounts(cast: Cast) -> None:
    api = Api(cast.ana.user)
    response = api.post("accounts", {"currency": "USD", "alias": "  Viajes   y más "})
    account = response.json()
    assert response.status_code == 201
    assert account == {
        "number": account["number"],
        "client_id": str(cast.ana.pk),
        "alias": "Viajes y más",
        "currency": "USD",
        "balance": "0.00",
        "available": "0.00",
        "state": "open",
        "frozen_credits": False,
        "is_default": False,
        "opened_at": account["opened_at"],
    }
    told = {"client_id": str(cast.ana.pk), "number": account["number"], "currency": "USD"}
    assert last_event() == ("banking.account_opened", told)
    path = f"accounts/{account['number']}"
    response = api.browser.patch(
        f"/api/v1/{path}", {"alias": "Dólares"}, content_type="application/json", headers=api.headers
    )
    assert response.json() == {**account, "alias": "Dólares"} == api.get(path).json()
    assert last_event()[0] == "banking.account_renamed"
    listed = api.get("accounts").json()
    assert [(one["number"], one["is_default"], one["balance"]) for one in listed] == [
        (cash(cast.ana), True, "500000.00"),
        (account["number"], False, "0.00"),
    ]


def test_renaming_to_the_same_says_nothing_and_to_nothing_takes_the_name_away(cast: Cast) -> None:
    number = opened(cast.ana, alias="Ahorros")
    api = Api(cast.ana.user)

    def rename(alias: str) -> str:
        response = api.browser.patch(
            f"/api/v1/accounts/{number}", {"alias": alias}, content_type="application/json", headers=api.headers
        )
        return str(response.json()["alias"])

    before = books()
    assert rename(" Ahorros ") == "Ahorros"
    assert books() == before
    assert rename("") == ""
    assert api.get(f"accounts/{number}").json()["alias"] == ""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"currency": "EUR"}, "invalid_choice"),
        ({"currency": "cop"}, "invalid_choice"),
        ({"currency": None}, "null"),
        ({"currency": "COP", "alias": "x" * 41}, "invalid_alias"),
        ({"currency": "COP", "alias": "a\u200eb"}, "invalid_alias"),
    ],
)
def test_what_is_no_account_is_refused(cast: Cast, body: dict[str, object], code: str) -> None:
    api = Api(cast.ana.user)
    before = books()
    refused(api.post("accounts", body), 400, code)
    assert books() == before


def test_opening_again_with_the_same_key_opens_nothing(cast: Cast) -> None:
    api = Api(cast.ana.user)
    first = api.post("accounts", {"currency": "USD"}, Idempotency_Key="k")
    before = books()
    again = api.post("accounts", {"currency": "USD"}, Idempotency_Key="k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert (first.headers.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    refused(api.post("accounts", {"currency": "BRL"}, Idempotency_Key="k"), 422, "idempotency_key_reused")
    assert books() == before


def test_a_client_has_so_many_accounts_and_closed_ones_do_not_count(cast: Cast, settings: Settings) -> None:
    settings.ACCOUNTS_PER_CLIENT = 3
    numbers = [opened(cast.ana), opened(cast.ana)]
    api = Api(cast.ana.user)
    before = books()
    refused(api.post("accounts", {"currency": "COP"}), 409, "too_many_accounts")
    assert books() == before
    assert api.post(f"accounts/{numbers[0]}/close").status_code == 200
    assert api.post("accounts", {"currency": "COP"}).status_code == 201


def test_what_is_another_clients_is_not_there(cast: Cast) -> None:
    api = Api(cast.ana.user)
    before = books()
    for number in (cash(cast.beto), "9999999999", "opening-grants", "x"):
        refused(api.get(f"accounts/{number}"), 404, "account_not_found")
        for action in ("close", "default"):
            refused(api.post(f"accounts/{number}/{action}"), 404, "account_not_found")
        response = api.browser.patch(
            f"/api/v1/accounts/{number}", {"alias": "x"}, content_type="application/json", headers=api.headers
        )
        refused(response, 404, "account_not_found")
    assert books() == before


def test_staff_see_any_account_and_open_none(cast: Cast) -> None:
    for user in (cast.reader, cast.support, cast.admin):
        api = Api(user)
        assert api.get(f"accounts/{cash(cast.ana)}").json()["client_id"] == str(cast.ana.pk)
        (listed,) = api.get(f"clients/{cast.ana.pk}/accounts").json()
        assert listed["number"] == cash(cast.ana)
        refused(api.get(f"clients/{uuid4()}/accounts"), 404, "client_not_found")
        refused(api.post("accounts", {"currency": "COP"}), 403, "not_a_client")
        refused(api.get("accounts"), 403, "not_a_client")
    refused(Api(cast.beto.user).get(f"clients/{cast.ana.pk}/accounts"), 404, "not_found")


# --- closing ---


def test_an_empty_account_is_closed_for_good(cast: Cast) -> None:
    number = opened(cast.ana, "MXN")
    api = Api(cast.ana.user)
    closed = api.post(f"accounts/{number}/close").json()
    assert (closed["state"], closed["available"]) == ("closed", "0.00")
    assert last_event() == (
        "banking.account_closed",
        {"client_id": str(cast.ana.pk), "number": number, "currency": "MXN"},
    )
    before = books()
    refused(api.post(f"accounts/{number}/close"), 409, "wrong_account_state")
    assert books() == before


def test_neither_money_nor_the_default_account_nor_a_frozen_one_is_closed_away(cast: Cast) -> None:
    full, frozen = opened(cast.ana), opened(cast.ana)
    send(cast.ana, cash(cast.ana), full, 1)
    ledger.freeze(frozen, reason="orden judicial", actor_id=None)
    api = Api(cast.ana.user)
    before = books()
    assert "1,00" in refused(api.post(f"accounts/{full}/close"), 409, "account_not_empty")["detail"]
    refused(api.post(f"accounts/{cash(cast.ana)}/close"), 409, "account_is_default")
    refused(api.post(f"accounts/{frozen}/close"), 409, "wrong_account_state")
    assert books() == before


def test_an_account_with_transfers_to_come_is_not_closed(cast: Cast) -> None:
    number = opened(cast.ana)
    api = Api(cast.ana.user)
    wanted = {"amount": 1, "frequency": "monthly", "starts_on": "2030-01-31"}
    for source, target in ((number, cash(cast.ana)), (cash(cast.ana), number)):
        ordered = api.post("scheduled-transfers", {**wanted, "source": source, "target": target}).json()
        before = books()
        refused(api.post(f"accounts/{number}/close"), 409, "account_has_schedules")
        assert books() == before
        assert Account.objects.get(number=number).state == "open"
        api.browser.delete(f"/api/v1/scheduled-transfers/{ordered['id']}", headers=api.headers)
    assert api.post(f"accounts/{number}/close").status_code == 200


# --- the default ---


def test_another_account_becomes_the_default(cast: Cast) -> None:
    other = opened(cast.ana)
    api = Api(cast.ana.user)
    assert api.post(f"accounts/{other}/default").json()["is_default"]
    assert last_event() == (
        "banking.default_changed",
        {"client_id": str(cast.ana.pk), "number_before": cash(cast.ana), "number": other},
    )
    assert [(one["number"], one["is_default"]) for one in api.get("accounts").json()] == [
        (other, True),
        (cash(cast.ana), False),
    ]
    assert Api(cast.reader).get(f"clients/{cast.ana.pk}").json()["account"]["number"] == other
    assert_sound()


def test_only_an_open_account_in_pesos_becomes_the_default(cast: Cast) -> None:
    dollars, frozen, closed = opened(cast.ana, "USD"), opened(cast.ana), opened(cast.ana)
    ledger.freeze(frozen, reason="orden judicial", credits_allowed=True, actor_id=None)
    api = Api(cast.ana.user)
    api.post(f"accounts/{closed}/close")
    before = books()
    refused(api.post(f"accounts/{dollars}/default"), 409, "not_a_default_currency")
    refused(api.post(f"accounts/{frozen}/default"), 409, "wrong_account_state")
    refused(api.post(f"accounts/{closed}/default"), 409, "wrong_account_state")
    assert api.post(f"accounts/{cash(cast.ana)}/default").status_code == 200  # it is already: nothing to say
    assert books() == before


# --- freezing ---


def test_support_freezes_and_unfreezes_and_the_client_and_the_trail_are_told(cast: Cast) -> None:
    api, number = Api(cast.support), cash(cast.ana)
    frozen = api.post(f"accounts/{number}/freeze", {"reason": "Orden judicial", "credits_allowed": True}).json()
    assert (frozen["state"], frozen["frozen_credits"], frozen["balance"], frozen["available"]) == (
        "frozen",
        True,
        "500000.00",
        "0.00",
    )
    event = Event.objects.latest("seq")
    told = {"number": number, "client_id": str(cast.ana.pk), "reason": "Orden judicial", "credits_allowed": True}
    assert (event.name, event.version, event.actor_id, event.payload) == (
        "ledger.account_frozen",
        2,
        cast.support.pk,
        told,
    )
    assert Api(cast.ana.user).get(f"accounts/{number}").json() == frozen
    refused(Api(cast.ana.user).subscribe(), 409, "account_not_open")
    stricter = api.post(f"accounts/{number}/freeze", {"reason": "Orden nueva"}).json()
    assert not stricter["frozen_credits"]
    freed = api.post(f"accounts/{number}/unfreeze", {"reason": "Levantada"}).json()
    assert (freed["state"], freed["available"]) == ("open", "500000.00")
    event = Event.objects.latest("seq")
    assert (event.name, event.payload["reason"]) == ("ledger.account_unfrozen", "Levantada")


def test_freezing_is_for_support_with_a_reason_and_a_state_that_allows_it(cast: Cast) -> None:
    number, reason = cash(cast.ana), {"reason": "Orden judicial"}
    askers = {user: Api(user) for user in (cast.ana.user, cast.reader, cast.support)}
    before = books()
    for action in ("freeze", "unfreeze"):
        for asker in (cast.ana.user, cast.reader):
            refused(askers[asker].post(f"accounts/{number}/{action}", reason), 404, "not_found")
        support = askers[cast.support]
        refused(support.post(f"accounts/9999999999/{action}", reason), 404, "account_not_found")
        refused(support.post(f"accounts/{number}/{action}", {}), 400, "required")
        refused(support.post(f"accounts/{number}/{action}", {"reason": " x "}), 400, "invalid_reason")
    refused(askers[cast.support].post(f"accounts/{number}/unfreeze", reason), 409, "wrong_account_state")
    assert books() == before
    assert Account.objects.get(number=number).state == "open"
    askers[cast.support].post(f"accounts/{number}/freeze", reason)
    refused(askers[cast.support].post(f"accounts/{number}/freeze", reason), 409, "wrong_account_state")


# --- reversing ---


def test_an_admin_reverses_once_and_both_sides_are_linked(cast: Cast) -> None:
    made = send(cast.ana, cash(cast.ana), cash(cast.beto), 50_000)
    path = f"ledger/transactions/{made.transaction_id}"
    api, reason = Api(cast.admin), {"reason": "Cuenta equivocada"}
    response = api.post(f"{path}/reverse", reason, Idempotency_Key="k")
    reversal = response.json()
    assert response.status_code == 201
    assert reversal == {
        "id": reversal["id"],
        "reverses": str(made.transaction_id),
        "reason": "Cuenta equivocada",
        "created_at": reversal["created_at"],
    }
    assert balance(cash(cast.ana)) == balance(cash(cast.beto)) == START
    original = Api(cast.reader).get(path).json()
    mirror = Api(cast.reader).get(f"ledger/transactions/{reversal['id']}").json()
    assert (original["reversed_by"], original["reverses"]) == (reversal["id"], None)
    assert (mirror["reverses"], mirror["reversed_by"], mirror["kind"]) == (str(made.transaction_id), None, "REVERSAL")
    assert {(one["number"], one["amount"]) for one in mirror["entries"]} == {
        (cash(cast.ana), "50000.00"),
        (cash(cast.beto), "-50000.00"),
    }
    before = books()
    again = api.post(f"{path}/reverse", reason, Idempotency_Key="k")
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (201, reversal, "true")
    refused(api.post(f"{path}/reverse", reason), 409, "already_reversed")
    refused(api.post(f"{path}/reverse", {"reason": "Otra"}, Idempotency_Key="k"), 422, "idempotency_key_reused")
    assert books() == before
    assert_sound()


def test_what_cannot_be_reversed_stays(cast: Cast) -> None:
    gone = send(cast.ana, cash(cast.ana), cash(cast.beto), 50_000).transaction_id
    send(cast.beto, cash(cast.beto), cash(cast.stranger), 550_000)
    frozen = send(cast.stranger, cash(cast.stranger), cash(cast.ana), 1).transaction_id
    ledger.freeze(cash(cast.ana), reason="orden judicial", credits_allowed=True, actor_id=None)
    held = Api(cast.stranger.user).subscribe().json()["id"]
    askers = {user: Api(user) for user in (cast.admin, cast.support, cast.ana.user)}
    before = books()

    def reverse(transaction_id: object, reason: str = "Cuenta equivocada", asker: User = cast.admin) -> HttpResponse:
        return askers[asker].post(f"ledger/transactions/{transaction_id}/reverse", {"reason": reason})

    body = refused(reverse(gone), 409, "insufficient_funds")
    assert cash(cast.beto) in body["detail"]
    refused(reverse(frozen), 409, "account_not_open")
    refused(reverse(held), 409, "not_reversible")
    refused(reverse(uuid4()), 404, "transaction_not_found")
    refused(reverse(gone, reason="x"), 400, "invalid_reason")
    for asker in (cast.support, cast.ana.user):
        refused(reverse(gone, asker=asker), 404, "not_found")
    refused(askers[cast.ana.user].get(f"ledger/transactions/{gone}"), 404, "not_found")
    assert books() == before
