"""Signing up, in and out on the pages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from accounts.models import Client, Role, User
from conftest import PASSWORD, Cast
from events.models import Event
from ledger.models import Account, Entry

NEW = {
    "full_name": "María del Mar Ñáñez",
    "email": "Nueva@Example.com",
    "password1": "Mi_Contraseña_123",
    "password2": "Mi_Contraseña_123",
    "notify_channel": "email",
    "notify_destination": "",
}


def everything() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, Client, Account, Entry, Event))


def test_signing_up_makes_a_client_with_500_000_and_signs_in(cast: Cast) -> None:
    browser = Browser()
    answer = browser.post("/cuenta/registro/", NEW)
    assert answer.headers["Location"] == "/panel/"
    user = User.objects.get(email="nueva@example.com")
    assert (user.role, user.full_name, user.client.notify_destination) == (Role.USER, NEW["full_name"], user.email)
    assert user.client.cash_account.balance == Decimal("500000.00")
    assert identify_hasher(user.password).algorithm == "argon2"
    assert "$\xa0500.000,00" in browser.get("/panel/").content.decode()
    names = Event.objects.filter(actor_id=user.pk).order_by("seq").values_list("name", flat=True)
    assert list(names) == ["accounts.user_registered", "accounts.login_succeeded"]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"email": "ana@example.com"}, "email", "Ya hay"),
        ({"email": "ANA@EXAMPLE.COM"}, "email", "Ya hay"),
        ({"email": "ａna@example.com"}, "email", "correo"),
        ({"email": "nadie"}, "email", "correo electrónico"),
        ({"email": ""}, "email", "requerido"),
        ({"full_name": ""}, "full_name", "requerido"),
        ({"full_name": "x" * 10_000}, "full_name", "200"),
        ({"full_name": "Ana\u0007 Pérez"}, "full_name", "no se pueden mostrar"),
        ({"full_name": "Ana\x00Pérez"}, "full_name", ""),
        ({"password1": "corta", "password2": "corta"}, "password1", "corta"),
        ({"password1": "1234567890", "password2": "1234567890"}, "password1", "común"),
        ({"password1": "password", "password2": "password"}, "password1", "común"),
        ({"password2": "otra-cosa-123"}, "password2", ""),
        ({"notify_channel": "paloma"}, "notify_channel", "paloma"),
        ({"notify_channel": "sms"}, "notify_destination", "celular"),
        ({"notify_channel": "sms", "notify_destination": "llámeme"}, "notify_destination", "celular"),
        ({"notify_destination": "no es un correo"}, "notify_destination", "correo"),
    ],
)
def test_a_refused_sign_up_says_why_beside_the_field_and_leaves_nothing(
    cast: Cast, changes: dict[str, str], field: str, said: str
) -> None:
    before = everything()
    browser = Browser()
    answer = browser.post("/cuenta/registro/", {**NEW, **changes})
    assert answer.status_code == 200
    errors = answer.context["form"].errors
    assert field in errors, errors
    assert said in " ".join(errors[field])
    assert everything() == before
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize("login", ["ana", "ANA", "ana@example.com", "Ana@Example.COM", " ana "])
def test_signing_in_by_name_or_address_in_any_case(cast: Cast, login: str) -> None:
    answer = Browser().post("/cuenta/ingreso/", {"login": login, "password": PASSWORD})
    assert (answer.status_code, answer.headers.get("Location")) == (302, "/panel/")


def test_a_wrong_password_an_unknown_user_and_an_inactive_one_get_the_same_answer(cast: Cast) -> None:
    User.objects.filter(pk=cast.beto.user_id).update(is_active=False)
    answers = [
        Browser().post("/cuenta/ingreso/", {"login": login, "password": password}).context["form"].errors.as_text()
        for login, password in (("ana", "Wrong123!"), ("nobody", PASSWORD), ("beto", PASSWORD))
    ]
    assert len(set(answers)) == 1
    assert Event.objects.filter(name="accounts.login_failed").count() == 3
    assert not Event.objects.filter(payload__icontains="Wrong123").exists()


def test_signing_out_ends_the_session_and_is_recorded(cast: Cast, browser_of_ana: Browser) -> None:
    assert browser_of_ana.get("/cuenta/salida/").status_code == 200  # asks first
    assert browser_of_ana.get("/panel/").status_code == 200
    assert browser_of_ana.post("/cuenta/salida/").headers["Location"] == "/"
    assert browser_of_ana.get("/panel/").status_code == 302
    assert Event.objects.filter(name="accounts.logged_out", actor_id=cast.ana.user_id).count() == 1


def test_after_signing_in_nobody_is_sent_to_another_site(cast: Cast) -> None:
    form = {"login": "ana", "password": PASSWORD, "next": "https://evil.example/"}
    assert Browser().post("/cuenta/ingreso/", form).headers["Location"] == "/panel/"


def test_the_sixth_sign_up_in_a_minute_is_asked_to_wait(cast: Cast, settings: Settings) -> None:
    settings.REGISTRATIONS_PER_ADDRESS = "5/m"
    before = everything()
    for _ in range(5):
        assert Browser().post("/cuenta/registro/", {}).status_code == 200
    answer = Browser().post("/cuenta/registro/", NEW)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert everything() == before
    elsewhere = Browser(REMOTE_ADDR="10.1.2.3").post("/cuenta/registro/", NEW)
    assert elsewhere.status_code == 302


def test_the_admin_is_entered_by_the_same_door(cast: Cast) -> None:
    assert Browser().get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"
    assert Browser().get("/admin/login/?next=/admin/").headers["Location"] == "/cuenta/ingreso/?next=%2Fadmin%2F"
    client = Browser()
    client.force_login(cast.ana.user)
    assert client.get("/admin/", follow=True).status_code in (403, 404)
