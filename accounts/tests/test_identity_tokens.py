"""Tokens that we did not make, or no longer stand by; keys that are replaced; what ends a session."""

from __future__ import annotations

import base64
import json
import threading
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from accounts import tokens
from accounts.models import Client, Role, SecondFactorTicket, Session, User
from accounts.tokens import RENEWABLE_FOR, InvalidToken, TokenPair, kinds, start_session
from conftest import PASSWORD, Cast
from core.ids import uuid7
from tests.api import Api, books, refused

AUDIENCE = settings.SIMPLE_JWT["AUDIENCE"]
KID, SECRET = next(iter(settings.JWT_KEYS.items()))


def with_token(token: str) -> Api:
    return Api(Authorization=f"Bearer {token}")


@pytest.fixture
def pair(cast: Cast) -> TokenPair:
    return start_session(cast.ana.user)


@pytest.fixture
def claims(pair: TokenPair) -> dict[str, object]:
    """What a token of Ana's says; signed again with our own key it is accepted."""
    said: dict[str, object] = jwt.decode(pair.access, options={"verify_signature": False})
    assert with_token(hand_made(said)).get("users/me").status_code == 200
    return said


def hand_made(
    claims: dict[str, object], *, secret: str = SECRET, algorithm: str = "HS256", kid: object = KID, **changes: object
) -> str:
    said = {name: value for name, value in {**claims, **changes}.items() if value is not ...}
    return jwt.encode(said, secret, algorithm=algorithm, headers={} if kid is None else {"kid": kid})


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def refused_everywhere(token: str, change: object = None) -> None:
    """As an access token for looking and for moving money, to be renewed, and as a refresh token."""
    before = books()
    for call in (
        with_token(token).get("users/me"),
        with_token(token).subscribe(),
        with_token(token).post("refresh-token"),
        Api().post("auth/refresh", {"refresh_token": token}),
        Api().post("refresh-token", {"refresh_token": token}),
    ):
        refused(call, 401, "invalid_token")
        assert call["WWW-Authenticate"] == 'Bearer realm="api"'
    assert books() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": ...},
        {"exp": "tomorrow"},
        {"exp": None},
        {"aud": "somebody-else"},
        {"aud": ...},
        {"aud": f"{AUDIENCE}x"},
        {"iss": "somebody-else"},
        {"iss": ...},
        {"token_type": "refresh "},
        {"token_type": "mfa_ticket"},
        {"token_type": ...},
        {"token_type": None},
        {"jti": ...},
        {"sid": ...},
        {"sid": "x"},
        {"sid": str(uuid7())},
        {"nbf": 9_999_999_999},
        {"iat": 9_999_999_999},
    ],
)
def test_a_well_signed_token_that_says_the_wrong_thing_is_refused(
    claims: dict[str, object], changes: dict[str, object]
) -> None:
    refused_everywhere(hand_made(claims, **changes))


def test_a_token_of_another_key_or_algorithm_is_refused(claims: dict[str, object]) -> None:
    for token in (
        hand_made(claims, secret="x" * 64),
        hand_made(claims, secret=settings.SECRET_KEY),
        hand_made(claims, algorithm="HS512"),
        hand_made(claims, algorithm="HS384"),
        hand_made(claims, kid="another"),
        hand_made(claims, kid=None),
        jwt.encode(claims, "x" * 64, headers={"kid": KID, "jwk": {"kty": "oct", "k": part(b"x" * 64)}}),
        jwt.encode(claims, "x" * 64, headers={"kid": KID, "jku": "https://evil.example/keys.json"}),
        f"{part({'alg': 'none', 'typ': 'JWT', 'kid': KID})}.{part(claims)}.",
        f"{part({'alg': 'None', 'kid': KID})}.{part(claims)}.",
        f"{part({'alg': 'RS256', 'kid': KID})}.{part(claims)}.{part(b'x' * 32)}",
        f"{part({'kid': KID})}.{part(claims)}.{part(b'x' * 32)}",
    ):
        refused_everywhere(token)


