"""One's own profile, and the directory of users for staff."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import City, Client, Role, User
from accounts.services.places import seed_places
from conftest import PASSWORD, Cast
from events.models import Event
from tests.api import books


def signed_in(user: User | None) -> Browser:
    assert user
    browser = Browser()
    browser.force_login(user)
    return browser


def people() -> list[tuple[object, ...]]:
    return list(User.objects.order_by("pk").values_list()) + list(Client.objects.order_by("pk").values_list())


def profile_of(client: Client) -> dict[str, str]:
    return {
        "full_name": client.full_name,
        "email": client.email,
        "gender": "",
        "birth_date": "",
        "city": "",
        "notify_channel": client.notify_channel,
        "notify_destination": client.notify_destination,
        "time_zone": client.time_zone,
    }


# --- Profile -------------------------------------------------------------------------------------------------------


def test_a_profile_is_shown_and_changed(cast: Cast) -> None:
    seed_places()
    cuenca = City.objects.get(name="Cuenca")
    browser = signed_in(cast.ana.user)
    assert 'value="Ana Gómez"' in browser.get("/perfil/").content.decode()
    form = profile_of(cast.ana) | {
        "full_name": "Ana María Gómez",
        "gender": "female",
        "birth_date": "1990-02-28",
        "city": cuenca.slug,
        "notify_channel": "sms",
        "notify_destination": "+57 300 123 4567",
    }
    answer = browser.post("/perfil/", form, follow=True)
    assert answer.redirect_chain == [("/perfil/", 302)]
    page = answer.content.decode()
    assert "Cambios guardados." in page
    assert 'value="1990-02-28"' in page
    user = User.objects.select_related("client").get(pk=cast.ana.user_id)
    assert (user.full_name, user.gender, user.city) == ("Ana María Gómez", "female", cuenca)
    assert (user.client.full_name, user.client.notify_channel) == ("Ana María Gómez", "sms")


def test_a_new_address_signs_in_and_takes_the_notices_along(cast: Cast) -> None:
    signed_in(cast.ana.user).post("/perfil/", profile_of(cast.ana) | {"email": "Nueva@Example.com"})
    client = Client.objects.get(pk=cast.ana.pk)
    assert (client.email, client.notify_destination) == ("nueva@example.com", "nueva@example.com")
    for login, told in (("nueva@example.com", 302), ("ana@example.com", 200)):
        assert Browser().post("/cuenta/ingreso/", {"login": login, "password": PASSWORD}).status_code == told


def test_saving_what_is_there_changes_nothing(cast: Cast) -> None:
    before = (books(), people())
    assert signed_in(cast.ana.user).post("/perfil/", profile_of(cast.ana)).status_code == 302
    assert (books(), [row[2:] for row in people()]) == (before[0], [row[2:] for row in before[1]])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "beto@example.com"}, "email"),
        ({"email": "BETO@example.com"}, "email"),
        ({"email": "no es"}, "email"),
        ({"email": ""}, "email"),
        ({"full_name": ""}, "full_name"),
        ({"full_name": "x" * 10_000}, "full_name"),
        ({"full_name": "Ana\u0007"}, "full_name"),
        ({"full_name": "Ana\x00"}, "full_name"),
        ({"gender": "x"}, "gender"),
        ({"birth_date": "1899-12-31"}, "birth_date"),
        ({"birth_date": "31/02/1990"}, "birth_date"),
        ({"birth_date": (timezone.localdate() + timedelta(days=1)).isoformat()}, "birth_date"),
        ({"city": "atlantis"}, "city"),
        ({"notify_channel": "paloma"}, "notify_channel"),
        ({"notify_channel": "sms"}, "notify_destination"),
        ({"notify_destination": "no es"}, "notify_destination"),
    ],
)
def test_a_fault_is_said_beside_its_field_and_nothing_changes(cast: Cast, changes: dict[str, str], field: str) -> None:
    browser = signed_in(cast.ana.user)
    before = (books(), people())
    answer = browser.post("/perfil/", profile_of(cast.ana) | {"gender": "other"} | changes)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert (books(), [row[2:] for row in people()]) == (before[0], [row[2:] for row in before[1]])


def test_staff_have_a_profile_without_notices(cast: Cast) -> None:
    browser = signed_in(cast.reader)
    assert "notify_channel" not in browser.get("/perfil/").context["form"].fields
    answer = browser.post(
        "/perfil/", {"full_name": "Rita", "email": "reader@example.com", "role": "admin", "xp_total": "9"}
    )
    assert answer.status_code == 302
    reader = User.objects.get(pk=cast.reader.pk)
    assert (reader.full_name, reader.role, reader.xp_total) == ("Rita", Role.READER, 0)


def test_a_name_with_markup_is_shown_as_text(cast: Cast) -> None:
    signed_in(cast.ana.user).post("/perfil/", profile_of(cast.ana) | {"full_name": "<script>alert(1)</script>"})
    for browser, page in ((cast.ana.user, "/perfil/"), (cast.admin, "/directorio/usuarios/ana/")):
        assert b"<script>alert" not in signed_in(browser).get(page).content


# --- Directory -----------------------------------------------------------------------------------------------------

PAGES = [
    "/directorio/usuarios/",
    "/directorio/usuarios/ana/",
    "/directorio/usuarios/nadie/",
    "/directorio/usuarios/ana/rol/",
    "/directorio/usuarios/ana/desactivar/",
    "/directorio/usuarios/ana/reactivar/",
]


@pytest.mark.parametrize("path", PAGES)
def test_the_directory_is_not_there_for_clients_nor_without_signing_in(cast: Cast, path: str) -> None:
    before = people()
    for method in ("get", "post"):
        assert getattr(signed_in(cast.ana.user), method)(path).status_code in (404, 405)
        assert getattr(Browser(), method)(path).headers["Location"].startswith("/cuenta/ingreso/")
    assert [row[3:] for row in people()] == [row[3:] for row in before]


@pytest.mark.parametrize("path", PAGES[3:])
@pytest.mark.parametrize("who", ["reader", "support"])
def test_who_only_looks_finds_nothing_to_change(cast: Cast, path: str, who: str) -> None:
    browser = signed_in(User.objects.get(username=who))
    for method in ("get", "post"):
        assert getattr(browser, method)(path).status_code == 404
    assert browser.get("/directorio/usuarios/ana/").status_code == 200
    assert b"desactivar" not in browser.get("/directorio/usuarios/ana/").content


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", ["ana", "beto", "extrano", "reader", "support", "admin"]),
        ("?search=extrana", ["extrano"]),
        ("?role=support", ["support"]),
        ("?state=inactive", ["beto"]),
        ("?state=active&role=user", ["ana", "extrano"]),
        ("?search=%25", []),
        ("?page=2", []),
    ],
)
def test_staff_search_and_filter(cast: Cast, query: str, named: list[str]) -> None:
    User.objects.filter(pk=cast.beto.user_id).update(is_active=False)
    answer = signed_in(cast.reader).get(f"/directorio/usuarios/{query}")
    assert answer.status_code == 200
    assert [person.username for person in answer.context["users"]] == named


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=1e9", f"page={10**20}", "role=x", "search=%00"])
def test_a_filter_that_cannot_be_is_refused(cast: Cast, query: str) -> None:
    assert signed_in(cast.reader).get(f"/directorio/usuarios/?{query}").status_code == 400


def test_more_than_a_page_is_paged(cast: Cast) -> None:
    for number in range(20):
        User.objects.create(username=f"u{number}", email=f"u{number}@example.com", full_name=f"U {number}")
    browser = signed_in(cast.reader)
    first = browser.get("/directorio/usuarios/?search=u")
    assert "search=u&amp;page=2" in first.content.decode()
    both = first.context["users"] + browser.get("/directorio/usuarios/?search=u&page=2").context["users"]
    assert len({person.pk for person in both}) == len(both) == first.context["total"]


def test_an_administrator_changes_a_role(cast: Cast) -> None:
    browser = signed_in(cast.admin)
    assert browser.get("/directorio/usuarios/ana/rol/").context["form"]["role"].value() == "user"
    answer = browser.post("/directorio/usuarios/ana/rol/", {"role": "support"}, follow=True)
    assert "Rol cambiado." in answer.content.decode()
    assert User.objects.get(username="ana").role == Role.SUPPORT
    assert Event.objects.filter(name="accounts.role_changed", actor_id=cast.admin.pk).count() == 1


@pytest.mark.parametrize(("username", "role"), [("admin", "reader"), ("ana", "emperador"), ("ana", "")])
def test_a_role_that_cannot_be_is_refused(cast: Cast, username: str, role: str) -> None:
    browser = signed_in(cast.admin)
    before = (books(), people())
    answer = browser.post(f"/directorio/usuarios/{username}/rol/", {"role": role})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["role"]
    assert (books(), people()) == before


def test_deactivating_asks_first_and_reactivating_takes_it_back(cast: Cast) -> None:
    ana, admin = signed_in(cast.ana.user), signed_in(cast.admin)
    assert "¿Desactivar a Ana Gómez?" in admin.get("/directorio/usuarios/ana/desactivar/").content.decode()
    assert ana.get("/panel/").status_code == 200
    admin.post("/directorio/usuarios/ana/desactivar/")
    assert not User.objects.get(username="ana").is_active
    assert ana.get("/panel/").status_code == 302
    assert admin.get("/directorio/usuarios/ana/desactivar/").headers["Location"] == "/directorio/usuarios/ana/"
    assert "¿Reactivar a Ana Gómez?" in admin.get("/directorio/usuarios/ana/reactivar/").content.decode()
    admin.post("/directorio/usuarios/ana/reactivar/")
    assert User.objects.get(username="ana").is_active


def test_the_last_administrator_is_told_why_they_stay(cast: Cast) -> None:
    browser = signed_in(cast.admin)
    before = (books(), people())
    answer = browser.post("/directorio/usuarios/admin/desactivar/")
    assert answer.status_code == 400
    assert "única persona de administración" in answer.content.decode()
    assert (books(), people()) == before
