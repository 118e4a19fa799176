"""Users in the admin: the same rules as everywhere, because the same service keeps them."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.test import Client as Browser

from accounts.models import Client, Role, User
from accounts.services.users import LastAdministrator
from conftest import Cast
from events.models import Event
from tests.api import books


@pytest.fixture
def admin(cast: Cast) -> Browser:
    browser = Browser()
    browser.force_login(cast.admin)
    return browser


def address(user: User | None) -> str:
    assert user
    return f"/admin/accounts/user/{user.pk}/change/"


def form_of(user: User | None) -> dict[str, str]:
    assert user
    form = {name: str(getattr(user, name)) for name in ("username", "email", "full_name", "role", "xp_total")}
    return {
        **form,
        "gender": user.gender,
        "birth_date": "",
        "city": "",
        **({"is_active": "on"} if user.is_active else {}),
    }


def people() -> list[tuple[object, ...]]:
    skipped = ("last_login",)
    kept = [field.name for field in User._meta.fields if field.name not in skipped]
    return list(User.objects.order_by("pk").values_list(*kept)) + list(Client.objects.order_by("pk").values_list())


def test_a_change_goes_through_the_service_and_leaves_its_events(cast: Cast, admin: Browser) -> None:
    changes = {"full_name": "Ana  María", "email": "ANAM@example.com", "role": "support", "xp_total": "12"}
    answer = admin.post(address(cast.ana.user), form_of(cast.ana.user) | changes)
    assert answer.status_code == 302
    user = User.objects.select_related("client").get(pk=cast.ana.user_id)
    assert (user.full_name, user.email, user.role, user.xp_total) == ("Ana María", "anam@example.com", "support", 12)
    assert (user.client.full_name, user.client.notify_destination) == ("Ana María", "anam@example.com")
    names = set(Event.objects.filter(actor_id=cast.admin.pk).values_list("name", flat=True))
    assert {"accounts.profile_updated", "accounts.role_changed"} <= names


def test_saving_what_is_there_changes_nothing(cast: Cast, admin: Browser) -> None:
    before = (books(), people())
    assert admin.post(address(cast.ana.user), form_of(cast.ana.user)).status_code == 302
    assert (books(), people()) == before


@pytest.mark.parametrize(
    ("who", "changes", "field"),
    [
        ("admin", {"role": "reader"}, "role"),
        ("ana", {"role": "emperador"}, "role"),
        ("ana", {"email": "BETO@example.com"}, "email"),
        ("ana", {"username": "Beto"}, "username"),
        ("ana", {"username": "me"}, "username"),
        ("ana", {"full_name": "Ana\u202e"}, "full_name"),
        ("ana", {"full_name": "x" * 201}, "full_name"),
        ("ana", {"birth_date": "1899-12-31"}, "birth_date"),
        ("ana", {"birth_date": "2999-01-01"}, "birth_date"),
        ("ana", {"xp_total": "-1"}, "xp_total"),
        ("ana", {"city": "999999"}, "city"),
    ],
)
def test_a_refusal_is_beside_its_field_and_nothing_changes(
    cast: Cast, admin: Browser, who: str, changes: dict[str, str], field: str
) -> None:
    user = User.objects.get(username=who)
    before = (books(), people())
    answer = admin.post(address(user), form_of(user) | changes)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert (books(), people()) == before


def test_the_last_administrator_stays_in_the_admin_too(cast: Cast, admin: Browser) -> None:
    form = form_of(cast.admin)
    del form["is_active"]
    before = (books(), people())
    answer = admin.post(address(cast.admin), form)
    assert "única persona de administración" in answer.content.decode()
    assert (books(), people()) == before


def test_what_happens_between_check_and_save_is_a_message_and_no_failure(cast: Cast, admin: Browser) -> None:
    before = (books(), people())
    with patch("accounts.admin.UserAdmin.save_model", side_effect=LastAdministrator):
        answer = admin.post(address(cast.ana.user), form_of(cast.ana.user) | {"full_name": "Otra"}, follow=True)
    assert "única persona de administración" in answer.content.decode()
    assert (books(), people()) == before


def test_staff_are_made_in_the_admin(cast: Cast, admin: Browser) -> None:
    form = {
        "username": "rita",
        "email": "Rita@Example.com",
        "full_name": "Rita  Ruiz",
        "role": "reader",
        "usable_password": "true",
        "password1": "Mi_Contraseña_123",
        "password2": "Mi_Contraseña_123",
    }
    assert admin.post("/admin/accounts/user/add/", form).status_code == 302
    rita = User.objects.get(username="rita")
    assert (rita.email, rita.full_name, rita.role) == ("rita@example.com", "Rita Ruiz", Role.READER)
    assert rita.check_password("Mi_Contraseña_123")
    event = Event.objects.get(name="accounts.user_created")
    assert (event.payload, event.actor_id) == ({"user_id": str(rita.pk), "role": "reader"}, cast.admin.pk)
    before = (books(), people())
    for changes in ({"username": "RITA", "email": "r@example.com"}, {"username": "me"}, {"password1": "string"}):
        assert admin.post("/admin/accounts/user/add/", form | changes).status_code == 200
    assert (books(), people()) == before


def test_a_password_set_by_an_administrator_is_recorded(cast: Cast, admin: Browser) -> None:
    path = f"/admin/accounts/user/{cast.ana.user_id}/password/"
    form = {"password1": "Mi_Contraseña_123", "password2": "Mi_Contraseña_123", "usable_password": "true"}
    assert admin.post(path, {**form, "password2": "otra"}).status_code == 200
    assert not Event.objects.filter(name="accounts.password_reset").exists()
    assert admin.post(path, form).status_code == 302
    assert Event.objects.get(name="accounts.password_reset").actor_id == cast.admin.pk
    assert User.objects.get(username="ana").check_password("Mi_Contraseña_123")


@pytest.mark.parametrize("who", ["reader", "support"])
def test_other_staff_look_only(cast: Cast, who: str) -> None:
    browser = Browser()
    browser.force_login(User.objects.get(username=who))
    before = (books(), people())
    assert browser.get(address(cast.ana.user)).status_code == 200
    for path in (
        address(cast.ana.user),
        "/admin/accounts/user/add/",
        f"/admin/accounts/user/{cast.ana.user_id}/password/",
    ):
        assert browser.post(path, form_of(cast.ana.user) | {"role": "admin"}).status_code == 403
    assert (books(), people()) == before
