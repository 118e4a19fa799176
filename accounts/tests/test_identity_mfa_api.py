"""The API asks for the second factor too."""

from __future__ import annotations

import threading
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client, SecondFactorTicket, Session, User
from accounts.services import second_factor
from accounts.tests.codes import SEED, code, set_up_app, stored_seed, wrong_code
from conftest import PASSWORD, Cast
from events.models import Event
from tests.api import Api, books, refused


@pytest.fixture
def codes(cast: Cast) -> list[str]:
    """Ana's recovery codes, now that she has an app."""
    return set_up_app(cast.ana.user)


def sign_in(identifier: str = "ana", password: str = PASSWORD) -> HttpResponse:
    return Api().post("auth/login", {"email": identifier, "password": password})


def ticket() -> str:
    return str(sign_in().json()["mfa_ticket"])


def present(mfa_ticket: str, given: str) -> HttpResponse:
    return Api().post("auth/mfa", {"mfa_ticket": mfa_ticket, "code": given})


def test_a_right_password_gets_a_ticket_and_no_token(cast: Cast, codes: list[str]) -> None:
    form = Browser().post(
        "/api/v1/token", f"username=ana&password={PASSWORD}", content_type="application/x-www-form-urlencoded"
    )
    for answer in (sign_in(), form):
        assert answer.status_code == 200
        body = answer.json()
        assert body.keys() == {"mfa_required", "mfa_ticket", "expires_in"}
        assert (body["mfa_required"], body["expires_in"]) == (True, 300)
    assert not Session.objects.exists()
    assert not Event.objects.filter(name="accounts.login_succeeded").exists()
    assert sign_in("beto").json()["access_token"]


def test_a_wrong_password_does_not_tell_that_there_is_a_second_factor(cast: Cast, codes: list[str]) -> None:
    assert sign_in("ana", "No-es-esta-1").content == sign_in("beto", "No-es-esta-1").content
    assert not SecondFactorTicket.objects.exists()


def test_the_apps_code_finishes_the_sign_in(cast: Cast, codes: list[str]) -> None:
    answer = present(ticket(), code())
    body = answer.json()
    assert answer.status_code == 200
    assert body.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert body["user"]["email"] == "ana@example.com"
    assert Api(Authorization=f"Bearer {body['access_token']}").get("users/me").status_code == 200
    assert Event.objects.latest("seq").name == "accounts.login_succeeded"
    assert not SecondFactorTicket.objects.exists()


def test_a_recovery_code_does_so_once(cast: Cast, codes: list[str]) -> None:
    assert present(ticket(), codes[0]).status_code == 200
    again = ticket()
    before = books(but=(Event,))
    refused(present(again, codes[0]), 401, "invalid_code")
    assert books(but=(Event,)) == before
    assert present(again, codes[1]).status_code == 200


def test_a_code_of_the_app_does_not_work_twice(cast: Cast, codes: list[str]) -> None:
    given = code()
    now = timezone.now()
    assert present(ticket(), given).status_code == 200
    before = books(but=(Event,))
    for seconds, typed in ((0, given), (1, f"{given[:3]} {given[3:]}"), (31, given), (59, given)):
        # within the tolerance that the app's clock is given
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            refused(present(ticket(), typed), 401, "invalid_code")
    assert books(but=(Event,)) == before


def test_a_code_is_good_a_period_early_or_late_and_no_longer(cast: Cast, codes: list[str]) -> None:
    for periods in (-2, 2):
        refused(present(ticket(), code(periods)), 401, "invalid_code")
    assert present(ticket(), code(-1)).status_code == 200
    assert present(ticket(), code(1)).status_code == 200


def test_two_who_bring_one_code_at_once_do_not_both_get_in(real_commits: None) -> None:
    user = Client.objects.get(email="ana@example.com").user
    assert user
    set_up_app(user)
    tickets, given, answers = [ticket() for _ in range(4)], code(), []

    def bring(mfa_ticket: str) -> None:
        answers.append(present(mfa_ticket, given).status_code)
        connection.close()

    threads = [threading.Thread(target=bring, args=[each]) for each in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 401, 401, 401]
    assert Session.objects.count() == 1


