"""The API's own pages in a real browser: they work, and `visit` has nothing to hold against them."""

from __future__ import annotations

import pytest

from conftest import PASSWORD, Cast
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser


def test_swagger_signs_in_and_calls(visit: Visit, cast: Cast) -> None:
    page = visit()
    page.goto("/docs")
    login = page.locator("#operations-auth-login")
    login.locator(".opblock-summary-control").click()
    login.get_by_role("button", name="Try it out").click()
    login.locator("textarea").fill(f'{{"email": "ana", "password": "{PASSWORD}"}}')
    login.get_by_role("button", name="Execute").click()
    answer = login.locator(".live-responses-table .response-col_description pre").first
    answer.wait_for()
    token = answer.inner_text().split('"access_token": "')[1].split('"')[0]
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".auth-container input").fill(token)
    page.locator(".auth-container").get_by_role("button", name="Apply credentials").click()
    page.locator(".auth-container").get_by_role("button", name="Close").click()
    me = page.locator("#operations-users-me")
    me.locator(".opblock-summary-control").click()
    me.get_by_role("button", name="Try it out").click()
    me.get_by_role("button", name="Execute").click()
    answer = me.locator(".live-responses-table .response-col_description pre").first
    answer.wait_for()
    assert "Ana Gómez" in answer.inner_text()


def test_redoc_shows_and_searches(visit: Visit) -> None:
    page = visit()
    page.goto("/redoc")
    page.get_by_role("heading", name="Vincularse a un fondo").wait_for()
    page.locator("input[type=text]").fill("historial")
    page.locator("[role=search] li").filter(has_text="Mi historial").first.wait_for()


def test_the_browsable_api_moves_money_for_whoever_is_signed_in(visit: Visit, watch: Watch, cast: Cast) -> None:
    watch.expected.add(405)  # there is no GET; the page offers the POST
    page = visit()
    page.goto("/api/v1/funds")
    page.get_by_role("link", name="Log in").or_(page.get_by_role("link", name="Iniciar sesión")).click()
    page.locator("input[name=login]").fill("ana")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/api/v1/funds")
    page.get_by_text("FDO-ACCIONES").wait_for()
    page.goto("/api/v1/subscriptions/3")
    page.locator("textarea[name=_content]").fill('{"amount": 50000}')
    page.get_by_role("button", name="POST").click()
    page.get_by_text("450000.00").wait_for()
