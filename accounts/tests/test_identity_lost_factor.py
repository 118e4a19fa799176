"""An administrator takes the second factor from somebody who lost it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.test import Client as Browser

from accounts.models import Role, SecondFactorTicket, User
from accounts.services.users import NoSecondFactor, remove_second_factor
from accounts.tests.codes import code, set_up_app
from conftest import PASSWORD, Cast
from core.errors import NotFound
from core.tests.snapshots import snapshot
from core.tests.threads import in_parallel
from events.models import Event
from tests.api import Api, refused
from tests.pages import browser_of, text_of

PAGE = "/directorio/usuarios/{}/segundo-factor/"
ROUTE = "users/{}/remove-second-factor"
REASON = "Perdió el teléfono; vino a la oficina"


def with_factors(user: User | None) -> User:
    """Has an app, a passkey and recovery codes."""
    assert user
    set_up_app(user)
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    return user


def signed_in_with_code(identifier: str) -> Browser:
    browser = Browser()
    browser.post("/cuenta/ingreso/", {"login": identifier, "password": PASSWORD})
    browser.post("/seguridad/segundo-factor/authenticate/", {"code": code()})
    assert browser.get("/seguridad/").status_code == 200
    return browser


def by_page(actor: User, username: str, reason: str) -> HttpResponse:
    return browser_of(actor).post(PAGE.format(username), {"reason": reason})


def by_api(actor: User, username: str, reason: str) -> HttpResponse:
    return Api(actor).post(ROUTE.format(username), {"reason": reason})


def removals() -> list[Event]:
    return list(Event.objects.filter(name="accounts.mfa_disabled").order_by("payload__kind"))


@pytest.mark.parametrize("remove", [by_page, by_api])
def test_everything_goes_at_once_and_a_password_is_enough_again(
    cast: Cast, remove: Callable[[User, str, str], HttpResponse]
) -> None:
    ana = with_factors(cast.ana.user)
    here, program = signed_in_with_code("ana"), Api(ana)
    ticket = Api().post("auth/login", {"email": "ana", "password": PASSWORD}).json()["mfa_ticket"]
    with_factors(cast.beto.user)

    assert remove(cast.admin, "ana", f"  {REASON} ").status_code in (204, 302)

    assert not Authenticator.objects.filter(user=ana).exists()
    assert Authenticator.objects.filter(user=cast.beto.user).count() == 3
    assert here.get("/seguridad/").status_code == 302
    refused(program.get("users/me"), 401, "invalid_token")
    refused(Api().post("auth/mfa", {"mfa_ticket": ticket, "code": code()}), 401, "invalid_ticket")
    assert [(event.actor_id, event.payload) for event in removals()] == [
        (cast.admin.pk, {"user_id": str(ana.pk), "kind": kind, "reason": REASON}) for kind in ("totp", "webauthn")
    ]
    assert Browser().post("/cuenta/ingreso/", {"login": "ana", "password": PASSWORD}).headers["Location"] == "/panel/"
    assert Api().post("auth/login", {"email": "ana", "password": PASSWORD}).json()["access_token"]


def test_the_way_there_leads_from_the_directory_and_from_the_admin(cast: Cast) -> None:
    ana = with_factors(cast.ana.user)
    with_factors(cast.admin)
    admin, link = browser_of(cast.admin), PAGE.format("ana")
    pages = ("/directorio/usuarios/{0.username}/", "/admin/accounts/user/{0.pk}/change/")
    for page in pages:
        assert link in admin.get(page.format(ana)).content.decode()
        for person in (cast.beto.user, cast.admin):  # who has none, and oneself
            assert "segundo-factor" not in admin.get(page.format(person)).content.decode().partition("<main")[2]
        for other in (cast.reader, cast.support):
            assert link not in browser_of(other).get(page.format(ana)).content.decode()
    assert "¿Quitar el segundo factor de Ana Gómez?" in text_of(admin.get(link).content)
    done = admin.post(link, {"reason": REASON}, follow=True)
    assert "Segundo factor quitado." in text_of(done.content)
    assert link not in done.content.decode()


@pytest.mark.parametrize("username", ["beto", "admin"])
def test_there_is_nothing_to_ask_where_there_is_nothing_to_take(cast: Cast, username: str) -> None:
    with_factors(cast.admin)
    answer = browser_of(cast.admin).get(PAGE.format(username))
    assert answer.headers["Location"] == f"/directorio/usuarios/{username}/"


@pytest.mark.parametrize(
    ("username", "reason", "status", "error"),
    [
        ("admin", REASON, 409, "own_second_factor"),
        ("beto", REASON, 409, "no_second_factor"),
        ("nadie", REASON, 404, "not_found"),
        ("ana", "", 400, "blank"),
        ("ana", " x ", 400, "invalid_reason"),
        ("ana", "x" * 201, 400, "max_length"),
        ("ana", "Se perdi\u202e", 400, "invalid_reason"),
    ],
)
def test_what_is_refused_leaves_everything_as_it_was(
    cast: Cast, username: str, reason: str, status: int, error: str
) -> None:
    with_factors(cast.ana.user)
    with_factors(cast.admin)
    page, api = browser_of(cast.admin), Api(cast.admin)
    before = snapshot()
    assert page.post(PAGE.format(username), {"reason": reason}).status_code == (404 if status == 404 else 400)
    refused(api.post(ROUTE.format(username), {"reason": reason}), status, error)
    assert snapshot() == before


@pytest.mark.parametrize("who", ["ana", "reader", "support"])
def test_it_is_not_there_for_anybody_but_administrators(cast: Cast, who: str) -> None:
    with_factors(cast.beto.user)
    somebody = User.objects.get(username=who)
    page, api = browser_of(somebody), Api(somebody)
    before = snapshot()
    for answer in (
        page.get(PAGE.format("beto")),
        page.post(PAGE.format("beto"), {"reason": REASON}),
        api.post(ROUTE.format("beto"), {"reason": REASON}),
    ):
        assert answer.status_code == 404
    with pytest.raises(NotFound):
        remove_second_factor(user_id=cast.beto.user_id, reason=REASON, actor_id=somebody.pk)
    assert snapshot() == before


def test_of_two_administrators_at_once_one_does_it(real_commits: None, cast: Cast) -> None:
    ana = with_factors(cast.ana.user)
    other = User.objects.create(username="jefa", email="jefa@example.com", full_name="Jefa", role=Role.ADMIN)
    outcomes = in_parallel(
        [
            lambda actor=actor: remove_second_factor(user_id=ana.pk, reason=REASON, actor_id=actor.pk)  # type: ignore[misc]
            for actor in (cast.admin, other)
        ]
    )
    assert {type(outcome) for outcome in outcomes} == {type(None), NoSecondFactor}
    assert len(removals()) == 2
    assert not SecondFactorTicket.objects.exists()
