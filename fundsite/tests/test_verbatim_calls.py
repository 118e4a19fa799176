"""The calls that existing clients make today, byte for byte, with and without the slash, with and without the version.

Only ids and tokens vary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from accounts.models import Client, Role, User
from accounts.tokens import start_session
from conftest import PASSWORD, Cast
from events.models import Event
from fundsite.demo import seed_demo
from tests.api import books, refused

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
EITHER_SLASH = pytest.mark.parametrize("slash", ["", "/"])
EITHER_PREFIX = pytest.mark.parametrize("prefix", ["/api/v1", "/api"])


def call(method: str, path: str, body: str = "", *, kind: str = JSON, token: str = "") -> HttpResponse:
    """One call as it goes over the wire; nothing is encoded or added on the way."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Browser().generic(method, path, body.encode("utf-8"), content_type=kind if body else "", headers=headers)


def with_slash(path: str, slash: str) -> str:
    """The slash goes before the question mark."""
    bare, mark, query = path.partition("?")
    return bare.rstrip("/") + slash + mark + query


@pytest.fixture
def demo(cast: Cast) -> None:
    """The logins that older clients have; the cast's own `admin` makes room for theirs."""
    User.objects.filter(username="admin").update(username="otra", email="otra@example.com")
    seed_demo()


def is_a_session(answer: HttpResponse, role: str) -> str:
    """Checks what a login answers; returns the access token."""
    body = answer.json()
    assert answer.status_code == 200, body
    assert body.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert body["user"].keys() == {"id", "email", "full_name", "role"}
    assert body["user"]["role"] == role
    assert call("GET", "/api/v1/users/me", token=body["access_token"]).json()["id"] == body["user"]["id"]
    access: str = body["access_token"]
    return access


def staff_token(cast: Cast, role: Role = Role.ADMIN) -> str:
    return start_session({Role.ADMIN: cast.admin, Role.SUPPORT: cast.support, Role.READER: cast.reader}[role]).access


# --- A: funds ------------------------------------------------------------------------------------------------------


@EITHER_SLASH
@EITHER_PREFIX
def test_a_from_registering_to_cancelling(cast: Cast, prefix: str, slash: str) -> None:
    registered = call(
        "POST",
        with_slash(f"{prefix}/auth/register", slash),
        '{"email":"u@test.com","full_name":"User Test","password":"Secret123!","notify_channel":"email",'
        '"notify_destination":"u@test.com"}',
    )
    assert (registered.status_code, registered.json()["balance"]) == (201, "500000.00")
    login = call("POST", with_slash(f"{prefix}/auth/login", slash), '{"email":"u@test.com","password":"Secret123!"}')
    token = is_a_session(login, "user")
    funds = call("GET", with_slash(f"{prefix}/funds", slash), token=token)
    assert [fund["id"] for fund in funds.json()] == [1, 2, 3, 4, 5]
    subscribed = call("POST", with_slash(f"{prefix}/subscriptions/2", slash), '{"amount":125000}', token=token)
    assert (subscribed.status_code, subscribed.json()["type"]) == (201, "SUBSCRIPTION")
    history = call("GET", with_slash(f"{prefix}/transactions", slash), token=token).json()["results"]
    assert [row["amount"] for row in history] == ["125000.00"]
    tx_id = subscribed.json()["id"]
    cancelled = call("POST", with_slash(f"{prefix}/subscriptions/{tx_id}/cancel", slash), token=token)
    assert (cancelled.status_code, cancelled.json()["balance_after"]) == (200, "500000.00")
    assert cancelled.json()["correlation_id"] == subscribed.json()["correlation_id"]


# --- Logins by form: B, C, E ---------------------------------------------------------------------------------------

LOGINS = [
    ("/api/v1/auth/token", "username=admin&password=string", "admin"),
    ("/api/token", "username=admin@example.com&password=admin123", "admin"),
    ("/api/v1/token", "username=usuario&password=contraseña", "user"),
]


@EITHER_SLASH
@pytest.mark.parametrize(("path", "form", "role"), LOGINS)
def test_a_form_signs_in(demo: None, path: str, form: str, role: str, slash: str) -> None:
    is_a_session(call("POST", path + slash, form, kind=FORM), role)
    assert Event.objects.latest("seq").name == "accounts.login_succeeded"


