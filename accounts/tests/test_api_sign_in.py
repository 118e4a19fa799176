from __future__ import annotations

import pytest
from django.test import Client as Browser

from accounts.models import Session, User
from conftest import PASSWORD, Cast
from events.models import Event
from tests.api import Api, books, refused


def sign_in(identifier: str, password: str = PASSWORD, field: str = "email") -> dict[str, object]:
    body: dict[str, object] = Api().post("auth/login", {field: identifier, "password": password}).json()
    return body


def test_the_verbatim_call_signs_in(cast: Cast) -> None:
    response = Api().post("auth/login", {"email": "ana@example.com", "password": PASSWORD})
    body = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert body.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 1800
    user = cast.ana.user
    assert user
    assert body["user"] == {"id": str(user.pk), "email": "ana@example.com", "full_name": "Ana Gómez", "role": "user"}
    assert Api(Authorization=f"Bearer {body['access_token']}").get("transactions").status_code == 200


@pytest.mark.parametrize("field", ["email", "username"])
@pytest.mark.parametrize("identifier", ["ana@example.com", " ANA@Example.com ", "ana", "Ana", "ａｎａ"])
def test_address_and_username_both_sign_in_however_they_are_typed(cast: Cast, field: str, identifier: str) -> None:
    assert sign_in(identifier, field=field)["user"]["email"] == "ana@example.com"  # type: ignore[index]


@pytest.mark.parametrize("role", ["reader", "support", "admin"])
def test_staff_sign_in_too(cast: Cast, role: str) -> None:
    assert sign_in(role)["user"]["role"] == role  # type: ignore[index]


def test_signing_in_is_recorded_and_failing_to_without_the_password(cast: Cast) -> None:
    sign_in("ana")
    assert Event.objects.latest("seq").name == "accounts.login_succeeded"
    sign_in("ana", "No-es-esta-1")
    failure = Event.objects.latest("seq")
    assert (failure.name, failure.payload["identifier"]) == ("accounts.login_failed", "ana")
    assert "No-es-esta-1" not in str(failure.payload) + str(failure.context)


def test_unknown_wrong_and_inactive_are_told_the_same(cast: Cast) -> None:
    assert cast.beto.user
    User.objects.filter(pk=cast.beto.user.pk).update(is_active=False)
    answers = []
    for identifier, password in (
        ("nadie@example.com", PASSWORD),
        ("ana@example.com", "No-es-esta-1"),
        ("beto", PASSWORD),
    ):
        before = books(but=(Event,))
        response = Api().post("auth/login", {"email": identifier, "password": password})
        refused(response, 401, "invalid_credentials")
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert books(but=(Event,)) == before
        answers.append(response.content)
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": PASSWORD}, "email"),
        ({"email": "", "password": PASSWORD}, "email"),
        ({"email": "ana"}, "password"),
        ({"email": "ana", "password": None}, "password"),
        ({"email": "ana", "password": ""}, "password"),
        ({"email": "ana\u0000", "password": PASSWORD}, "email"),
        ({"email": "ana", "password": "\u0000"}, "password"),
        ({"email": ["ana"], "password": PASSWORD}, "email"),
        ({"email": "ana", "password": "a" * 1025}, "password"),
    ],
)
def test_a_malformed_sign_in_is_named_by_its_field(cast: Cast, body: object, field: str) -> None:
    before = books()
    response = Api().post("auth/login", body)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert books() == before


def test_blanks_around_a_password_are_part_of_it(cast: Cast) -> None:
    refused(Api().post("auth/login", {"email": "ana", "password": f" {PASSWORD}"}), 401, "invalid_credentials")


def test_the_thirty_first_sign_in_of_a_minute_is_refused_even_if_right(cast: Cast) -> None:
    for _ in range(30):
        Api().post("auth/login", {})
    before = books()
    response = Api().post("auth/login", {"email": "ana", "password": PASSWORD})
    refused(response, 429, "too_many_requests")
    assert 1 <= int(response["Retry-After"]) <= 60
    assert books() == before


def test_me_is_the_caller_with_their_money(cast: Cast) -> None:
    assert cast.ana.user
    assert Api(cast.ana.user).get("users/me").json() == {
        "id": str(cast.ana.user_id),
        "email": "ana@example.com",
        "username": "ana",
        "full_name": "Ana Gómez",
        "role": "user",
        "is_active": True,
        "disabled": False,
        "date_joined": cast.ana.user.date_joined.isoformat(),
        "gender": None,
        "birth_date": None,
        "city": None,
        "city_name": None,
        "xp_total": 0,
        "client": {
            "id": str(cast.ana.pk),
            "balance": "500000.00",
            "currency": "COP",
            "time_zone": "America/Bogota",
            "notify_channel": "email",
            "notify_destination": "ana@example.com",
        },
    }
    assert Api(cast.reader).get("users/me").json()["client"] is None


def test_the_session_of_the_pages_signs_in_to_the_browsable_api(browser_of_ana: Browser) -> None:
    assert browser_of_ana.get("/api/v1/users/me").json()["username"] == "ana"


def test_a_post_with_the_cookie_alone_is_taken_for_forged(cast: Cast) -> None:
    browser = Browser(enforce_csrf_checks=True)
    assert cast.ana.user
    browser.force_login(cast.ana.user)
    before = books()
    response = browser.post("/api/v1/subscriptions/2", {"amount": 125000}, content_type="application/json")
    refused(response, 403, "csrf_failed")
    assert books() == before


def test_signing_out_with_the_cookie_ends_the_session_of_the_pages(browser_of_ana: Browser) -> None:
    assert browser_of_ana.post("/api/v1/auth/logout").status_code == 204
    assert browser_of_ana.get("/api/v1/users/me").status_code == 401
    assert Event.objects.latest("seq").name == "accounts.logged_out"
    assert not Session.objects.exists()