def test_a_tampered_token_is_refused(claims: dict[str, object], cast: Cast) -> None:
    header, _said, signature = hand_made(claims).split(".")
    for change in (
        {"role": "admin"},
        {"client": str(cast.beto.pk)},
        {"exp": 9_999_999_999},
        {"sub": str(cast.admin.pk)},
    ):
        refused_everywhere(f"{header}.{part({**claims, **change})}.{signature}")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b.c",
        "...",
        f"{part(b'{')}.{part(b'{')}.{part(b'x')}",
        f"{part([])}.{part([])}.x",
        f"{part({'alg': 'HS256', 'kid': ['x']})}.{part({})}.x",
        f"{part({'alg': 'HS256', 'kid': {'a': 1}})}.{part({})}.x",
        f"{part(b'[' * 2500)}.{part({})}.x",
        f"{part(b'NaN')}.{part({})}.x",
        f"{part(b'1' * 3000)}.{part({})}.x",
        "e" * 4096,
        "ñ",
    ],
)
def test_garbage_is_refused(cast: Cast, token: str) -> None:
    refused_everywhere(token)


def test_access_and_refresh_tokens_do_not_stand_in_for_each_other(pair: TokenPair) -> None:
    before = books()
    refused(with_token(pair.refresh).get("users/me"), 401, "invalid_token")
    refused(with_token(pair.refresh).post("refresh-token"), 401, "invalid_token")
    refused(Api().post("auth/refresh", {"refresh_token": pair.access}), 401, "invalid_token")
    refused(Api().post("refresh-token", {"refresh_token": pair.access}), 401, "invalid_token")
    refused(Api().post("auth/mfa", {"mfa_ticket": pair.access, "code": "123456"}), 401, "invalid_ticket")
    assert books() == before


def test_the_signing_key_is_not_the_secret_key(pair: TokenPair) -> None:
    header = jwt.get_unverified_header(pair.access)
    assert header == {"alg": "HS256", "typ": "JWT", "kid": KID}
    assert settings.SECRET_KEY not in settings.JWT_KEYS.values()


def test_a_replaced_key_verifies_until_it_is_taken_away(pair: TokenPair, monkeypatch: pytest.MonkeyPatch) -> None:
    def ring(**keys: str) -> None:
        tokens._verified.clear()  # a process starts anew with its settings
        monkeypatch.setattr(
            kinds, "ring", kinds.KeyRing(keys, issuer=settings.JWT_ISSUER, audience=settings.SIMPLE_JWT["AUDIENCE"])
        )

    ring(new="n" * 64, **{KID: SECRET})
    assert with_token(pair.access).get("users/me").status_code == 200
    fresh = Api().post("auth/refresh", {"refresh_token": pair.refresh}).json()
    assert jwt.get_unverified_header(fresh["access_token"])["kid"] == "new"
    ring(new="n" * 64)
    assert with_token(fresh["access_token"]).get("users/me").status_code == 200
    refused_everywhere(pair.access)


# --- What ends a session ---------------------------------------------------------------------------------------------


