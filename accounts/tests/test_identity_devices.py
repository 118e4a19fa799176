"""A sign-in with something that a user never used before is told apart; and every event says what role called."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookies import Morsel

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

import manage
from accounts.models import KnownDevice, User
from accounts.services import devices
from accounts.tests.codes import code, set_up_app
from accounts.tokens import start_session
from conftest import PASSWORD, Cast
from events.models import Event
from tests.api import Api, refused

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
COOKIE = "dispositivo"


def by_page(browser: Browser, identifier: str = "ana", agent: str = CHROME.format(140)) -> HttpResponse:
    return browser.post("/cuenta/ingreso/", {"login": identifier, "password": PASSWORD}, headers={"User-Agent": agent})


def by_api(identifier: str = "ana", agent: str = "python-httpx/0.28.1") -> HttpResponse:
    return Api(User_Agent=agent).post("auth/login", {"email": identifier, "password": PASSWORD})


def told(user: User) -> list[str]:
    """The devices that a user has been told about, in order."""
    rows = Event.objects.filter(name="accounts.new_device", payload__user_id=str(user.pk)).order_by("seq")
    return [row.payload["device"] for row in rows]


def cookie(browser: Browser) -> Morsel[str]:
    return browser.cookies[COOKIE]


def test_the_first_sign_in_ever_is_with_nothing_new(cast: Cast) -> None:
    assert by_page(Browser()).status_code == 302
    assert by_api("beto").status_code == 200
    assert told(cast.ana.user) == told(cast.beto.user) == []


def test_signing_up_on_the_pages_makes_that_browser_known(cast: Cast) -> None:
    fresh = Browser()
    form = {
        "email": "nueva@example.com",
        "full_name": "Nueva Persona",
        "password1": "una frase bastante larga",
        "password2": "una frase bastante larga",
        "notify_channel": "email",
        "notify_destination": "nueva@example.com",
    }
    assert fresh.post("/cuenta/registro/", form, headers={"User-Agent": CHROME.format(140)}).status_code == 302
    user = User.objects.get(email="nueva@example.com")
    assert KnownDevice.objects.filter(user=user).count() == 1
    assert told(user) == []


def test_another_browser_is_new_once_and_known_by_its_cookie_from_then_on(cast: Cast) -> None:
    by_page(Browser())
    second = Browser()
    by_page(second, agent=FIREFOX)
    assert told(cast.ana.user) == ["Firefox, Linux"]
    by_page(second, agent=FIREFOX.replace("141", "150"))  # it was updated meanwhile
    assert told(cast.ana.user) == ["Firefox, Linux"]


def test_the_same_kind_of_browser_elsewhere_is_new(cast: Cast) -> None:
    by_page(Browser())
    by_page(Browser())  # a thief with the same Chrome on the same Windows
    assert told(cast.ana.user) == ["Chrome, Windows"]


def test_a_browser_is_known_for_each_user_apart(cast: Cast) -> None:
    shared = Browser()
    by_page(shared)
    shared.post("/cuenta/salida/")
    by_page(Browser(), "beto")
    by_page(shared, "beto")
    assert told(cast.beto.user) == ["Chrome, Windows"]
    assert told(cast.ana.user) == []


@pytest.mark.parametrize("forged", ["", "abc", "abc:def:ghi", "x" * 3000])
def test_a_cookie_that_is_not_ours_makes_nothing_known(cast: Cast, forged: str) -> None:
    owner = Browser()
    by_page(owner)
    thief = Browser()
    thief.cookies[COOKIE] = forged or cookie(owner).value.partition(":")[0]  # the token without its signature
    assert by_page(thief).status_code == 302
    assert told(cast.ana.user) == ["Chrome, Windows"]
    assert cookie(thief).value not in (forged, cookie(owner).value)


def test_the_cookie_is_for_us_alone_and_lasts(cast: Cast) -> None:
    browser = Browser()
    by_page(browser)
    kept = cookie(browser)
    assert (kept["httponly"], kept["samesite"], kept["max-age"]) == (True, "Lax", 400 * 24 * 3600)
    mark = KnownDevice.objects.get(user=cast.ana.user).mark
    assert mark not in kept.value
    assert kept.value.partition(":")[0] not in mark


def test_a_program_is_known_by_its_name_whatever_its_version(cast: Cast) -> None:
    by_page(Browser())
    by_api(agent="python-httpx/0.28.1")
    by_api(agent="python-httpx/0.29.0 (Linux)")
    form = f"username=ana&password={PASSWORD}"
    Browser().post(
        "/api/v1/token",
        form,
        content_type="application/x-www-form-urlencoded",
        headers={"User-Agent": "okhttp/4.12"},
    )
    # The second names a system, so that it is another one.
    assert told(cast.ana.user) == ["python-httpx", "Linux", "okhttp"]


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        ("", "—"),
        ("https://evil.example/pay", "https"),
        ("evil.example/pay", "evil"),
        ("<script>alert(1)</script>", "—"),
        ("x" * 500, "x" * 40),
        ("\x00\x1f", "—"),
        ("Dart/3.9 (dart:io)", "Dart"),
    ],
)
def test_what_a_program_calls_itself_is_cut_to_a_word(agent: str, label: str) -> None:
    assert devices.program(agent).label == label


def test_with_a_second_factor_the_password_alone_makes_nothing_known(cast: Cast) -> None:
    by_api(agent="curl/8.0")
    set_up_app(cast.ana.user)
    ticket = by_api(agent="okhttp/4.12").json()["mfa_ticket"]
    assert (told(cast.ana.user), KnownDevice.objects.count()) == ([], 1)
    Api(User_Agent="okhttp/4.12").post("auth/mfa", {"mfa_ticket": ticket, "code": code()})
    assert told(cast.ana.user) == ["okhttp"]


def test_a_refused_sign_in_makes_nothing_known(cast: Cast) -> None:
    by_api(agent="curl/8.0")
    Api(User_Agent="okhttp/4.12").post("auth/login", {"email": "ana", "password": "No-es-esta-1"})
    Browser().post("/cuenta/ingreso/", {"login": "ana", "password": "No-es-esta-1"})
    assert (told(cast.ana.user), KnownDevice.objects.count()) == ([], 1)


def test_what_was_not_used_for_long_is_forgotten(cast: Cast) -> None:
    by_api(agent="curl/8.0")
    with time_machine.travel(timezone.now() + devices.REMEMBERED_FOR + timedelta(days=1), tick=False):
        by_api(agent="okhttp/4.12")
        assert KnownDevice.objects.count() == 1
        by_api(agent="curl/8.0")
    assert told(cast.ana.user) == ["okhttp", "curl"]


def test_of_several_first_sign_ins_at_once_one_is_told(real_commits: None, cast: Cast) -> None:
    by_api(agent="curl/8.0")

    def sign_in(_number: int) -> int:
        try:
            return by_api(agent="okhttp/4.12").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(sign_in, range(4))) == [200] * 4
    assert told(cast.ana.user) == ["okhttp"]


def test_calls_with_a_token_do_not_look_at_devices(cast: Cast, django_assert_num_queries: object) -> None:
    api = Api(cast.ana.user)
    api.get("users/me")
    with django_assert_num_queries(2):  # type: ignore[operator] # who calls, and who they are
        assert api.get("users/me").status_code == 200


# --- What an event knows of whoever called ---------------------------------------------------------------------------


def last(name: str) -> Event:
    return Event.objects.filter(name=name).latest("seq")


def test_events_of_a_call_carry_the_role_in_the_token(cast: Cast) -> None:
    Api(cast.ana.user).subscribe()
    assert last("funds.subscribed").context["role"] == "user"
    Api(cast.support).post("clients", {"full_name": "Carlos Perez", "email": "carlos.perez@example.com"})
    assert last("accounts.client_created").context["role"] == "support"


def test_events_of_a_page_carry_the_role_of_whoever_is_signed_in(cast: Cast) -> None:
    browser = Browser()
    by_page(browser, "admin")
    browser.post(f"/directorio/usuarios/{cast.beto.user.username}/desactivar/")
    browser.post("/cuenta/salida/")
    happened = ("accounts.login_succeeded", "accounts.user_deactivated", "accounts.logged_out")
    assert [last(name).context["role"] for name in happened] == ["admin"] * 3


def test_events_of_a_sign_in_by_the_api_carry_the_role(cast: Cast) -> None:
    by_api("support")
    assert last("accounts.login_succeeded").context["role"] == "support"


def test_events_of_nobody_carry_no_role(cast: Cast) -> None:
    by_api("nadie")
    assert "role" not in last("accounts.login_failed").context


def test_a_browsers_session_says_nothing_about_a_call_of_the_api(cast: Cast) -> None:
    browser = Browser()
    browser.force_login(cast.admin)
    body = {"email": "ana", "password": "No-es-esta-1"}
    refused(browser.post("/api/v1/auth/login", body, content_type="application/json"), 401, "invalid_credentials")
    assert "role" not in last("accounts.login_failed").context


def test_a_refused_token_gives_no_role(cast: Cast) -> None:
    access = start_session(cast.admin).access
    refused(Api(Authorization=f"Bearer {access}x").get("users/me"), 401, "invalid_token")
    by_api("nadie")
    assert "role" not in last("accounts.login_failed").context


def test_events_of_a_command_say_which(real_commits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["manage.py", "seed", "--demo", "--verbosity", "0"])
    before = Event.objects.latest("seq").seq
    manage._execute()
    made = list(Event.objects.filter(seq__gt=before))
    assert made
    assert all(event.context == {"path": "manage.py seed", "role": "system"} for event in made)


def test_failures_name_the_account_in_the_events_and_nowhere_else(cast: Cast) -> None:
    answers = [Api().post("auth/login", {"email": who, "password": "No-es-esta-1"}) for who in ("ana", "nadie")]
    assert answers[0].content == answers[1].content
    Browser().post("/cuenta/recuperar/", {"email": "ana@example.com"})
    Browser().post("/cuenta/recuperar/", {"email": "nadie@example.com"})
    for name in ("accounts.login_failed", "accounts.password_reset_requested"):
        rows = Event.objects.filter(name=name).order_by("seq")
        assert [(row.version, row.payload["user_id"]) for row in rows] == [(2, str(cast.ana.user_id)), (2, None)]


def test_telling_whose_account_it_was_asks_the_database_alike_for_somebody_and_nobody(cast: Cast) -> None:
    def cost(identifier: str) -> int:
        before = len(connection.queries_log)
        Api().post("auth/login", {"email": identifier, "password": "No-es-esta-1"})
        return len(connection.queries_log) - before

    connection.force_debug_cursor = True
    try:
        cost("warm-up@example.com")
        assert cost("ana@example.com") == cost("nadie@example.com")
    finally:
        connection.force_debug_cursor = False
