from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver

from conftest import Cast
from tests.api import Api


@pytest.fixture
def described(db: None) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(Browser().get("/openapi.json").content)
    return body


def test_the_description_is_valid_and_raises_no_warning(db: None) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")


def _routes(resolver: URLResolver, prefix: str = "") -> list[str]:
    found: list[str] = []
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        found += [path] if isinstance(entry, URLPattern) else _routes(entry, path)
    return found


def test_every_route_is_described(described: dict[str, Any]) -> None:
    routes = {path for path in _routes(get_resolver()) if path.startswith("api/v1/")}
    assert len(described["paths"]) == len(routes)
    for methods in described["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["operationId"]


def test_every_route_answers_without_the_version_too_and_is_described_once(described: dict[str, Any]) -> None:
    routes = [path for path in _routes(get_resolver()) if path.startswith("api/")]
    versioned = {path.removeprefix("api/v1/") for path in routes if path.startswith("api/v1/")}
    assert {path.removeprefix("api/") for path in routes if not path.startswith("api/v1/")} == versioned
    assert all(path.startswith("/api/v1/") for path in described["paths"])


def test_refusals_are_described_as_problems(described: dict[str, Any]) -> None:
    for methods in described["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"]
    subscribe = described["paths"]["/api/v1/subscriptions/{fund_id}"]["post"]
    assert {"201", "400", "401", "403", "404", "409", "422"} <= subscribe["responses"].keys()
    (example,) = subscribe["responses"]["400"]["content"]["application/problem+json"]["examples"].values()
    assert example["value"]["detail"].startswith("No tiene saldo disponible para vincularse al fondo ")


def test_money_moving_calls_describe_the_idempotency_key(described: dict[str, Any]) -> None:
    for path in ("/api/v1/subscriptions/{fund_id}", "/api/v1/subscriptions/{subscription_id}/cancel"):
        operation = described["paths"][path]["post"]
        headers = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"]
        assert headers == ["Idempotency-Key"]
        success = next(status for status in operation["responses"] if status.startswith("2"))
        assert "Idempotency-Replayed" in operation["responses"][success]["headers"]


def test_what_needs_a_token_says_so(described: dict[str, Any]) -> None:
    open_to_all = {
        operation["operationId"]
        for methods in described["paths"].values()
        for operation in methods.values()
        if operation.get("security", [{}]) == [{}]
    }
    signing_in = {"login", "login_second_factor", "auth_token_create", "token_create", "refresh", "refresh_token"}
    places = {"countries", "regions", "provinces", "province", "cities"}
    assert (
        open_to_all
        == {"register", "register_user", "client_by_rfc", "funds", "fund", "verify_document"} | signing_in | places
    )


def test_the_examples_are_what_the_api_answers(cast: Cast, described: dict[str, Any]) -> None:
    """Same fields, in the calls that existing clients make."""
    subscribe = described["paths"]["/api/v1/subscriptions/{fund_id}"]["post"]
    call = _example(subscribe["requestBody"])
    api = Api(cast.ana.user)
    response = api.post("subscriptions/2", call)
    assert response.json().keys() == _example(subscribe["responses"]["201"]).keys()
    listed = api.get("transactions").json()
    example = _example(described["paths"]["/api/v1/transactions"]["get"]["responses"]["200"])
    assert listed.keys() == example.keys()
    assert listed["results"][0].keys() == example["results"][0].keys()


def _example(described: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = next(iter(described["content"]["application/json"]["examples"].values()))["value"]
    return value


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_pages_carry_nothing_inline(db: None, path: str) -> None:
    response = Browser().get(path)
    assert response.status_code == 200
    assert b"<style" not in response.content
    assert b"<script>" not in response.content
    assert b"https://" not in response.content


def test_only_redoc_has_exceptions_from_the_policy(db: None) -> None:
    policy = Browser().get("/docs")["Content-Security-Policy"]
    assert policy == Browser().get("/api/v1/funds")["Content-Security-Policy"]
    redoc = Browser().get("/redoc")["Content-Security-Policy"]
    assert "unsafe" not in policy + redoc
    assert "worker-src 'self' blob:" in redoc


def test_redoc_calls_nobody_elses_server(db: None) -> None:
    response = Browser().get("/redoc/bundle.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert len(response.content) > 500_000
    assert b"cdn.redoc.ly" not in response.content