@pytest.mark.parametrize("path", ["/api/v1/auth/token", "/api/auth/token", "/api/v1/token", "/api/token"])
@pytest.mark.parametrize(
    "form",
    [
        "username=usuario&password=contraseña",
        "username=usuario&password=contrase%C3%B1a",
        "grant_type=password&username=usuario&password=contrase%C3%B1a&scope=&client_id=&client_secret=",
        "username=usuario%40example.com&password=contrase%C3%B1a",
        "username=USUARIO@example.com&password=contraseña",
    ],
)
def test_every_address_takes_every_way_of_writing_the_form(demo: None, path: str, form: str) -> None:
    is_a_session(call("POST", path, form, kind=f"{FORM};charset=UTF-8"), "user")


@pytest.mark.parametrize("path", ["/api/v1/auth/token", "/api/v1/token/", "/api/token"])
@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ("username=usuario&password=contrasena", 401, "invalid_credentials"),
        ("username=nadie&password=contraseña", 401, "invalid_credentials"),
        ("username=usuario&password= contraseña", 401, "invalid_credentials"),
        ("username=usuario&password=", 400, "blank"),
        ("username=usuario", 400, "required"),
        ("password=contraseña", 400, "required"),
        ("username=usuario%00&password=contraseña", 400, "null_characters_not_allowed"),
        ("{}", 400, "invalid"),
    ],
)
def test_a_form_that_does_not_sign_in_says_why(demo: None, path: str, form: str, status: int, code: str) -> None:
    before = books(but=(Event,))
    refused(call("POST", path, form, kind=FORM), status, code)
    assert books(but=(Event,)) == before


def test_forms_and_json_share_one_limit(demo: None) -> None:
    for _ in range(15):
        call("POST", "/api/token", "username=&password=", kind=FORM)
        call("POST", "/api/v1/auth/login", "{}")
    refused(call("POST", "/api/v1/token", LOGINS[2][1], kind=FORM), 429, "too_many_requests")


def test_forms_and_json_share_one_lockout(demo: None) -> None:
    for place in range(5):
        path = ("/api/token", "/api/v1/auth/token", "/api/v1/token")[place % 3]
        call("POST", path, "username=usuario&password=No-es-esta-1", kind=FORM)
    refused(call("POST", "/api/v1/auth/login", '{"email":"usuario","password":"contraseña"}'), 429, "too_many_requests")
    refused(call("POST", "/api/v1/token", LOGINS[2][1], kind=FORM), 429, "too_many_requests")
    is_a_session(call("POST", "/api/token", LOGINS[1][1], kind=FORM), "admin")  # somebody else


def test_a_form_login_takes_no_json_and_a_json_login_no_form(demo: None) -> None:
    body = '{"username":"usuario","password":"contraseña"}'
    refused(call("POST", "/api/v1/token", body), 415, "unsupported_media_type")
    refused(call("POST", "/api/v1/auth/login", LOGINS[2][1], kind=FORM), 415, "unsupported_media_type")


# --- E: identity and directory -------------------------------------------------------------------------------------


@EITHER_SLASH
@EITHER_PREFIX
def test_e_a_valid_access_token_is_renewed(demo: None, prefix: str, slash: str) -> None:
    token = is_a_session(call("POST", "/api/v1/token", "username=usuario&password=contraseña", kind=FORM), "user")
    answer = call("POST", with_slash(f"{prefix}/refresh-token", slash), token=token)
    body = answer.json()
    assert (answer.status_code, body["token_type"]) == (200, "bearer")
    assert call("GET", f"{prefix}/users/me", token=body["access_token"]).json()["username"] == "usuario"
    refused(call("POST", with_slash(f"{prefix}/refresh-token", slash), token="x.y.z"), 401, "invalid_token")


@EITHER_SLASH
@EITHER_PREFIX
def test_e_registering(cast: Cast, prefix: str, slash: str) -> None:
    answer = call(
        "POST",
        with_slash(f"{prefix}/users/register", slash),
        '{"username":"juan","email":"juan@example.com","password":"Mi_Contraseña_123","full_name":"Juan Pérez",'
        '"disabled":false}',
    )
    body = answer.json()
    assert answer.status_code == 201
    assert (body["username"], body["email"], body["full_name"], body["disabled"]) == (
        *("juan", "juan@example.com", "Juan Pérez"),
        False,
    )
    is_a_session(call("POST", "/api/v1/token", "username=juan&password=Mi_Contraseña_123", kind=FORM), "user")


@EITHER_SLASH
@EITHER_PREFIX
def test_e_looking(cast: Cast, prefix: str, slash: str) -> None:
    ana = start_session(cast.ana.user).access  # type: ignore[arg-type]
    me = call("GET", with_slash(f"{prefix}/users/me", slash), token=ana)
    assert (me.status_code, me.json()["username"]) == (200, "ana")
    own = call("GET", with_slash(f"{prefix}/users/ana", slash), token=ana)
    assert (own.status_code, own.json()["email"]) == (200, "ana@example.com")
    listed = call("GET", with_slash(f"{prefix}/users/?skip=0&limit=10", slash), token=staff_token(cast, Role.READER))
    assert (listed.status_code, len(listed.json()), listed["X-Total-Count"]) == (200, 6, "6")


