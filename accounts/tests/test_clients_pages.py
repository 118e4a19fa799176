"""Clients as staff keep them, on the pages of the directory."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Client, User
from accounts.services import clients
from accounts.tests.test_clients_api import CARLOS, make
from conftest import Cast
from core.tests.snapshots import snapshot
from events.models import Event
from ledger.models import Account

DIRECTORY = "/directorio/clientes/"
NEW = {
    "full_name": "João Silva",
    "email": "Joao@Example.com",
    "tax_id_kind": "CPF",
    "tax_id": "390.533.447-05",
    "notify_channel": "email",
    "notify_destination": "",
}


def signed_in(user: User | None) -> Browser:
    browser = Browser()
    if user:
        browser.force_login(user)
    return browser


def page(browser: Browser, path: str = DIRECTORY, **query: str) -> str:
    answer = browser.get(path, query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_support_makes_a_client(cast: Cast) -> None:
    browser = signed_in(cast.support)
    answer = browser.post(f"{DIRECTORY}nuevo/", NEW)
    client = Client.objects.get(email="joao@example.com")
    assert answer.headers["Location"] == f"{DIRECTORY}{client.pk}/"
    assert (client.full_name, client.tax_id, client.notify_destination) == ("João Silva", "39053344705", client.email)
    shown = page(browser, answer.headers["Location"])
    assert "Cliente creado" in shown
    assert "39053344705" in shown
    assert client.cash_account.number in shown
    assert "$\xa00,00" in shown
    assert "No inicia sesión" in shown


def test_a_tax_id_that_is_not_verified_is_marked(cast: Cast) -> None:
    made = make(cast)
    assert "dígito de control no corresponde" in page(signed_in(cast.reader), f"{DIRECTORY}{made['id']}/")
    assert "Sin verificar" in page(signed_in(cast.reader))


def test_readers_look_and_are_offered_nothing_to_change(cast: Cast) -> None:
    browser = signed_in(cast.reader)
    for path in (DIRECTORY, f"{DIRECTORY}{cast.ana.pk}/"):
        shown = page(browser, path)
        assert "Ana Gómez" in shown
        for word in ("nuevo/", "editar/", "desactivar/", "reactivar/"):
            assert word not in shown
    assert "500.000,00" in shown


def test_the_directory_is_reached_from_the_header_by_staff_only(cast: Cast) -> None:
    assert DIRECTORY in page(signed_in(cast.reader))
    assert DIRECTORY not in page(signed_in(cast.ana.user), "/panel/")


def test_nobody_but_staff_finds_the_directory(cast: Cast) -> None:
    some = f"{DIRECTORY}{cast.ana.pk}/"
    changing = [f"{DIRECTORY}nuevo/", f"{some}editar/", f"{some}desactivar/", f"{some}reactivar/"]
    users: dict[User | None, int] = {cast.ana.user: 404, cast.beto.user: 404, None: 302}
    browsers = {signed_in(user): status for user, status in users.items()}
    reader = signed_in(cast.reader)
    before = snapshot()
    for browser, status in browsers.items():
        for path in [DIRECTORY, some, *changing]:
            assert browser.get(path).status_code == status, path
        for path in changing:
            assert browser.post(path, NEW).status_code == status, path
    for path in changing:
        assert reader.get(path).status_code == reader.post(path, NEW).status_code == 404, path
    assert snapshot() == before


def test_what_does_not_exist_is_not_found(cast: Cast) -> None:
    for rest in ("", "editar/", "desactivar/", "reactivar/"):
        assert signed_in(cast.admin).get(f"{DIRECTORY}{uuid.uuid4()}/{rest}").status_code == 404


def test_searching_filtering_and_paging(cast: Cast) -> None:
    for number in range(21):
        make(cast, full_name=f"Persona {number:02}", email=f"p{number}@example.com", rfc=None)
    clients.update_client(
        client_id=Client.objects.get(full_name="Persona 20").pk, actor_id=cast.admin.pk, changes={"is_active": False}
    )
    browser = signed_in(cast.reader)
    first = page(browser, search="PERSÓNA")
    assert ("Persona 00" in first, "Persona 19" in first, "Persona 20" in first) == (True, True, False)
    assert "21 clientes." in first
    assert "?search=PERS%C3%93NA&amp;page=2" in first
    second = page(browser, search="PERSÓNA", page="2")
    assert ("Persona 19" in second, "Persona 20" in second, "page=1" in second) == (False, True, True)
    assert "Persona 20" not in page(browser, search="persona 20", is_active="true")
    assert "Persona 20" in page(browser, is_active="false")
    assert "Ningún cliente coincide" in page(browser, search="nadie así")
    assert "Ningún cliente coincide" in page(browser, page="400")


@pytest.mark.parametrize(
    "query", [{"search": "x" * 101}, {"search": "a\x00"}, {"is_active": "quizás"}, {"page": "0"}, {"page": "1e9"}]
)
def test_a_search_that_cannot_be_says_why_and_shows_nobody(cast: Cast, query: dict[str, str]) -> None:
    answer = signed_in(cast.reader).get(DIRECTORY, query)
    assert answer.status_code == 400
    shown = answer.content.decode()
    assert "Revise el formulario" in shown
    assert "Ana Gómez" not in shown


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": "x" * 10_000}, "full_name"),
        ({"full_name": "Ana\x00"}, "full_name"),
        ({"full_name": "Ana\u0007"}, "full_name"),
        ({"email": "nadie"}, "email"),
        ({"email": "ANA@example.com"}, "email"),
        ({"tax_id": "zzz"}, "tax_id"),
        ({"tax_id": "11111111111"}, "tax_id"),
        ({"tax_id": ""}, "tax_id"),
        ({"tax_id_kind": ""}, "tax_id_kind"),
        ({"tax_id_kind": "SSN"}, "tax_id_kind"),
        ({"tax_id_kind": "RFC", "tax_id": "PEPJ800101HNE"}, "tax_id"),
        ({"notify_channel": "paloma"}, "notify_channel"),
        ({"notify_channel": "sms"}, "notify_destination"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_nothing_changes(cast: Cast, wrong: dict[str, str], field: str) -> None:
    make(cast)
    other = make(cast, full_name="Otra", email="otra@example.com", rfc=None)
    browser = signed_in(cast.support)
    before = snapshot()
    for path in ("nuevo/", f"{other['id']}/editar/"):
        answer = browser.post(f"{DIRECTORY}{path}", {**NEW, **wrong})
        assert answer.status_code == 400
        assert list(answer.context["form"].errors) == [field]
        assert snapshot() == before


def test_editing_shows_what_is_kept_and_keeps_what_is_sent(cast: Cast) -> None:
    made = make(cast)
    browser = signed_in(cast.support)
    path = f"{DIRECTORY}{made['id']}/editar/"
    form = browser.get(path).context["form"]
    kept: dict[str, Any] = {name: form[name].value() for name in form.fields}
    assert kept["notify_destination"] == "", "so that notices follow the address"
    before = Client.objects.filter(pk=made["id"]).values()[0]
    assert browser.post(path, kept).status_code == 302
    assert Client.objects.filter(pk=made["id"]).values()[0] == before, "what is sent back as it was is no change"
    browser.post(path, {**kept, "email": "nuevo@example.com", "tax_id": "", "tax_id_kind": ""})
    after = Client.objects.get(pk=made["id"])
    assert (after.email, after.notify_destination, after.tax_id) == ("nuevo@example.com",) * 2 + ("",)


def test_letting_go_and_taking_back_ask_first(cast: Cast) -> None:
    made = make(cast)
    client = Client.objects.filter(pk=made["id"])
    browser = signed_in(cast.support)
    here = f"{DIRECTORY}{made['id']}/"
    assert "¿Desactivar a Carlos Perez?" in page(browser, f"{here}desactivar/")
    assert client.get().is_active
    assert browser.get(f"{here}reactivar/").headers["Location"] == here
    assert browser.post(f"{here}desactivar/").headers["Location"] == here
    assert not client.get().is_active
    shown = page(browser, here)
    assert "Inactivo" in shown
    assert "Cliente desactivado" in shown
    assert "¿Reactivar a Carlos Perez?" in page(browser, f"{here}reactivar/")
    browser.post(f"{here}reactivar/")
    assert client.get().is_active


def test_a_client_with_money_stays_and_the_page_says_where_it_is(cast: Cast) -> None:
    browser = signed_in(cast.support)
    before = snapshot()
    answer = browser.post(f"{DIRECTORY}{cast.ana.pk}/desactivar/")
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert cast.ana.cash_account.number in shown
    assert "500.000,00" in shown
    assert snapshot() == before


def test_who_comes_back_while_somebody_has_the_address_is_refused(cast: Cast) -> None:
    made = make(cast, is_active=False)
    make(cast, rfc=None)
    browser = signed_in(cast.support)
    before = snapshot()
    answer = browser.post(f"{DIRECTORY}{made['id']}/reactivar/")
    assert answer.status_code == 400
    assert "Cambie antes su correo" in answer.content.decode()
    assert snapshot() == before


def test_markup_in_a_name_is_shown_and_not_obeyed(cast: Cast) -> None:
    made = make(cast, full_name='<script>alert("1")</script>')
    browser = signed_in(cast.support)
    for path in (DIRECTORY, *(f"{DIRECTORY}{made['id']}/{rest}" for rest in ("", "editar/", "desactivar/"))):
        shown = page(browser, path)
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert" in shown


def test_every_account_is_listed_with_its_balance(cast: Cast) -> None:
    made = make(cast)
    assert Account.objects.filter(holder_id=made["id"]).count() == 1
    shown = page(signed_in(cast.reader), f"{DIRECTORY}{made['id']}/")
    for account in Account.objects.filter(holder_id=made["id"]):
        assert account.number in shown
    assert CARLOS["email"] in shown


def test_the_admin_changes_a_client_through_the_service(cast: Cast) -> None:
    made = make(cast)
    browser = signed_in(cast.admin)
    path = f"/admin/accounts/client/{made['id']}/change/"
    form = {
        "full_name": " Carlos  Pérez ",
        "email": "Nuevo@Example.com",
        "tax_id_kind": "RFC",
        "tax_id": "gode-561231-gr8",
        "notify_channel": "email",
        "notify_destination": "carlos.perez@example.com",
        "time_zone": "America/Mexico_City",
    }
    assert browser.get(path).status_code == 200
    assert browser.post(path, form).status_code == 302
    client = Client.objects.get(pk=made["id"])
    assert (client.full_name, client.email, client.tax_id) == ("Carlos Pérez", "nuevo@example.com", "GODE561231GR8")
    assert client.tax_id_verified
    assert client.notify_destination == client.email
    assert Event.objects.latest("seq").name == "accounts.client_updated"
    before = snapshot()
    answer = browser.post(path, {**form, "email": "ANA@example.com"})
    assert list(answer.context["adminform"].form.errors) == ["email"]
    answer = browser.post(path, {**form, "tax_id": "zzz"})
    assert list(answer.context["adminform"].form.errors) == ["tax_id"]
    assert snapshot() == before
    assert signed_in(cast.reader).get(path).status_code == 200
    assert signed_in(cast.reader).post(path, form).status_code == 403
    assert browser.get("/admin/accounts/client/add/").status_code == 403
    assert "PEPJ" not in browser.get("/admin/accounts/client/", {"q": "GODE561231GR8"}).content.decode()
