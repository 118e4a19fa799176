"""The page about security, and the second factor on the pages."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client as Browser

from accounts.tests.codes import code, set_up_app, wrong_code
from accounts.tokens import start_session
from conftest import PASSWORD, Cast
from events.models import Event
from tests.api import Api, books, refused

SECOND = "/seguridad/segundo-factor"


def browser(identifier: str = "ana", **extra: str) -> Browser:
    fresh = Browser(**extra)
    assert fresh.post("/cuenta/ingreso/", {"login": identifier, "password": PASSWORD}).status_code == 302
    return fresh


def confirmed(identifier: str = "ana") -> Browser:
    """Signed in, and having given the password again as the pages ask before changing anything."""
    fresh = browser(identifier)
    fresh.post("/cuenta/confirmar/?next=/seguridad/", {"password": PASSWORD})
    return fresh


@pytest.mark.parametrize(
    "path",
    [
        "/seguridad/",
        "/seguridad/contrasena/",
        f"{SECOND}/totp/activate/",
        f"{SECOND}/webauthn/",
        f"{SECOND}/webauthn/add/",
    ],
)
def test_a_stranger_signs_in_first(cast: Cast, path: str) -> None:
    answer = Browser().get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/cuenta/ingreso/")


def test_signing_in_and_changing_the_password_give_the_session_another_key(cast: Cast) -> None:
    here = Browser()
    here.get("/cuenta/ingreso/")
    planted = here.session.session_key or ""
    here.post("/cuenta/ingreso/", {"login": "ana", "password": PASSWORD})
    signed_in = here.session.session_key
    here.post("/seguridad/contrasena/", {"old_password": PASSWORD, "new_password": "una frase bastante larga"})
    changed = here.session.session_key
    assert len({planted, signed_in, changed}) == 3
    thief = Browser()
    thief.cookies["sessionid"] = signed_in
    assert thief.get("/panel/").status_code == 302


def test_signing_out_ends_the_session_for_whoever_kept_its_key(cast: Cast) -> None:
    here, thief = browser(), Browser()
    thief.cookies["sessionid"] = here.session.session_key
    assert thief.get("/panel/").status_code == 200
    here.post("/cuenta/salida/")
    assert thief.get("/panel/").status_code == 302


def test_password_fields_are_open_to_password_managers(cast: Cast) -> None:
    page = browser().get("/seguridad/contrasena/").content.decode()
    for kind in ("current-password", "new-password"):
        assert f'type="password" name="{kind.split("-")[0].replace("current", "old")}_password"' in page
        assert f'autocomplete="{kind}"' in page


def test_the_page_lists_where_one_is_signed_in(cast: Cast) -> None:
    here = browser(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0")
    browser(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537", REMOTE_ADDR="10.0.0.9")
    Api(User_Agent="curl/8.5").post("auth/login", {"email": "ana", "password": PASSWORD})
    browser("beto")
    places = here.get("/seguridad/").context["places"]
    seen = [(str(place.device), place.is_api, place.ip, place.is_current) for place in places]
    assert seen[0] == ("Firefox, Linux", False, "127.0.0.1", True)
    assert set(seen[1:]) == {("Chrome, Windows", False, "10.0.0.9", False), ("curl/8.5", True, "127.0.0.1", False)}


def test_closing_the_other_sessions_leaves_this_one(cast: Cast) -> None:
    here, there, neighbour = browser(), browser(), browser("beto")
    program, programs_neighbour = start_session(cast.ana.user), start_session(cast.beto.user)
    assert "Cerrar las demás sesiones" in here.get("/seguridad/").content.decode()
    assert here.post("/seguridad/sesiones/").headers["Location"] == "/seguridad/"
    assert here.get("/panel/").status_code == 200
    assert there.get("/panel/").status_code == 302
    refused(Api(Authorization=f"Bearer {program.access}").get("users/me"), 401, "invalid_token")
    assert neighbour.get("/panel/").status_code == 200
    assert Api(Authorization=f"Bearer {programs_neighbour.access}").get("users/me").status_code == 200
    assert Event.objects.filter(name="accounts.sessions_ended", actor_id=cast.ana.user_id).count() == 1
    assert "Cerrar las demás sesiones" not in here.get("/seguridad/").content.decode()


def test_closing_sessions_takes_a_form_of_ours(cast: Cast) -> None:
    there = browser()
    forged = Browser(enforce_csrf_checks=True)
    forged.force_login(cast.ana.user)
    assert forged.post("/seguridad/sesiones/").status_code == 403
    assert browser().get("/seguridad/sesiones/").status_code == 405
    assert there.get("/panel/").status_code == 200


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "reader"}])
def test_whom_somebody_deactivates_or_gives_another_role_is_signed_out_of_browsers(
    cast: Cast, change: dict[str, object]
) -> None:
    user = cast.ana.user
    there = browser()
    type(user).objects.filter(pk=user.pk).update(**change)
    assert there.get("/panel/").status_code == 302
    type(user).objects.filter(pk=user.pk).update(is_active=True, role="user")
    assert there.get("/panel/").status_code == 302  # nor does it come back to life


def test_activating_the_app_asks_for_the_password_and_a_code(cast: Cast) -> None:
    here = browser()
    answer = here.get(f"{SECOND}/totp/activate/")
    assert answer.headers["Location"].startswith("/cuenta/confirmar/?next=")
    assert here.post(answer.headers["Location"], {"password": "No-es-esta-1"}).status_code == 200
    assert here.get(f"{SECOND}/totp/activate/").status_code == 302
    here.post(answer.headers["Location"], {"password": PASSWORD})
    page = here.get(f"{SECOND}/totp/activate/")
    assert page.context["form"].secret in page.content.decode()
    assert page.context["totp_svg_data_uri"].startswith("data:image/svg+xml;base64,")
    before = books()
    refusal = here.post(f"{SECOND}/totp/activate/", {"code": "000000x"})
    assert "code" in refusal.context["form"].errors
    assert (books(), Authenticator.objects.count()) == (before, 0)


def test_with_the_app_activated_signing_in_takes_two_steps(cast: Cast) -> None:
    set_up_app(cast.ana.user)
    here = browser()
    assert here.get("/panel/").status_code == 302
    page = here.get(f"{SECOND}/authenticate/")
    assert "Segundo paso" in page.content.decode()
    before = books(but=(Event,))
    assert "code" in here.post(f"{SECOND}/authenticate/", {"code": wrong_code()}).context["form"].errors
    assert books(but=(Event,)) == before
    assert here.get("/panel/").status_code == 302
    given = code()
    assert here.post(f"{SECOND}/authenticate/", {"code": given}).status_code == 302
    assert here.get("/panel/").status_code == 200
    other = browser()
    assert "code" in other.post(f"{SECOND}/authenticate/", {"code": given}).context["form"].errors
    assert other.get("/panel/").status_code == 302


def test_five_wrong_codes_on_the_page_lock_out(cast: Cast) -> None:
    set_up_app(cast.ana.user)
    here = browser()
    answers = [here.post(f"{SECOND}/authenticate/", {"code": wrong_code()}).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert here.post(f"{SECOND}/authenticate/", {"code": code()}).status_code == 429
    assert here.get("/panel/").status_code == 302
    refused(Api().post("auth/login", {"email": "ana", "password": PASSWORD}), 429, "too_many_requests")


def test_a_recovery_code_is_the_way_in_without_the_telephone(cast: Cast) -> None:
    codes = set_up_app(cast.ana.user)
    here = browser()
    assert here.post(f"{SECOND}/authenticate/", {"code": codes[0]}).status_code == 302
    assert here.get("/seguridad/").context["factors"].codes_left == len(codes) - 1
    again = browser()
    assert "code" in again.post(f"{SECOND}/authenticate/", {"code": codes[0]}).context["form"].errors


def test_taking_the_app_away_is_confirmed_and_recorded(cast: Cast) -> None:
    set_up_app(cast.ana.user)
    here = browser()
    here.post(f"{SECOND}/authenticate/", {"code": code()})
    assert here.post(f"{SECOND}/totp/deactivate/").headers["Location"].startswith("/cuenta/confirmar/")
    assert Authenticator.objects.filter(type="totp").exists()
    here.post("/cuenta/confirmar/?next=/seguridad/", {"password": PASSWORD})
    assert here.post(f"{SECOND}/totp/deactivate/").headers["Location"] == f"{SECOND}/"
    assert not Authenticator.objects.exists()
    recorded = Event.objects.get(name="accounts.mfa_disabled")
    assert recorded.payload == {"user_id": str(cast.ana.user_id), "kind": "totp", "reason": ""}


def test_new_recovery_codes_replace_the_old(cast: Cast) -> None:
    old = set_up_app(cast.ana.user)
    here = browser()
    here.post(f"{SECOND}/authenticate/", {"code": code()})
    here.post("/cuenta/confirmar/?next=/seguridad/", {"password": PASSWORD})
    here.post(f"{SECOND}/recovery-codes/generate/")
    page = here.get(f"{SECOND}/recovery-codes/")
    fresh = page.context["unused_codes"]
    assert not set(old) & set(fresh)
    assert all(each in page.content.decode() for each in fresh)
    assert "no-store" in page.headers["Cache-Control"] or "private" in page.headers["Cache-Control"]
    other = browser()
    assert "code" in other.post(f"{SECOND}/authenticate/", {"code": old[0]}).context["form"].errors


def test_offering_passkeys_has_a_limit(cast: Cast) -> None:
    for _ in range(10):
        assert Browser().post(f"{SECOND}/webauthn/login/", {"credential": "{}"}).status_code == 302
    answer = Browser().post(f"{SECOND}/webauthn/login/", {"credential": "{}"})
    assert (answer.status_code, "Espere 60 segundos" in answer.content.decode()) == (429, True)


def test_codes_and_keys_are_shown_to_their_owner_alone(cast: Cast) -> None:
    set_up_app(cast.ana.user)
    key = Authenticator.objects.get(user=cast.ana.user, type="totp")
    beto = confirmed("beto")
    assert beto.get(f"{SECOND}/recovery-codes/").status_code == 404
    assert beto.get(f"{SECOND}/webauthn/{key.pk}/remove/").status_code == 404
    assert beto.post(f"{SECOND}/totp/deactivate/").status_code == 404
    assert Authenticator.objects.filter(user=cast.ana.user).count() == 2
