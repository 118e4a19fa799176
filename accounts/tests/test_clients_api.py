"""Clients as staff keep them, over the API."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from accounts.models import Client
from conftest import Cast, bearer
from core.tests.snapshots import snapshot
from events.models import Event
from ledger.models import Account
from tests.api import Api, books, refused

CARLOS = {"full_name": "Carlos Perez", "email": "carlos.perez@example.com", "rfc": "PEPJ800101HNE"}
JOAO = {"name": "João Silva", "email": "joao@example.com", "is_active": True}
GOOD_RFC = "GODE561231GR8"


def send(method: str, user: Any, path: str, body: object = None) -> HttpResponse:
    data = orjson.dumps(body) if body is not None else b""
    headers = bearer(user) if user else {}
    return Browser().generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=headers)


def make(cast: Cast, **wanted: object) -> dict[str, Any]:
    answer = send("POST", cast.support, "clients", {**CARLOS, **wanted})
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def names(answer: HttpResponse) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["full_name"] for row in answer.json()]


def test_the_verbatim_call_makes_a_client_and_warns_about_the_rfc(cast: Cast) -> None:
    before = books()
    answer = Browser().post("/api/v1/clients/", CARLOS, "application/json", headers=bearer(cast.support))
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    client = Client.objects.get(email=CARLOS["email"])
    body = answer.json()
    assert {name: body[name] for name in ("id", "full_name", "name", "email", "rfc", "tax_id", "tax_id_kind")} == {
        "id": str(client.pk),
        "full_name": "Carlos Perez",
        "name": "Carlos Perez",
        "email": "carlos.perez@example.com",
        "rfc": "PEPJ800101HNE",
        "tax_id": "PEPJ800101HNE",
        "tax_id_kind": "RFC",
    }
    assert body["tax_id_verified"] is False
    assert "PEPJ800101HNE" in body["warnings"][0]
    assert (body["is_active"], body["user_id"], body["deactivated_at"]) == (True, None, None)
    assert (body["notify_channel"], body["notify_destination"]) == ("email", "carlos.perez@example.com")
    account = Account.objects.get(holder_id=client.pk)
    assert body["account"] == {"number": account.number, "currency": "COP"}
    assert (account.kind, account.balance) == ("cash", 0), "no opening grant for clients made by staff"
    after = books()
    assert after["Entry"] == before["Entry"]
    event = Event.objects.latest("seq")
    assert (event.name, event.payload) == ("accounts.client_created", {"client_id": str(client.pk)})
    assert event.actor_id == cast.support.pk


@pytest.mark.parametrize("address", ["/api/clients", "/api/clients/", "/api/v1/clients", "/api/v1/clients/"])
def test_the_other_verbatim_call_makes_a_client_by_name(cast: Cast, address: str) -> None:
    body = Browser().post(address, JOAO, "application/json", headers=bearer(cast.admin)).json()
    assert (body["full_name"], body["rfc"], body["warnings"]) == ("João Silva", None, [])
    assert body["tax_id_verified"] is None


def test_the_verbatim_search_finds_with_and_without_accents(cast: Cast) -> None:
    make(cast, **JOAO, full_name="João Silva", rfc=None)
    make(cast, full_name="Joao Souza", email="souza@example.com", rfc=None)
    for search in ("joão", "joao", "JOÃO", "JOAO", "Joa\u0303o"):
        answer = Browser().get(
            "/api/clients",
            {"skip": "0", "limit": "20", "search": search, "is_active": "true"},
            headers=bearer(cast.reader),
        )
        assert names(answer) == ["João Silva", "Joao Souza"], search
        assert answer["X-Total-Count"] == "2"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("carlos", True),
        ("perez carlos", True),
        ("PÉREZ", True),
        ("arlo", True),
        ("ca", True),
        ("c", True),
        ("rl", False),  # one or two characters are how a word begins
        ("carlos.perez@", True),
        ("example", True),
        ("PEPJ800101HNE", True),
        ("pepj-800101-hne", True),
        ("PEPJ 800101 HNE", True),
        ("800101", True),
        ("carlos - pérez", True),
        ("carlos gómez", False),
        ("%", False),
        ("___", False),
        ("car%rez", False),
        ("\\", False),
        ("'; DROP TABLE accounts_client; --", False),
    ],
)
def test_a_client_is_found_by_any_part_of_name_address_or_tax_id(cast: Cast, search: str, found: bool) -> None:
    make(cast)
    answer = Browser().get("/api/v1/clients", {"search": search}, headers=bearer(cast.reader))
    assert ("Carlos Perez" in names(answer)) is found


def test_other_tax_ids_are_found_as_people_write_them(cast: Cast) -> None:
    make(cast, rfc=None, tax_id="390.533.447-05", tax_id_kind="CPF")
    answer = Browser().get("/api/v1/clients", {"search": "390.533.447-05"}, headers=bearer(cast.reader))
    assert names(answer) == ["Carlos Perez"]


def test_the_list_is_in_the_order_of_names_and_pages_add_up(cast: Cast) -> None:
    for number, name in enumerate(["Zoé", "ana", "Álvaro", "Ana", "Ñandú"]):
        make(cast, full_name=name, email=f"{number}@example.com", rfc=None)
    whole = names(send("GET", cast.reader, "clients"))
    assert whole == ["Álvaro", "ana", "Ana", "Ana Gómez", "Beto Ruiz", "Elisa Extraña", "Ñandú", "Zoé"]
    pages = [names(send("GET", cast.reader, f"clients?skip={skip}&limit=3")) for skip in (0, 3, 6, 9)]
    assert [name for page in pages for name in page] == whole
    assert [len(page) for page in pages] == [3, 3, 2, 0]
    assert send("GET", cast.reader, "clients?skip=3&limit=3")["X-Total-Count"] == "8"


@pytest.mark.parametrize(
    ("query", "names_found"),
    [
        ("is_active=true", {"Ana Gómez", "Beto Ruiz", "Elisa Extraña"}),
        ("is_active=false", {"Carlos Perez"}),
        ("", None),
    ],
)
def test_the_list_tells_active_from_inactive(cast: Cast, query: str, names_found: set[str] | None) -> None:
    make(cast, is_active=False)
    everybody = {"Ana Gómez", "Beto Ruiz", "Elisa Extraña", "Carlos Perez"}
    assert set(names(send("GET", cast.reader, f"clients?{query}"))) == (names_found or everybody)
    assert set(names(send("GET", cast.reader, f"clients?search=&is_active=&{query}"))) == (names_found or everybody)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=-1", "limit"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1000000000", "limit"),
        ("limit=1e9", "limit"),
        ("limit=abc", "limit"),
        ("skip=-1", "skip"),
        ("skip=1000000000000", "skip"),
        ("skip=x", "skip"),
        ("is_active=quizás", "is_active"),
        ("search=" + "a" * 101, "search"),
        ("search=a%00b", "search"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_its_field(cast: Cast, query: str, field: str) -> None:
    answer = send("GET", cast.reader, f"clients?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_staff_read_a_client_and_see_where_notices_go(cast: Cast) -> None:
    made = make(cast)
    assert send("GET", cast.reader, f"clients/{made['id']}").json() == made
    ana = send("GET", cast.reader, f"clients/{cast.ana.pk}").json()
    assert (ana["user_id"], ana["notify_destination"]) == (str(cast.ana.user_id), "ana@example.com")


def test_what_does_not_exist_is_not_found(cast: Cast) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        refused(send(method, cast.admin, f"clients/{uuid.uuid4()}", {}), 404, "client_not_found")


def test_support_changes_a_client_and_what_is_absent_stays(cast: Cast) -> None:
    made = make(cast)
    body = send("PATCH", cast.support, f"clients/{made['id']}", {"full_name": " Carlos   Pérez "}).json()
    assert {**made, "full_name": "Carlos Pérez", "name": "Carlos Pérez"} == body
    event = Event.objects.latest("seq")
    assert (event.name, event.payload) == (
        "accounts.client_updated",
        {"client_id": made["id"], "fields": ["full_name"]},
    )


def test_a_client_as_it_was_read_can_be_sent_back_and_changes_nothing(cast: Cast) -> None:
    for wanted in ({}, {"rfc": None, "tax_id": "39053344705", "tax_id_kind": "CPF"}):
        made = make(cast, **wanted, email=f"{uuid.uuid4().hex}@example.com")
        headers = bearer(cast.admin)
        before = snapshot()
        answer = Browser().put(f"/api/v1/clients/{made['id']}", made, "application/json", headers=headers)
        assert answer.json() == made
        assert snapshot() == before


def test_put_wants_name_and_address(cast: Cast) -> None:
    made = make(cast)
    answer = send("PUT", cast.admin, f"clients/{made['id']}", {"rfc": GOOD_RFC})
    assert set(answer.json()["errors"]) == {"full_name", "email"}
    body = send("PUT", cast.admin, f"clients/{made['id']}", {"name": "C", "email": "c@example.com"}).json()
    assert (body["full_name"], body["email"], body["rfc"]) == ("C", "c@example.com", made["rfc"])


def test_notices_that_went_to_the_old_address_follow_the_new_one(cast: Cast) -> None:
    made = make(cast)
    body = send("PATCH", cast.support, f"clients/{made['id']}", {"email": "Nuevo@Example.com"}).json()
    assert (body["email"], body["notify_destination"]) == ("nuevo@example.com", "nuevo@example.com")
    sms = {"notify_channel": "sms", "notify_destination": "+57 300 123 4567"}
    send("PATCH", cast.support, f"clients/{made['id']}", sms)
    body = send("PATCH", cast.support, f"clients/{made['id']}", {"email": "otro@example.com"}).json()
    assert (body["email"], body["notify_destination"]) == ("otro@example.com", "+57 300 123 4567")


def test_a_tax_id_is_changed_and_taken_away(cast: Cast) -> None:
    made = make(cast)
    path = f"clients/{made['id']}"
    body = send("PATCH", cast.support, path, {"rfc": "gode-561231-gr8"}).json()
    assert (body["rfc"], body["tax_id_verified"], body["warnings"]) == (GOOD_RFC, True, [])
    body = send("PATCH", cast.support, path, {"tax_id": "900.123.456-8", "tax_id_kind": "NIT"}).json()
    assert (body["rfc"], body["tax_id"], body["tax_id_kind"]) == (None, "9001234568", "NIT")
    for nothing in (None, ""):
        body = send("PATCH", cast.support, path, {"rfc": nothing}).json()
        assert (body["rfc"], body["tax_id"], body["tax_id_kind"], body["warnings"]) == (None, None, None, [])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": " \u00a0 "}, "full_name"),
        ({"full_name": "x" * 10_000}, "full_name"),
        ({"full_name": "\ufdfa" * 200}, "full_name"),
        ({"full_name": "Ana\u0000"}, "full_name"),
        ({"full_name": "Ana\u0007Pérez"}, "full_name"),
        ({"full_name": "Ana\u202egnp"}, "full_name"),
        ({"full_name": "…"}, "full_name"),
        ({"full_name": None}, "full_name"),
        ({"full_name": ["Ana"]}, "full_name"),
        ({"full_name": True}, "full_name"),
        ({"name": "Otra"}, "name"),
        ({"email": "nadie"}, "email"),
        ({"email": "a" * 250 + "@example.com"}, "email"),
        ({"email": "ana@example.com"}, "email"),
        ({"email": "ANA@EXAMPLE.COM"}, "email"),
        ({"email": "beto@exam\u0000ple.com"}, "email"),
        ({"email": None}, "email"),
        ({"rfc": "XXXX"}, "rfc"),
        ({"rfc": "PEPJ801301HNE"}, "rfc"),
        ({"rfc": "PEPJ800101HN\u0660"}, "rfc"),
        ({"rfc": "PEPJ800101HNE\u0000"}, "rfc"),
        ({"rfc": "XAXX010101000"}, "rfc"),
        ({"rfc": "x" * 10_000}, "rfc"),
        ({"rfc": {"$ne": 1}}, "rfc"),
        ({"tax_id": GOOD_RFC}, "rfc"),
        ({"tax_id_kind": "NIT"}, "rfc"),
        ({"tax_id_kind": "SSN"}, "tax_id_kind"),
        ({"rfc": None, "tax_id": "11111111111", "tax_id_kind": "CPF"}, "tax_id"),
        ({"is_active": "quizás"}, "is_active"),
        ({"is_active": None}, "is_active"),
        ({"notify_channel": "paloma"}, "notify_channel"),
        ({"notify_channel": "sms"}, "notify_destination"),
        ({"notify_destination": "no es un correo"}, "notify_destination"),
    ],
)
def test_a_fault_is_named_by_its_field_and_nothing_changes(cast: Cast, wrong: dict[str, object], field: str) -> None:
    made = make(cast, email="antes@example.com", rfc="MAB9307148T4")
    headers = bearer(cast.support)
    before = snapshot()
    for method, path in (("POST", "clients"), ("PUT", f"clients/{made['id']}")):
        data = orjson.dumps({**CARLOS, **wrong})
        answer = Browser().generic(method, f"/api/v1/{path}", data, "application/json", headers=headers)
        assert answer.status_code == 400, answer.content
        assert list(answer.json()["errors"]) == [field], answer.content
        assert snapshot() == before


def test_an_address_in_wide_letters_is_the_same_address(cast: Cast) -> None:
    headers = bearer(cast.support)
    before = snapshot()
    for address in ("ａｎａ@example.com", "Ana@EXAMPLE.com", " ana@example.com "):
        answer = Browser().post("/api/v1/clients", {**CARLOS, "email": address}, "application/json", headers=headers)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["email"]), address
    assert snapshot() == before


@pytest.mark.parametrize("body", [b"[]", b"3", b'"x"', b"null", b"{", b"\xff", b'{"full_name": NaN}'])
def test_what_is_no_object_is_refused(cast: Cast, body: bytes) -> None:
    made = make(cast)
    headers = bearer(cast.support)
    before = snapshot()
    for method, path in (("POST", "clients"), ("PUT", f"clients/{made['id']}"), ("PATCH", f"clients/{made['id']}")):
        answer = Browser().generic(method, f"/api/v1/{path}", body, "application/json", headers=headers)
        assert answer.status_code == 400, answer.content
    assert snapshot() == before


def test_unknown_fields_are_ignored(cast: Cast) -> None:
    made = make(cast, id=str(uuid.uuid4()), user_id=str(cast.ana.user_id), balance="1000000.00", revision=99)
    assert made["user_id"] is None
    client = Client.objects.select_related("cash_account").get(pk=made["id"])
    assert (client.user_id, client.cash_account.balance) == (None, 0)


@pytest.mark.parametrize(
    ("wanted", "field"), [({"rfc": "pepj 800101 hne"}, "rfc"), ({"rfc": None, "tax_id": "PEPJ800101HNE"}, "tax_id")]
)
def test_a_tax_id_is_one_clients_only_active_or_not(cast: Cast, wanted: dict[str, object], field: str) -> None:
    made = make(cast)
    other = make(cast, full_name="Otra", email="otra@example.com", rfc=None)
    headers = bearer(cast.support)
    for _turn in range(2):
        before = snapshot()
        body = {"full_name": "Tercera", "email": "tercera@example.com", **wanted}
        answer = Browser().post("/api/v1/clients", body, "application/json", headers=headers)
        assert list(refused(answer, 400, "tax_id_taken")["errors"]) == [field]
        answer = Browser().patch(f"/api/v1/clients/{other['id']}", wanted, "application/json", headers=headers)
        assert list(refused(answer, 400, "tax_id_taken")["errors"]) == [field]
        assert snapshot() == before
        send("DELETE", cast.support, f"clients/{made['id']}")


def test_the_same_number_as_another_kind_is_somebody_else(cast: Cast) -> None:
    make(cast, rfc=None, tax_id="1000000001", tax_id_kind="CC")
    make(cast, email="nit@example.com", rfc=None, tax_id="1000000001", tax_id_kind="NIT")
    assert Client.objects.filter(tax_id="1000000001").count() == 2


def test_nobody_but_staff_learns_of_clients_and_readers_only_look(cast: Cast) -> None:
    made = make(cast)
    changes: list[tuple[str, str, object]] = [
        ("POST", "clients", {**CARLOS, "email": "x@example.com", "rfc": None}),
        ("PUT", f"clients/{made['id']}", {"name": "X", "email": "x@example.com"}),
        ("PATCH", f"clients/{made['id']}", {"name": "X"}),
        ("PATCH", f"clients/{made['id']}", {"limit": "nonsense", "email": 3}),
        ("DELETE", f"clients/{made['id']}", None),
        ("DELETE", f"clients/{cast.ana.pk}", None),
    ]
    looks: list[tuple[str, str, object]] = [
        ("GET", "clients", None),
        ("GET", "clients?limit=nonsense", None),
        ("GET", f"clients/{made['id']}", None),
        ("GET", f"clients/{cast.ana.pk}", None),
        ("GET", f"clients/{uuid.uuid4()}", None),
    ]
    rows = Client.objects.order_by("pk").values_list()
    before = list(rows)
    for method, path, body in changes + looks:
        refused(send(method, cast.ana.user, path, body), 404, "not_found")
        refused(send(method, None, path, body), 401, "not_authenticated")
    for method, path, body in changes:
        refused(send(method, cast.reader, path, body), 404, "not_found")
    assert list(rows) == before


def test_deleting_deactivates_keeps_everything_and_can_be_undone(cast: Cast) -> None:
    made = make(cast)
    assert send("DELETE", cast.support, f"clients/{made['id']}").status_code == 204
    gone = send("GET", cast.reader, f"clients/{made['id']}").json()
    assert (gone["is_active"], gone["rfc"]) == (False, made["rfc"])
    assert gone["deactivated_at"]
    assert Event.objects.latest("seq").name == "accounts.client_deactivated"
    headers = bearer(cast.support)
    before = snapshot()
    assert Browser().delete(f"/api/v1/clients/{made['id']}", headers=headers).status_code == 204
    assert snapshot() == before, "deleting again changes nothing"
    back = send("PUT", cast.support, f"clients/{made['id']}", {**CARLOS, "is_active": True}).json()
    assert back == made
    assert Event.objects.latest("seq").name == "accounts.client_reactivated"


def test_a_client_with_money_is_not_deactivated_and_the_account_is_named(cast: Cast) -> None:
    headers = bearer(cast.support)
    before = snapshot()
    for answer in (
        Browser().delete(f"/api/v1/clients/{cast.ana.pk}", headers=headers),
        Browser().patch(f"/api/v1/clients/{cast.ana.pk}", {"is_active": False}, "application/json", headers=headers),
        Browser().put(
            f"/api/v1/clients/{cast.ana.pk}",
            {"name": "Ana Nueva", "email": "nueva@example.com", "is_active": False},
            "application/json",
            headers=headers,
        ),
    ):
        body = refused(answer, 409, "client_has_money")
        assert cast.ana.cash_account.number in body["detail"]
        assert "500.000,00" in body["detail"]
    assert snapshot() == before


def test_money_in_a_fund_counts_as_money(cast: Cast) -> None:
    assert Api(cast.ana.user).subscribe(1, 500000).status_code == 201
    position = Account.objects.get(holder_id=cast.ana.pk, kind="position")
    body = refused(send("DELETE", cast.admin, f"clients/{cast.ana.pk}"), 409, "client_has_money")
    assert position.number in body["detail"]
    assert cast.ana.cash_account.number not in body["detail"]


def test_the_address_of_who_left_is_free_and_who_left_comes_back_with_another(cast: Cast) -> None:
    made = make(cast)
    send("DELETE", cast.support, f"clients/{made['id']}")
    make(cast, rfc=None)
    headers = bearer(cast.support)
    before = snapshot()
    answer = Browser().patch(f"/api/v1/clients/{made['id']}", {"is_active": True}, "application/json", headers=headers)
    assert list(refused(answer, 400, "client_email_taken")["errors"]) == ["email"]
    assert snapshot() == before
    body = send("PATCH", cast.support, f"clients/{made['id']}", {"is_active": True, "email": "otro@example.com"}).json()
    assert (body["is_active"], body["email"]) == (True, "otro@example.com")


def test_markup_in_a_name_is_kept_as_it_is_in_json(cast: Cast) -> None:
    name = "<script>alert(1)</script> & Hijos"
    assert make(cast, full_name=name)["full_name"] == name


def test_registering_with_the_address_of_a_client_of_staff_does_not_become_them(cast: Cast) -> None:
    make(cast)
    before = snapshot()
    wanted = {
        "email": "Carlos.Perez@example.com",
        "full_name": "Carlos",
        "password": "Mi_Contraseña_123",
        "notify_channel": "email",
        "notify_destination": "carlos.perez@example.com",
    }
    refused(Api().post("auth/register", wanted), 400, "email_taken")
    assert snapshot() == before
