"""The demonstration's logins: there when asked for, worth nothing in production."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from accounts.models import User
from conftest import Cast
from fundsite.demo import seed_demo
from fundsite.demo_logins import DEMO_LOGINS, LIVELY, OLDER_ADMIN, OLDER_ADMIN_BY_EMAIL, Login
from fundsite.demo_world import seed_world
from tests.api import Api, books, refused


@pytest.fixture
def world(cast: Cast) -> None:
    User.objects.filter(username="admin").update(username="otra", email="otra@example.com")


def token(login: Login) -> dict[str, object]:
    answer: dict[str, object] = (
        Api().post("auth/login", {"username": login.sign_in_as, "password": login.password}).json()
    )
    return answer


def test_every_printed_login_signs_in_as_what_it_says(world: None) -> None:
    assert seed_demo() == 5
    assert seed_world()
    for login in DEMO_LOGINS:
        answer = token(login)
        api = Api(Authorization=f"Bearer {answer['access_token']}")
        if login is LIVELY:
            assert len(api.get("transactions").json()["results"]) > 3
        elif login.role.startswith("cliente"):
            assert api.balance() == "500000.00"
        else:
            assert answer["user"]["role"] == "admin"  # type: ignore[index]
            assert api.get("users").status_code == 200


def test_seeding_again_adds_nobody_and_takes_nothing_over(world: None) -> None:
    seed_demo()
    User.objects.filter(username="cliente").update(full_name="Otra Persona")
    before = books()
    assert seed_demo() == 0
    assert books() == before
    assert User.objects.get(username="cliente").full_name == "Otra Persona"


def test_somebody_who_has_the_name_keeps_it(cast: Cast) -> None:
    assert seed_demo() == 3  # the cast has an `admin` at admin@example.com, with another password
    assert "access_token" not in token(OLDER_ADMIN)
    assert "access_token" not in token(OLDER_ADMIN_BY_EMAIL)


def test_production_makes_none_of_them(cast: Cast, settings: Settings) -> None:
    settings.PRODUCTION = True
    before = books()
    with pytest.raises(ImproperlyConfigured):
        seed_demo()
    with pytest.raises(CommandError, match="not in production"):
        call_command("seed", demo=True)
    assert books() == before


@pytest.mark.parametrize("login", DEMO_LOGINS)
def test_production_signs_nobody_in_with_one(world: None, settings: Settings, login: Login) -> None:
    """Not even from a database that began as a demonstration."""
    seed_demo()
    seed_world()
    settings.PRODUCTION = True
    given = {"username": login.sign_in_as, "password": login.password}
    refused(Api().post("auth/login", given), 401, "invalid_credentials")
    refused(Browser().post("/api/token", given, content_type="application/json"), 415, "unsupported_media_type")
    form = f"username={login.sign_in_as}&password={login.password}".encode()
    for path in ("/api/token", "/api/v1/token", "/api/v1/auth/token"):
        answer = Browser().generic("POST", path, form, content_type="application/x-www-form-urlencoded")
        refused(answer, 401, "invalid_credentials")
    browser = Browser()
    browser.post("/cuenta/ingreso/", {"login": login.sign_in_as, "password": login.password})
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize("login", DEMO_LOGINS)
def test_nobody_chooses_one(cast: Cast, login: Login) -> None:
    before = books()
    wanted = {"username": "juan", "email": "juan@x.com", "full_name": "Juan Pérez", "password": login.password}
    answer = Api().post("users/register", wanted)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["password"])
    assert books() == before
