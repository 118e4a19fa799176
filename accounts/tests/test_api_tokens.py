from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import Role, Session, User
from accounts.tokens import SESSION_LIFETIME, TokenPair, start_session
from conftest import Cast
from events.models import Event
from tests.api import Api, books, refused


def with_token(token: str) -> Api:
    return Api(Authorization=f"Bearer {token}")


@pytest.fixture
def pair(cast: Cast) -> TokenPair:
    assert cast.ana.user
    return start_session(cast.ana.user)


def refresh(token: str) -> dict[str, str]:
    body: dict[str, str] = Api().post("auth/refresh", {"refresh_token": token}).json()
    return body


def test_signing_out_kills_the_access_and_the_refresh_token(pair: TokenPair) -> None:
    response = with_token(pair.access).post("auth/logout")
    assert (response.status_code, response.content) == (204, b"")
    assert Event.objects.latest("seq").name == "accounts.logged_out"
    before = books()
    refused(with_token(pair.access).get("users/me"), 401, "invalid_token")
    refused(with_token(pair.access).subscribe(), 401, "invalid_token")
    refused(with_token(pair.access).post("auth/logout"), 401, "invalid_token")
    refused(Api().post("auth/refresh", {"refresh_token": pair.refresh}), 401, "invalid_token")
    assert books() == before


def test_signing_out_leaves_the_other_sessions_alone(cast: Cast, pair: TokenPair) -> None:
    other = Api(cast.ana.user)
    with_token(pair.access).post("auth/logout")
    assert other.get("users/me").status_code == 200


def test_a_refresh_token_gives_a_new_pair_once(pair: TokenPair) -> None:
    fresh = refresh(pair.refresh)
    assert fresh.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert with_token(fresh["access_token"]).get("users/me").status_code == 200
    assert refresh(fresh["refresh_token"])["access_token"]


def test_a_refresh_token_used_twice_ends_the_whole_session(pair: TokenPair) -> None:
    fresh = refresh(pair.refresh)
    response = Api().post("auth/refresh", {"refresh_token": pair.refresh})
    refused(response, 401, "invalid_token")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert Event.objects.latest("seq").name == "accounts.token_replayed"
    refused(with_token(fresh["access_token"]).get("users/me"), 401, "invalid_token")
    refused(Api().post("auth/refresh", {"refresh_token": fresh["refresh_token"]}), 401, "invalid_token")


def test_the_kinds_of_token_are_not_exchangeable(pair: TokenPair) -> None:
    before = books()
    refused(with_token(pair.refresh).get("users/me"), 401, "invalid_token")
    refused(Api().post("auth/refresh", {"refresh_token": pair.access}), 401, "invalid_token")
    assert books() == before


def test_an_access_token_lasts_half_an_hour(pair: TokenPair) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=29), tick=False):
        assert with_token(pair.access).get("users/me").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        refused(with_token(pair.access).get("users/me"), 401, "invalid_token")
        assert refresh(pair.refresh)["access_token"]


def test_a_session_ends_after_a_fortnight_however_often_it_is_refreshed(pair: TokenPair) -> None:
    with time_machine.travel(timezone.now() + SESSION_LIFETIME - timedelta(minutes=10), tick=False):
        fresh = refresh(pair.refresh)
        assert int(fresh["expires_in"]) <= 600
    with time_machine.travel(timezone.now() + SESSION_LIFETIME + timedelta(seconds=1), tick=False):
        refused(Api().post("auth/refresh", {"refresh_token": fresh["refresh_token"]}), 401, "invalid_token")
        refused(with_token(fresh["access_token"]).get("users/me"), 401, "invalid_token")


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.READER}])
def test_a_token_does_not_outlive_what_it_says(cast: Cast, pair: TokenPair, change: dict[str, object]) -> None:
    User.objects.filter(pk=cast.ana.user_id).update(**change)
    refused(with_token(pair.access).get("users/me"), 401, "invalid_token")


def _tampered(access: str, **claims: object) -> str:
    header, payload, signature = access.split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "==")) | claims
    return ".".join([header, base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("="), signature])


def _unsigned(access: str) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{header}.{access.split('.')[1]}."


def test_a_forged_token_is_refused(cast: Cast, pair: TokenPair) -> None:
    forged = [
        "",
        "x",
        "a.b.c",
        pair.access[:-4],
        _tampered(pair.access, role="admin"),
        _tampered(pair.access, client=str(cast.beto.pk)),
        _unsigned(pair.access),
        pair.access + "é",
        "a" * 10_000,
        str(AccessToken()),
    ]
    before = books()
    for token in forged:
        response = with_token(token).subscribe()
        refused(response, 401, "invalid_token")
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert books() == before


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\u0000", "ñ", None, 1, ["x"], "a" * 5000])
def test_a_refresh_token_that_is_none_is_refused(cast: Cast, token: object) -> None:
    before = books()
    assert Api().post("auth/refresh", {"refresh_token": token}).status_code in (400, 401)
    assert books() == before


def test_without_a_token_there_is_a_challenge(cast: Cast) -> None:
    for call in (Api().get("users/me"), Api().get("transactions"), Api().subscribe(), Api().post("auth/logout")):
        refused(call, 401, "not_authenticated")
        assert call["WWW-Authenticate"] == 'Bearer realm="api"'
    assert not Session.objects.exists()


def test_an_old_token_does_not_stand_in_the_way_of_signing_in(cast: Cast, pair: TokenPair) -> None:
    api = with_token(pair.access)
    api.post("auth/logout")
    assert api.post("auth/login", {"email": "ana", "password": "Secret123!"}).status_code == 200
