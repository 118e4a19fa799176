"""Guessing is slow, tells nothing, and locks nobody else out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.hashers import Argon2
from accounts.models import Session, User
from conftest import PASSWORD, Cast
from events.models import Event
from tests.api import Api, books, refused

WRONG = "No-es-esta-1"
ELSEWHERE = "10.9.8.7"


def by_api(identifier: str, password: str = WRONG, *, address: str = "127.0.0.1") -> HttpResponse:
    api = Api()
    api.browser = Browser(REMOTE_ADDR=address)
    return api.post("auth/login", {"email": identifier, "password": password})


def by_page(identifier: str, password: str = WRONG, *, address: str = "127.0.0.1") -> HttpResponse:
    return Browser(REMOTE_ADDR=address).post("/cuenta/ingreso/", {"login": identifier, "password": password})


def by_form(identifier: str, password: str = WRONG, *, address: str = "127.0.0.1") -> HttpResponse:
    return Browser(REMOTE_ADDR=address).post(
        "/api/v1/token", f"username={identifier}&password={password}", content_type="application/x-www-form-urlencoded"
    )


WAYS = [by_api, by_page, by_form]


def guess(times: int, identifier: str = "ana", **where: str) -> None:
    for _ in range(times):
        by_api(identifier, **where)


def events(name: str) -> int:
    return Event.objects.filter(name=name).count()


def test_the_fifth_failure_locks_the_pair_even_for_the_right_password(cast: Cast) -> None:
    guess(4)
    assert by_api("ana", PASSWORD).status_code == 200  # four are forgiven, and forgotten
    guess(4)
    assert by_api("ana").status_code == 429
    before = books()
    for way in WAYS:
        assert way("ana", PASSWORD).status_code == 429
    assert {**books(), "Event": 0} == {**before, "Event": 0}
    assert events("accounts.login_locked") == 1


def test_the_api_says_how_long_to_wait(cast: Cast) -> None:
    guess(5)
    answer = by_api("ana", PASSWORD)
    refused(answer, 429, "too_many_requests")
    assert 890 <= int(answer["Retry-After"]) <= 900


def test_the_page_says_it_in_words(cast: Cast) -> None:
    guess(5)
    answer = by_page("ana", PASSWORD)
    assert answer.status_code == 429
    assert "Demasiados intentos" in answer.content.decode()
    assert "15 minutos" in answer.content.decode()
    assert int(answer.headers["Retry-After"]) <= 900
    assert "_auth_user_id" not in answer.client.session


@pytest.mark.parametrize("spelling", ["ana", "ANA", "ana@example.com", " Ana@Example.com ", "ａｎａ"])
def test_failures_count_whatever_the_spelling_and_the_door(cast: Cast, spelling: str) -> None:
    by_page("ana@example.com")
    by_form("ana")
    by_api("ANA")
    by_page("Ana")
    assert by_api(spelling).status_code == 429
    assert by_page("ana", PASSWORD).status_code == 429
    assert not Session.objects.exists()


def test_nobody_is_locked_out_by_somebody_elsewhere(cast: Cast) -> None:
    guess(12)
    assert by_api("ana", PASSWORD, address=ELSEWHERE).status_code == 200
    assert by_page("ana", PASSWORD, address=ELSEWHERE).status_code == 302
    assert by_api("beto", PASSWORD).status_code == 200  # nor is the neighbour behind the same address
    assert by_api("ana", PASSWORD).status_code == 429  # and signing in elsewhere unlocks nothing here


def test_addresses_of_one_ipv6_network_count_as_one(cast: Cast) -> None:
    for number in range(5):
        by_api("ana", address=f"2001:db8:1:2::{number}")
    assert by_api("ana", PASSWORD, address="2001:db8:1:2:ffff::1").status_code == 429
    assert by_api("ana", PASSWORD, address="2001:db8:1:3::1").status_code == 200


def test_another_program_or_header_starts_no_new_count(cast: Cast) -> None:
    for number in range(5):
        Api(User_Agent=f"guesser/{number}", X_Forwarded_For=f"10.0.0.{number}").post(
            "auth/login", {"email": "ana", "password": WRONG}
        )
    assert by_api("ana", PASSWORD).status_code == 429


def test_a_quarter_of_an_hour_later_one_may_try_again(cast: Cast) -> None:
    guess(5)
    by_api("ana", PASSWORD)  # an attempt while locked out does not make it longer
    with time_machine.travel(timezone.now() + timedelta(minutes=14, seconds=50), tick=False):
        assert by_api("ana", PASSWORD).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=5), tick=False):
        assert by_api("ana", PASSWORD).status_code == 200


def test_somebody_unknown_is_counted_like_somebody_known(cast: Cast) -> None:
    User.objects.filter(pk=cast.beto.user_id).update(is_active=False)
    answers = {}
    for identifier in ("ana", "nadie", "nadie@example.com", "beto"):
        answers[identifier] = [by_api(identifier).status_code for _ in range(6)]
    assert set(map(tuple, answers.values())) == {(401, 401, 401, 401, 429, 429)}


@pytest.mark.parametrize("way", WAYS)
def test_every_refusal_costs_the_same_and_reads_the_same(
    cast: Cast, way: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=cast.beto.user_id).update(is_active=False)
    hashes: list[str] = []
    encode = Argon2.encode

    def counted(self: Argon2, password: str, salt: str) -> str:
        hashes.append("encode")
        return encode(self, password, salt)

    verify = Argon2.verify

    def verified(self: Argon2, password: str, encoded: str) -> bool:
        hashes.append("verify")
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2, "encode", counted)
    monkeypatch.setattr(Argon2, "verify", verified)
    costs, texts = [], []
    for identifier, password in (("ana", WRONG), ("nadie", PASSWORD), ("nadie@example.com", WRONG), ("beto", PASSWORD)):
        hashes.clear()
        answer = way(identifier, password)  # type: ignore[operator]
        costs.append(len(hashes))
        errors = answer.context["form"].errors.as_text() if answer.context else answer.content.decode()
        texts.append((answer.status_code, errors))
    assert costs == [1, 1, 1, 1]
    assert len(set(texts)) == 1
    assert not Session.objects.exists()


def test_while_locked_out_no_hash_is_computed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    guess(5)
    monkeypatch.setattr(Argon2, "verify", lambda *_args: pytest.fail("looked at the password"))
    assert by_api("ana", PASSWORD).status_code == 429


def test_what_happened_is_recorded_without_the_password(cast: Cast) -> None:
    guess(6)
    by_api("ana", PASSWORD, address=ELSEWHERE)
    assert events("accounts.login_failed") == 6
    assert events("accounts.login_locked") == 1
    assert events("accounts.login_succeeded") == 1
    locked = Event.objects.get(name="accounts.login_locked")
    assert (locked.version, locked.context["ip"]) == (2, "127.0.0.1")
    assert locked.payload == {"identifier": "ana", "user_id": str(cast.ana.user_id)}
    kept = str(list(Event.objects.values_list("payload", "context"))) + str(list(AccessAttempt.objects.values()))
    assert WRONG not in kept
    assert PASSWORD not in kept


@pytest.mark.parametrize("address", ["unix:", "unknown", "", "fe80::1%eth0", "1.2.3.4:80"])
def test_whatever_a_proxy_calls_an_address_is_counted_too(cast: Cast, address: str) -> None:
    guess(5, address=address)
    assert by_api("ana", PASSWORD, address=address).status_code == 429
    assert by_api("ana", PASSWORD, address=ELSEWHERE).status_code == 200


def test_the_admins_door_is_the_same_door(cast: Cast) -> None:
    for _ in range(5):
        Browser().post("/admin/login/", {"username": "admin", "password": WRONG})
        by_page("admin")
    assert Browser().post("/cuenta/ingreso/?next=/admin/", {"login": "admin", "password": PASSWORD}).status_code == 429


def test_confirming_ones_password_cannot_be_used_to_guess(browser_of_ana: Browser) -> None:
    url = "/cuenta/confirmar/?next=/seguridad/segundo-factor/totp/activate/"
    answers = [browser_of_ana.post(url, {"password": WRONG}).status_code for _ in range(6)]
    assert answers == [200, 200, 200, 200, 429, 429]
    assert browser_of_ana.post(url, {"password": PASSWORD}).status_code == 429


def test_no_other_page_of_allauth_is_open(cast: Cast, settings: Settings) -> None:
    for path in ("email/", "password/change/", "password/set/", "confirm-email/x/", "login/", "signup/", "3rdparty/"):
        assert Browser().get(f"/cuenta/{path}").status_code == 404


def test_what_names_nobody_is_not_kept_it_may_be_a_password(cast: Cast) -> None:
    assert Api().post("auth/login", {"email": "Mi-Clave-Secreta", "password": "x"}).status_code == 401
    event = Event.objects.filter(name="accounts.login_failed").latest("seq")
    assert event.payload == {"identifier": "m***", "user_id": None}
