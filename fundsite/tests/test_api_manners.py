"""How the API behaves whatever it is asked: slashes, methods, bodies, languages, headers, failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from conftest import Cast
from core.api import LARGEST_BODY
from tests.api import Api, books, refused

UUID = "0199d3a1-8f3a-7b2c-a1d4-5e6f708122c1"
ROUTES = {
    "auth/register": "POST, OPTIONS",
    "auth/login": "POST, OPTIONS",
    "auth/refresh": "POST, OPTIONS",
    "auth/logout": "POST, OPTIONS",
    "auth/token": "POST, OPTIONS",
    "token": "POST, OPTIONS",
    "users": "GET, HEAD, OPTIONS",
    "users/register": "POST, OPTIONS",
    "users/me": "GET, HEAD, OPTIONS",
    "users/me/update": "PUT, PATCH, OPTIONS",
    "users/me/change-password": "POST, OPTIONS",
    "users/ana": "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
    "users/ana/role": "PUT, OPTIONS",
    "users/ana/remove-second-factor": "POST, OPTIONS",
    "funds": "GET, HEAD, OPTIONS",
    "funds/2": "GET, HEAD, OPTIONS",
    "subscriptions": "GET, HEAD, OPTIONS",
    "subscriptions/2": "POST, OPTIONS",
    f"subscriptions/{UUID}": "GET, HEAD, OPTIONS",
    f"subscriptions/{UUID}/cancel": "POST, OPTIONS",
    "transactions": "GET, HEAD, OPTIONS",
    f"transactions/{UUID}": "GET, HEAD, OPTIONS",
}


def _call(api: Api, method: str, path: str) -> HttpResponse:
    return api.browser.generic(method, f"/api/v1/{path}", headers=api.headers)


@pytest.mark.parametrize("path", ROUTES)
def test_a_route_answers_with_and_without_the_slash_at_its_end(cast: Cast, path: str) -> None:
    method = ROUTES[path].partition(",")[0]
    with_slash, without = (_call(Api(cast.ana.user), method, written) for written in (f"{path}/", path))
    assert with_slash.status_code == without.status_code
    assert not without.headers.get("Location")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_is_not_there_is_refused_with_those_that_are(cast: Cast, path: str, method: str) -> None:
    if method in ROUTES[path]:
        return
    api = Api(cast.ana.user)
    before = books()
    response = api.browser.generic(method, f"/api/v1/{path}", headers=api.headers)
    refused(response, 405, "method_not_allowed")
    assert response["Allow"] == ROUTES[path]
    assert books() == before


@pytest.mark.parametrize("path", [path for path, allowed in ROUTES.items() if "GET" in allowed])
def test_head_is_get_without_its_body(cast: Cast, path: str) -> None:
    api = Api(cast.ana.user)
    head = api.browser.head(f"/api/v1/{path}", headers=api.headers)
    assert (head.status_code, head.content) == (api.get(path).status_code, b"")


@pytest.mark.parametrize("path", ROUTES)
def test_options_describe_a_route(cast: Cast, path: str) -> None:
    api = Api(cast.ana.user)
    response = api.browser.options(f"/api/v1/{path}", headers=api.headers)
    assert (response.status_code, response["Allow"]) == (200, ROUTES[path])


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nada",
        "funds/x",
        "funds/-1",
        "funds/1.5",
        f"funds/{'9' * 5000}",
        "subscriptions/x",
        "subscriptions/x/cancel",
        "subscriptions/2/cancel",
        f"subscriptions/{UUID[:-1]}/cancel",
        "transactions/1",
        "transactions/%00",
        f"transactions/{UUID}/x",
        "../admin",
    ],
)
def test_an_unknown_address_is_a_problem_too(cast: Cast, path: str) -> None:
    api = Api(cast.ana.user)
    refused(api.get(path), 404, "not_found")
    refused(api.post(path, {"amount": 125000}), 404, "not_found")


# --- Bodies --------------------------------------------------------------------------------------------------------

POSTS = ["auth/register", "auth/login", "auth/refresh", "subscriptions/2"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"amount": 125000',
        b"\xff\xfe\x00",
        b'{"amount": "\xe9"}',
        b'{"amount": 125000, "note": "\\ud800"}',
        b"[" * 100_000,
    ],
)
def test_what_is_not_json_is_refused(cast: Cast, path: str, body: bytes) -> None:
    api = Api(cast.ana.user)
    before = books()
    refused(api.post(path, body), 400, "parse_error")
    assert books() == before


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", [b"[]", b"125000", b'"125000"', b"null", b"true", b"NaN", b'[{"amount": 125000}]'])
def test_json_that_is_no_object_is_refused(cast: Cast, path: str, body: bytes) -> None:
    api = Api(cast.ana.user)
    before = books()
    assert api.post(path, body).status_code == 400
    assert books() == before


@pytest.mark.parametrize("path", POSTS)
def test_a_body_of_a_megabyte_is_refused_unread(cast: Cast, path: str) -> None:
    api = Api(cast.ana.user)
    before = books()
    refused(api.post(path, b'{"amount": 125000, "note": "%s"}' % (b"a" * 1_000_000)), 413, "body_too_large")
    assert books() == before
    assert LARGEST_BODY < 1_000_000


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/xml", "", "x"],
)
def test_other_kinds_of_body_are_refused(cast: Cast, path: str, content_type: str) -> None:
    api = Api(cast.ana.user)
    before = books()
    response = api.browser.generic(
        "POST", f"/api/v1/{path}", b'{"amount": 125000}', content_type=content_type, headers=api.headers
    )
    refused(response, 415, "unsupported_media_type")
    assert books() == before


def test_a_body_without_its_length_is_refused_rather_than_overlooked(cast: Cast) -> None:
    api = Api(cast.ana.user)
    before = books()
    response = api.browser.post(
        "/api/v1/subscriptions/2", headers={**api.headers, "Transfer-Encoding": "chunked"}, CONTENT_LENGTH=""
    )
    refused(response, 411, "length_required")
    assert books() == before


def test_json_may_name_its_charset(cast: Cast) -> None:
    api = Api(cast.ana.user)
    response = api.browser.generic(
        "POST",
        "/api/v1/subscriptions/2",
        b'{"amount": 125000}',
        content_type="application/json; charset=utf-8",
        headers=api.headers,
    )
    assert response.status_code == 201


# --- Languages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "given", "detail", "required"),
    [
        (None, "es", "Las credenciales de autenticación no se proveyeron.", "Este campo es requerido."),
        ("es-CO,es;q=0.9", "es", "Las credenciales de autenticación no se proveyeron.", "Este campo es requerido."),
        ("fr", "es", "Las credenciales de autenticación no se proveyeron.", "Este campo es requerido."),
        (
            "pt-BR,pt;q=0.9",
            "pt-br",
            "As credenciais de autenticação não foram fornecidas.",
            "Este campo é obrigatório.",
        ),
        ("en-GB,en;q=0.8", "en", "Authentication credentials were not provided.", "This field is required."),
        ("fr, en;q=0.5, es;q=0.1", "en", "Authentication credentials were not provided.", "This field is required."),
    ],
)
def test_refusals_speak_the_language_asked_for(
    cast: Cast, asked: str | None, given: str, detail: str, required: str
) -> None:
    headers = {"Accept_Language": asked} if asked else {}
    response = Api().get("users/me", **headers)
    assert refused(response, 401, "not_authenticated")["detail"] == detail
    assert response["Content-Language"] == given
    assert "Accept-Language" in response["Vary"]
    response = Api(cast.ana.user).post("subscriptions/2", {}, **headers)
    assert refused(response, 400, "required")["errors"] == {"amount": [required]}


def test_nothing_of_the_frameworks_own_comes_untranslated(cast: Cast) -> None:
    """What REST framework says in English without being asked to."""
    api = Api(cast.ana.user)
    answers = [
        api.get("funds/x"),
        api.get("auth/login"),
        api.get("funds", Accept="application/xml"),
        api.post("subscriptions/2", b"{"),
        api.post("subscriptions/2", b"[]"),
        api.browser.post("/api/v1/subscriptions/2", {"amount": 1}, headers=api.headers),
        api.post("auth/login", {"email": 1.5, "password": {}}),
        api.post("auth/register", {"email": "x", "notify_channel": "x", "full_name": None, "password": ""}),
        api.get("transactions?type=x&fund=x&since=x&limit=1000"),
        api.get("transactions?fund=0&until=2026-01-01T10:00"),
    ]
    english = (" the ", "This field", "Ensure", "not a valid", "Not ", "Method", "Unsupported", "Invalid data", "Date ")
    for answer in answers:
        assert 400 <= answer.status_code < 500
        said = str([answer.json()["title"], answer.json()["detail"], answer.json().get("errors")])
        assert not [word for word in english if word in said], said


# --- Headers -------------------------------------------------------------------------------------------------------


def test_a_request_id_is_echoed_or_made(cast: Cast) -> None:
    assert Api().get("funds", X_Request_ID="abc-12345678")["X-Request-ID"] == "abc-12345678"
    made = {Api().get("funds", X_Request_ID=bad)["X-Request-ID"] for bad in ("", "corto", "a b c d e f g h", "x" * 65)}
    assert len(made) == 4
    assert all(len(id) == 32 for id in made)


@pytest.mark.parametrize("accept", ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_a_browser_gets_a_page_and_a_program_does_not(cast: Cast, accept: str) -> None:
    api = Api(cast.ana.user)
    for path in ("funds", "transactions", "users/me", "subscriptions/2", f"transactions/{uuid4()}"):
        response = api.get(path, Accept=accept)
        assert response["Content-Type"] == "text/html; charset=utf-8"
        assert b"<style" not in response.content
        assert b" style=" not in response.content
    for accepted in ("*/*", "application/json", "application/*"):
        assert api.get("funds", Accept=accepted)["Content-Type"] == "application/json"


def test_a_format_that_is_not_there_is_refused(cast: Cast) -> None:
    refused(Api().get("funds", Accept="application/xml"), 406, "not_acceptable")


def test_answers_are_kept_by_no_cache(cast: Cast) -> None:
    for response in (Api().get("funds"), Api(cast.ana.user).get("transactions"), Api().get("users/me")):
        assert response["Cache-Control"] == "no-store"


def test_other_sites_may_call_only_if_listed(cast: Cast, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}

    def ask(origin: str) -> HttpResponse:
        return Browser().options("/api/v1/subscriptions/2", headers={"Origin": origin, **preflight})

    allowed = ask("https://app.example.com")
    assert allowed["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "idempotency-key" in allowed["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in ask("https://evil.example.com")


def test_a_host_that_is_not_ours_is_refused(cast: Cast) -> None:
    refused(Api().get("users/me", Host="evil.example.com"), 400, "bad_request")


# --- Failures ------------------------------------------------------------------------------------------------------


def _down(execute: Callable[..., Any], *args: object) -> None:
    raise OperationalError("the database is down")


def test_health_is_the_databases_too(db: None) -> None:
    response = Browser().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]
    assert Browser().head("/healthz").status_code == 200
    assert Browser().post("/healthz").status_code == 405
    with connection.execute_wrapper(_down):
        response = Browser().get("/healthz")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})


def test_health_can_be_asked_for_without_tls(db: None, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Browser().get("/healthz").status_code == 200
    assert Browser().get("/api/v1/funds").status_code == 301


def test_a_failure_is_a_problem_that_gives_nothing_away(cast: Cast) -> None:
    api = Api(cast.ana.user)
    api.browser.raise_request_exception = False
    with patch("funds.services.subscribe", side_effect=RuntimeError("secret detail")):
        response = api.subscribe()
    body = refused(response, 500, "internal_error")
    assert "secret" not in str(body)
    assert api.balance() == "500000.00"