def test_a_ticket_is_dead_after_use(cast: Cast, codes: list[str]) -> None:
    used = ticket()
    assert present(used, codes[0]).status_code == 200
    before = books()
    refused(present(used, codes[1]), 401, "invalid_ticket")
    assert books() == before


def test_a_ticket_is_dead_after_five_minutes(cast: Cast, codes: list[str]) -> None:
    old = ticket()
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1), tick=False):
        before = books()
        refused(present(old, code()), 401, "invalid_ticket")
        assert books() == before


def test_five_wrong_codes_lock_out_and_end_the_ticket(cast: Cast, codes: list[str]) -> None:
    tried = ticket()
    statuses = [present(tried, wrong_code()).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 401, 429]
    assert Event.objects.filter(name="accounts.mfa_failed", payload={"user_id": str(cast.ana.user_id)}).count() == 5
    before = books(but=(Event,))
    refused(present(tried, code()), 401, "invalid_ticket")
    refused(sign_in(), 429, "too_many_requests")  # passwords and codes count together
    assert books(but=(Event,)) == before


def test_the_lock_holds_for_other_tickets_and_not_for_other_addresses(cast: Cast, codes: list[str]) -> None:
    tried, other = ticket(), ticket()
    for _ in range(5):
        present(tried, wrong_code())
    refused(present(other, code()), 429, "too_many_requests")
    elsewhere = Browser(REMOTE_ADDR="10.1.1.1")
    body = {"mfa_ticket": other, "code": code()}
    assert elsewhere.post("/api/v1/auth/mfa", body, content_type="application/json").status_code == 200


def test_a_right_password_does_not_forgive_wrong_codes(cast: Cast, codes: list[str]) -> None:
    for _ in range(4):
        assert present(ticket(), wrong_code()).status_code == 401
    assert present(ticket(), wrong_code()).status_code == 429


def test_tickets_are_one_users_own(cast: Cast, codes: list[str]) -> None:
    beto = second_factor.open_ticket(cast.beto.user).token
    before = books(but=(Event,))
    refused(present(beto, code()), 401, "invalid_code")
    refused(present(beto, codes[0]), 401, "invalid_code")
    assert books(but=(Event,)) == before


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "reader"}, {"password": "x"}])
def test_a_ticket_ends_with_what_ends_sessions(cast: Cast, codes: list[str], change: dict[str, object]) -> None:
    old = ticket()
    User.objects.filter(pk=cast.ana.user_id).update(**change)
    before = books()
    refused(present(old, code()), 401, "invalid_ticket")
    assert books() == before


def test_a_ticket_opens_nothing_else(cast: Cast, codes: list[str]) -> None:
    held = ticket()
    before = books()
    refused(Api(Authorization=f"Bearer {held}").get("users/me"), 401, "invalid_token")
    refused(Api(Authorization=f"Bearer {held}").subscribe(), 401, "invalid_token")
    refused(Api().post("auth/refresh", {"refresh_token": held}), 401, "invalid_token")
    refused(Api(Authorization=f"Bearer {held}").post("refresh-token"), 401, "invalid_token")
    assert books() == before


def test_a_forged_ticket_is_refused(cast: Cast, codes: list[str]) -> None:
    claims = jwt.decode(ticket(), options={"verify_signature": False})
    before = books()
    for forged in ("", "x", "a.b.c", jwt.encode(claims, "x" * 64, headers={"kid": "x"}), "e" * 4000):
        assert present(forged, code()).status_code in (400, 401)
    assert books() == before


@pytest.mark.parametrize("given", ["", " ", "１２３４５６", "ñ", "0" * 64, "null", "-1", "0x1", "' OR 1=1 --"])
def test_what_is_no_code_is_refused(cast: Cast, codes: list[str], given: str) -> None:
    held = ticket()
    before = books(but=(Event,))
    assert present(held, given).status_code in (400, 401)
    assert books(but=(Event,)) == before


@pytest.mark.parametrize("body", [{}, {"code": "123456"}, {"mfa_ticket": "x"}, {"mfa_ticket": None, "code": 1}, [], 1])
def test_a_malformed_call_is_named(cast: Cast, body: object) -> None:
    before = books()
    assert Api().post("auth/mfa", body).status_code == 400
    assert books() == before


def test_seeds_are_not_stored_as_they_are(cast: Cast, codes: list[str]) -> None:
    assert SEED not in stored_seed(cast.ana.user)
