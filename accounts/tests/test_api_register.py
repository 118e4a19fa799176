from __future__ import annotations

import pytest

from accounts.models import Client, User
from conftest import Cast
from core import request_context
from events.models import Event
from tests.api import Api, books, refused

VERBATIM = {
    "email": "u@test.com",
    "full_name": "User Test",
    "password": "Secret123!",
    "notify_channel": "email",
    "notify_destination": "u@test.com",
}


def test_registering_makes_a_client_with_500_000_pesos(cast: Cast) -> None:
    response = Api().post("auth/register", VERBATIM)
    body = response.json()
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    user = User.objects.get(email="u@test.com")
    assert body == {
        "user": {"id": str(user.pk), "email": "u@test.com", "username": "u", "full_name": "User Test", "role": "user"},
        "client_id": str(user.client.pk),
        "balance": "500000.00",
        "currency": "COP",
    }
    assert Api(user).balance() == "500000.00"


def test_registering_records_who_came_and_from_where(cast: Cast) -> None:
    response = Api().post("auth/register", VERBATIM, X_Request_ID="a-request-1")
    event = Event.objects.latest("seq")
    assert event.name == "accounts.user_registered"
    assert str(event.actor_id) == response.json()["user"]["id"]
    assert event.context == {"request_id": "a-request-1", "ip": "127.0.0.1", "path": "/api/v1/auth/register"}
    assert request_context.current() == request_context.RequestContext()


def test_a_chosen_username_signs_in(cast: Cast) -> None:
    assert Api().post("auth/register", {**VERBATIM, "username": "Pedro.9"}).json()["user"]["username"] == "Pedro.9"
    assert Api().post("auth/login", {"username": "pedro.9", "password": "Secret123!"}).status_code == 200


@pytest.mark.parametrize("channel", [("sms", "+57 300 123 4567"), ("email", "otro@test.com")])
def test_either_channel_may_be_chosen(cast: Cast, channel: tuple[str, str]) -> None:
    wanted = {**VERBATIM, "notify_channel": channel[0], "notify_destination": channel[1]}
    Api().post("auth/register", wanted)
    client = Client.objects.get(email="u@test.com")
    assert (client.notify_channel, client.notify_destination) == channel


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no es un correo"),
        ("email", "a" * 250 + "@test.com"),
        ("email", None),
        ("email", ""),
        ("email", ["u@test.com"]),
        ("email", "ana@example.com"),
        ("email", "ANA@example.com"),
        ("full_name", "   "),
        ("full_name", "a" * 201),
        ("full_name", "Ana\u0000"),
        ("full_name", "Ana\u202egnp"),
        ("full_name", "!?"),
        ("full_name", {"a": 1}),
        ("password", "corta1"),
        ("password", "12345678901"),
        ("password", "password123"),
        ("password", "a" * 1025),
        ("password", "Secret\u0000123!"),
        ("password", True),
        ("username", "con espacio"),
        ("username", "u@test.com"),
        ("username", "ANA"),
        ("notify_channel", "paloma"),
        ("notify_channel", 1),
        ("notify_channel", "email\u0000"),
        ("notify_destination", "no es un correo"),
        ("notify_destination", "a" * 300),
    ],
)
def test_a_fault_is_named_by_its_field_and_nobody_is_registered(cast: Cast, field: str, value: object) -> None:
    before = books()
    response = Api().post("auth/register", {**VERBATIM, field: value})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert books() == before


def test_every_fault_is_named_at_once(cast: Cast) -> None:
    before = books()
    wanted = {**VERBATIM, "password": "1", "notify_channel": "sms", "username": "con espacio"}
    body = refused(Api().post("auth/register", wanted), 400, "invalid")
    assert set(body["errors"]) == {"password", "notify_destination", "username"}
    assert books() == before
    body = refused(Api().post("auth/register", {}), 400, "invalid")
    assert set(body["errors"]) == set(VERBATIM)


def test_an_address_in_use_is_refused_and_leaves_nothing_half_done(real_commits: None) -> None:
    assert Api().post("auth/register", VERBATIM).status_code == 201
    before = books()
    body = refused(Api().post("auth/register", {**VERBATIM, "email": "U@Test.com"}), 400, "email_taken")
    assert list(body["errors"]) == ["email"]
    assert books() == before


def test_the_sixth_registration_of_a_minute_is_refused_whatever_it_says(cast: Cast) -> None:
    for number in range(5):
        Api().post("auth/register", {**VERBATIM, "email": f"u{number}@test.com"} if number else {})
    before = books()
    response = Api().post("auth/register", VERBATIM)
    refused(response, 429, "too_many_requests")
    assert 1 <= int(response["Retry-After"]) <= 60
    assert books() == before


def test_the_pages_and_the_api_share_the_limit(cast: Cast) -> None:
    for _ in range(5):
        Api().browser.post("/cuenta/registro/", {})
    refused(Api().post("auth/register", VERBATIM), 429, "too_many_requests")
