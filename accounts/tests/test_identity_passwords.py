"""Choosing, changing and recovering passwords."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services.passwords import UnfitPassword, WrongPassword, change_password
from accounts.tests.codes import code, set_up_app
from accounts.tokens import start_session
from conftest import PASSWORD, Cast
from events.models import Event
from tests.api import Api, books, refused

NEW = "una frase bastante larga"


def signs_in(password: str, identifier: str = "ana") -> bool:
    return Api().post("auth/login", {"email": identifier, "password": password}).status_code == 200


# --- What a password may be ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        "Secret123!",
        "Mi_Contraseña_123",
        "solo letras minusculas",
        "48151623420987",
        "ñandú 🦤 über 密碼",
        "  con blancos  ",
        "x" * 64 + "y" * 64,
        "ﬁ ligada y ﬀ",
    ],
)
def test_a_password_is_taken_exactly_as_it_was_typed(cast: Cast, password: str) -> None:
    change_password(cast.ana.user, PASSWORD, password)
    assert signs_in(password)
    for other in (password[:-1], password + " ", password.swapcase()):
        if other != password:
            assert not signs_in(other)
            AccessAttempt.objects.all().delete()


@pytest.mark.parametrize("password", ["", "corta", "1234567", "password", "12345678", "1234567890", "qwertyuiop"])
def test_what_is_short_or_well_known_is_refused(cast: Cast, password: str) -> None:
    before, hashed = books(), cast.ana.user.password
    with pytest.raises(UnfitPassword):
        change_password(cast.ana.user, PASSWORD, password)
    cast.ana.user.refresh_from_db()
    assert (books(), cast.ana.user.password) == (before, hashed)


def test_ones_own_name_and_address_are_no_password(cast: Cast) -> None:
    user = cast.ana.user
    for password in ("ana@example.com", "Ana Gómez", "ana gómez"):
        with pytest.raises(ValidationError):
            validate_password(password, user)


# --- Changing it -----------------------------------------------------------------------------------------------------


def test_without_the_old_password_nothing_changes(cast: Cast) -> None:
    pair = start_session(cast.ana.user)
    before = books()
    with pytest.raises(WrongPassword):
        change_password(cast.ana.user, "No-es-esta-1", NEW)
    assert books() == before
    assert Api(Authorization=f"Bearer {pair.access}").get("users/me").status_code == 200
    assert signs_in(PASSWORD)


def test_a_password_that_changed_in_the_meantime_wins(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = User.objects.get(pk=cast.ana.user_id)
    change_password(cast.ana.user, PASSWORD, NEW)
    before = books()
    with pytest.raises(WrongPassword):
        change_password(stale, PASSWORD, "otra frase bastante larga")
    assert books() == before
    assert signs_in(NEW)


def signed_in_browser(password: str = PASSWORD, identifier: str = "ana") -> Browser:
    browser = Browser()
    assert browser.post("/cuenta/ingreso/", {"login": identifier, "password": password}).status_code == 302
    return browser


def test_changing_it_on_the_page_keeps_this_session_and_ends_the_others(cast: Cast) -> None:
    mine, other, pair = signed_in_browser(), signed_in_browser(), start_session(cast.ana.user)
    answer = mine.post("/seguridad/contrasena/", {"old_password": PASSWORD, "new_password": NEW})
    assert answer.headers["Location"] == "/seguridad/"
    assert mine.get("/panel/").status_code == 200
    assert other.get("/panel/").status_code == 302
    refused(Api(Authorization=f"Bearer {pair.access}").get("users/me"), 401, "invalid_token")
    refused(Api().post("auth/refresh", {"refresh_token": pair.refresh}), 401, "invalid_token")
    assert mail.outbox == []  # the notice that hears of the event is written to them
    assert Event.objects.filter(name="accounts.password_changed", actor_id=cast.ana.user_id).count() == 1
    page = mine.get("/seguridad/")
    assert [place.is_current for place in page.context["places"]] == [True]
    assert signs_in(NEW)
    assert not signs_in(PASSWORD)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"old_password": "No-es-esta-1", "new_password": NEW}, "old_password"),
        ({"old_password": PASSWORD, "new_password": "corta"}, "new_password"),
        ({"old_password": PASSWORD, "new_password": "password1"}, "new_password"),
        ({"old_password": PASSWORD, "new_password": "x" * 1025}, "new_password"),
        ({"old_password": PASSWORD}, "new_password"),
        ({"new_password": NEW}, "old_password"),
    ],
)
def test_a_refused_change_says_where_and_changes_nothing(cast: Cast, form: dict[str, str], field: str) -> None:
    mine, pair = signed_in_browser(), start_session(cast.ana.user)
    before = books()
    answer = mine.post("/seguridad/contrasena/", form)
    assert list(answer.context["form"].errors) == [field]
    assert books() == before
    assert Api(Authorization=f"Bearer {pair.access}").get("users/me").status_code == 200
    assert mine.get("/panel/").status_code == 200
    assert signs_in(PASSWORD)


def test_the_old_password_cannot_be_guessed_at_an_open_session(cast: Cast, settings: Settings) -> None:
    settings.PASSWORD_CHANGES_PER_ADDRESS = "5/m"
    mine = signed_in_browser()
    for number in range(5):
        form = {"old_password": f"No-es-esta-{number}", "new_password": NEW}
        assert mine.post("/seguridad/contrasena/", form).status_code == 200
    before = books()
    answer = mine.post("/seguridad/contrasena/", {"old_password": PASSWORD, "new_password": NEW})
    assert answer.status_code == 429
    assert books() == before
    assert signs_in(PASSWORD)


# --- Recovering it by mail -------------------------------------------------------------------------------------------


def ask(email: str) -> HttpResponse:
    return Browser().post("/cuenta/recuperar/", {"email": email})


def mailed_link() -> str:
    found = re.search(r"https?://testserver(/\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


def follow(link: str, password: str, browser: Browser | None = None) -> HttpResponse:
    browser = browser or Browser()
    answer = browser.get(link)
    if answer.status_code != 302:
        return answer
    return browser.post(answer.headers["Location"], {"password1": password})


def test_the_mailed_link_sets_a_password_once_and_ends_all_sessions(cast: Cast) -> None:
    browser, pair = signed_in_browser(), start_session(cast.ana.user)
    assert ask("Ana@Example.com").headers["Location"] == "/cuenta/recuperar/enviado/"
    assert mail.outbox[0].to == ["ana@example.com"]
    link = mailed_link()
    assert follow(link, NEW).headers["Location"] == "/cuenta/recuperar/lista/"
    refused(Api(Authorization=f"Bearer {pair.access}").get("users/me"), 401, "invalid_token")
    refused(Api().post("auth/refresh", {"refresh_token": pair.refresh}), 401, "invalid_token")
    assert browser.get("/panel/").status_code == 302
    assert signs_in(NEW)
    assert not signs_in(PASSWORD)
    before = books()
    again = follow(link, "y otra frase distinta")
    assert (again.status_code, "ya no sirve" in again.content.decode()) == (200, True)
    assert books() == before
    assert signs_in(NEW)
    names = [*Event.objects.values_list("name", flat=True)]
    assert names.count("accounts.password_reset_requested") == names.count("accounts.password_reset") == 1


def test_using_the_link_signs_nobody_in(cast: Cast) -> None:
    ask("ana@example.com")
    browser = Browser()
    follow(mailed_link(), NEW, browser)
    assert browser.get("/panel/").status_code == 302


def test_the_link_does_not_get_around_the_second_factor(cast: Cast) -> None:
    set_up_app(cast.ana.user)
    ask("ana@example.com")
    browser = Browser()
    follow(mailed_link(), NEW, browser)
    answer = browser.post("/cuenta/ingreso/", {"login": "ana", "password": NEW})
    assert answer.headers["Location"] == "/seguridad/segundo-factor/authenticate/"
    assert browser.get("/panel/").status_code == 302
    assert Api().post("auth/login", {"email": "ana", "password": NEW}).json()["mfa_required"]
    assert browser.post("/seguridad/segundo-factor/authenticate/", {"code": code()}).status_code == 302
    assert browser.get("/panel/").status_code == 200


def test_the_link_is_good_for_an_hour(cast: Cast) -> None:
    ask("ana@example.com")
    link = mailed_link()
    with time_machine.travel(
        (timezone.now() + timedelta(minutes=61)).timestamp(), tick=False
    ):  # Django counts local time
        before = books()
        assert "ya no sirve" in follow(link, NEW).content.decode()
        assert books() == before
    with time_machine.travel(
        (timezone.now() + timedelta(minutes=59)).timestamp(), tick=False
    ):  # Django counts local time
        assert follow(link, NEW).status_code == 302


def test_the_link_dies_with_a_change_of_password_and_of_a_tampered_one_nothing_comes(cast: Cast) -> None:
    ask("ana@example.com")
    link = mailed_link()
    beto = cast.beto.user_id.hex
    for tampered in (
        link[:-2] + "x/",
        link.replace("-", "x-", 1),
        "/cuenta/recuperar/0-x/",
        f"/cuenta/recuperar/{beto}/",
    ):
        answer = follow(tampered, NEW)
        assert answer.status_code in (200, 404)
    change_password(cast.ana.user, PASSWORD, NEW)
    assert "ya no sirve" in follow(link, "y otra frase distinta").content.decode()
    assert signs_in(NEW)


def test_a_poor_new_password_is_refused_and_the_link_stays_good(cast: Cast) -> None:
    ask("ana@example.com")
    link = mailed_link()
    before = books()
    assert "password1" in follow(link, "password").context["form"].errors
    assert books() == before
    assert signs_in(PASSWORD)
    assert follow(mailed_link(), NEW).status_code in (200, 302)


def test_the_answer_and_the_work_are_the_same_for_known_unknown_and_inactive(cast: Cast) -> None:
    User.objects.filter(pk=cast.beto.user_id).update(is_active=False)
    answers = []
    for email in ("ana@example.com", "nadie@example.com", "beto@example.com"):
        mail.outbox.clear()
        answer = ask(email)
        answers.append((answer.status_code, answer.headers["Location"], len(mail.outbox)))
        assert ("/cuenta/recuperar/" in mail.outbox[0].body) is (email == "ana@example.com"), mail.outbox[0].body
    assert len(set(answers)) == 1


def test_an_address_that_is_not_the_users_any_more_gets_no_link(cast: Cast) -> None:
    user = cast.ana.user
    EmailAddress.objects.create(user=user, email="antes@example.com", verified=True, primary=True)
    ask("antes@example.com")
    assert "/cuenta/recuperar/" not in mail.outbox[0].body


def test_asking_for_mails_has_a_limit(cast: Cast) -> None:
    for _ in range(5):
        assert ask("ana@example.com").status_code == 302
    mail.outbox.clear()
    answer = ask("ana@example.com")
    assert (answer.status_code, len(mail.outbox)) == (429, 0)