@EITHER_SLASH
@EITHER_PREFIX
def test_e_changing_ones_profile(cast: Cast, prefix: str, slash: str) -> None:
    answer = call(
        "PUT",
        with_slash(f"{prefix}/users/me/update", slash),
        '{"email":"nuevo@example.com","full_name":"Juan Carlos Pérez"}',
        token=start_session(cast.ana.user).access,  # type: ignore[arg-type]
    )
    body = answer.json()
    assert (answer.status_code, body["email"], body["full_name"]) == (200, "nuevo@example.com", "Juan Carlos Pérez")


@EITHER_SLASH
@EITHER_PREFIX
def test_e_changing_ones_password(cast: Cast, prefix: str, slash: str) -> None:
    """The words of the example are too short to be chosen, and the answer says so; others of that form are taken."""
    user = cast.ana.user
    assert user
    user.set_password("antiguo")
    user.save()
    path = with_slash(f"{prefix}/users/me/change-password", slash)
    answer = call("POST", path, "old_password=antiguo&new_password=nuevo", kind=FORM, token=start_session(user).access)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["new_password"])
    form = "old_password=antiguo&new_password=nuevo_y_más_largo"
    assert call("POST", path, form, kind=FORM, token=start_session(user).access).status_code == 204
    is_a_session(call("POST", "/api/token", "username=ana&password=nuevo_y_más_largo", kind=FORM), "user")


@EITHER_SLASH
@EITHER_PREFIX
def test_e_deleting_closes_the_door(cast: Cast, prefix: str, slash: str) -> None:
    answer = call("DELETE", with_slash(f"{prefix}/users/ana", slash), token=staff_token(cast))
    assert (answer.status_code, answer.content) == (204, b"")
    assert not User.objects.get(username="ana").is_active
    refused(call("POST", "/api/token", f"username=ana&password={PASSWORD}", kind=FORM), 401, "invalid_credentials")


# --- B and C: clients ----------------------------------------------------------------------------------------------


@EITHER_SLASH
@EITHER_PREFIX
def test_b_keeping_a_client(demo: None, prefix: str, slash: str) -> None:
    token = is_a_session(call("POST", f"{prefix}/auth/token", "username=admin&password=string", kind=FORM), "admin")
    created = call(
        "POST",
        with_slash(f"{prefix}/clients/", slash),
        '{"full_name":"Carlos Perez","email":"carlos.perez@example.com","rfc":"PEPJ800101HNE"}',
        token=token,
    )
    assert created.status_code == 201, created.content
    client = Client.objects.get(pk=UUID(created.json()["id"]))
    assert (client.full_name, client.tax_id, client.tax_id_verified) == ("Carlos Perez", "PEPJ800101HNE", False)
    assert client.cash_account.balance == Decimal(0)
    to_staff = call("GET", with_slash(f"{prefix}/clients/PEPJ800101HNE", slash), token=token)
    assert (to_staff.status_code, to_staff.json()["full_name"]) == (200, "Carlos Perez")
    to_anybody = call("GET", with_slash(f"{prefix}/clients/PEPJ800101HNE", slash))
    assert to_anybody.status_code == 200
    assert not re.search("carlos|perez", to_anybody.content.decode(), re.IGNORECASE)


@EITHER_SLASH
@EITHER_PREFIX
def test_c_keeping_a_client(demo: None, prefix: str, slash: str) -> None:
    token = is_a_session(
        call("POST", f"{prefix}/token", "username=admin@example.com&password=admin123", kind=FORM), "admin"
    )
    created = call(
        "POST",
        with_slash(f"{prefix}/clients", slash),
        '{"name":"João Silva","email":"joao@example.com","is_active":true}',
        token=token,
    )
    assert created.status_code == 201, created.content
    for search in ("joão", "jo%C3%A3o"):
        path = with_slash(f"{prefix}/clients?skip=0&limit=20&search={search}&is_active=true", slash)
        listed = call("GET", path, token=token)
        assert listed.status_code == 200, listed.content
        assert [row["id"] for row in _rows(listed)] == [created.json()["id"]]


def _rows(answer: HttpResponse) -> Iterator[dict[str, Any]]:
    body = orjson.loads(answer.content)
    yield from body if isinstance(body, list) else body["results"]