def raw(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


ENDINGS = {
    "a new password by raw SQL": lambda user: raw("UPDATE accounts_user SET password = 'x' WHERE id = %s", user.pk),
    "a new role by raw SQL": lambda user: raw("UPDATE accounts_user SET role = 'reader' WHERE id = %s", user.pk),
    "deactivation by raw SQL": lambda user: raw("UPDATE accounts_user SET is_active = false WHERE id = %s", user.pk),
    "a new role by the ORM": lambda user: User.objects.filter(pk=user.pk).update(role=Role.SUPPORT),
    "set_password and save": lambda user: (user.set_password("Otra-Clave-99"), user.save()),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_whoever_changes_a_user_ends_access_and_refresh_tokens_at_once(
    cast: Cast, pair: TokenPair, ending: str
) -> None:
    other, beto = start_session(cast.ana.user), start_session(cast.beto.user)
    assert with_token(pair.access).get("users/me").status_code == 200  # and is remembered from now on
    ENDINGS[ending](cast.ana.user)
    before = books()
    for ended in (pair, other):
        refused_everywhere(ended.access)
        refused_everywhere(ended.refresh)
    assert books() == before
    assert with_token(beto.access).get("users/me").status_code == 200


def test_the_admin_ends_the_tokens_of_whom_it_deactivates(cast: Cast, pair: TokenPair) -> None:
    admin = Browser()
    admin.force_login(cast.admin)
    user = cast.ana.user
    form = {"username": user.username, "email": user.email, "full_name": user.full_name, "role": "user", "xp_total": 0}
    assert admin.post(f"/admin/accounts/user/{user.pk}/change/", form).status_code == 302
    user.refresh_from_db()
    assert not user.is_active
    refused_everywhere(pair.access)


def test_what_says_nothing_about_signing_in_ends_nothing(cast: Cast, pair: TokenPair) -> None:
    user = cast.ana.user
    user.full_name = "Ana María Gómez"
    user.save()
    User.objects.filter(pk=user.pk).update(last_login=timezone.now(), role=user.role, is_active=True)
    assert with_token(pair.access).get("users/me").status_code == 200


def test_a_harder_hash_of_the_same_password_ends_nothing(cast: Cast, pair: TokenPair) -> None:
    user = cast.ana.user
    weak = Argon2PasswordHasher()
    weak.time_cost, weak.memory_cost, weak.parallelism = 1, 512, 1
    User.objects.filter(pk=user.pk).update(password=weak.encode(PASSWORD, weak.salt()))
    user.refresh_from_db()
    pair = start_session(user)
    assert Api().post("auth/login", {"email": "ana", "password": PASSWORD}).status_code == 200
    user.refresh_from_db()
    assert "m=19456,t=2,p=1" in user.password
    assert with_token(pair.access).get("users/me").status_code == 200
    # What let that one change pass lets no other pass.
    raw("UPDATE accounts_user SET password = 'x' WHERE id = %s", user.pk)
    refused_everywhere(pair.access)


def test_an_old_view_of_a_user_starts_no_session(cast: Cast) -> None:
    stale = User.objects.get(pk=cast.ana.user_id)
    User.objects.filter(pk=stale.pk).update(role=Role.ADMIN)
    with pytest.raises(InvalidToken):
        start_session(stale)
    assert not Session.objects.filter(user=stale).exists()


def test_a_role_that_changes_while_somebody_signs_in_does_not_escape(real_commits: None) -> None:
    user = Client.objects.get(email="ana@example.com").user
    assert user
    changed, done = threading.Event(), threading.Event()

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE accounts_user SET role = 'reader' WHERE id = %s", [user.pk])
            changed.set()
            done.wait(0.5)
            cursor.execute("COMMIT")
        connection.close()

    thread = threading.Thread(target=change)
    thread.start()
    changed.wait(5)
    with pytest.raises(InvalidToken):  # waits for the change, and sees it
        start_session(user)
    done.set()
    thread.join()
    assert not Session.objects.filter(user=user, revoked_at=None).exists()


# --- Renewing with an access token -----------------------------------------------------------------------------------


def test_a_valid_access_token_gets_another_one(pair: TokenPair) -> None:
    answer = with_token(pair.access).post("refresh-token")
    body = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert body.keys() == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert with_token(body["access_token"]).get("users/me").json()["username"] == "ana"


def test_a_refresh_token_in_the_body_is_rotated(pair: TokenPair) -> None:
    body = Api(Authorization="Bearer expired").post("refresh-token", {"refresh_token": pair.refresh}).json()
    assert body["refresh_token"] != pair.refresh
    refused(Api().post("refresh-token", {"refresh_token": pair.refresh}), 401, "invalid_token")
    refused(with_token(body["access_token"]).get("users/me"), 401, "invalid_token")  # the replay ended them all


def test_renewing_goes_on_for_a_day_after_the_password_and_no_longer(pair: TokenPair) -> None:
    began, access = timezone.now(), pair.access
    for minutes in range(20, 24 * 60, 20):
        with time_machine.travel(began + timedelta(minutes=minutes), tick=False):
            body = with_token(access).post("refresh-token").json()
            access = body["access_token"]
    assert body["expires_in"] <= 20 * 60
    with time_machine.travel(began + RENEWABLE_FOR + timedelta(seconds=1), tick=False):
        refused_everywhere(access)


def test_without_any_token_nothing_is_renewed(cast: Cast) -> None:
    before = books()
    refused(Api().post("refresh-token"), 401, "invalid_token")
    refused(Api().post("refresh-token", {}), 401, "invalid_token")
    assert books() == before


def test_a_browsers_cookie_gets_no_token(cast: Cast) -> None:
    api = Api()
    api.browser.force_login(cast.ana.user)
    refused(api.post("refresh-token"), 401, "invalid_token")
    assert not SecondFactorTicket.objects.exists()
