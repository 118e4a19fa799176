"""Users through the API: oneself, and everybody for staff."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse

from accounts.models import City, Client, Role, User
from accounts.services.places import seed_places
from conftest import PASSWORD, Cast
from events.models import Event
from tests.api import Api, books, refused

NEW = {
    "username": "juan",
    "email": "juan@example.com",
    "password": "Mi_Contraseña_123",
    "full_name": "Juan Pérez",
    "disabled": False,
}


def send(method: str, api: Api, path: str, body: object) -> HttpResponse:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return api.browser.generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=api.headers)


def put(api: Api, path: str, body: object) -> HttpResponse:
    return send("PUT", api, path, body)


def delete(api: Api, username: str) -> HttpResponse:
    return api.browser.delete(f"/api/v1/users/{username}", headers=api.headers)


def people() -> list[tuple[object, ...]]:
    return list(User.objects.order_by("pk").values_list()) + list(Client.objects.order_by("pk").values_list())


def signs_in(identifier: str, password: str = PASSWORD) -> bool:
    return bool(Api().post("auth/login", {"email": identifier, "password": password}).status_code == 200)


def latest(name: str) -> dict[str, Any]:
    payload: dict[str, Any] = Event.objects.filter(name=name).latest("seq").payload
    return payload


# --- Registering ---------------------------------------------------------------------------------------------------


def test_registering_with_a_username_makes_a_client_told_by_mail(cast: Cast) -> None:
    response = Api().post("users/register", NEW)
    body = response.json()
    assert response.status_code == 201
    assert (body["username"], body["email"], body["full_name"]) == ("juan", "juan@example.com", "Juan Pérez")
    assert (body["role"], body["is_active"], body["disabled"], body["xp_total"]) == ("user", True, False, 0)
    assert body["client"]["balance"] == "500000.00"
    assert (body["client"]["notify_channel"], body["client"]["notify_destination"]) == ("email", "juan@example.com")
    assert "password" not in str(body)
    assert signs_in("JUAN", NEW["password"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "me"),
        ("username", "Register"),
        ("username", "ｍｅ"),
        ("username", ".."),
        ("username", "__"),
        ("username", "ana"),
        ("username", "ANA"),
        ("username", "a/b"),
        ("username", "a" * 65),
        ("username", None),
        ("email", "ANA@example.com"),
        ("email", "juan@exa mple.com"),
        ("full_name", "J" * 10_000),
        ("full_name", "Juan\u0007"),
        ("full_name", "Juan\u0000"),
        ("password", "corta"),
        ("disabled", True),
        ("disabled", "quizá"),
        ("disabled", None),
    ],
)
def test_a_fault_in_registering_is_named_and_nobody_is_registered(cast: Cast, field: str, value: object) -> None:
    before = books()
    response = Api().post("users/register", {**NEW, field: value})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert books() == before


def test_registering_with_a_wide_spelling_of_a_taken_address_is_refused(cast: Cast) -> None:
    before = books()
    response = Api().post("users/register", {**NEW, "email": "ana@ｅxample.com"})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])
    assert books() == before


def test_both_ways_of_registering_share_the_limit(cast: Cast) -> None:
    for _ in range(5):
        Api().post("auth/register", {})
    before = books()
    refused(Api().post("users/register", NEW), 429, "too_many_requests")
    assert books() == before


def test_an_address_called_me_does_not_take_the_route_of_the_same_name(cast: Cast) -> None:
    wanted = {**NEW, "email": "me@example.com", "notify_channel": "email", "notify_destination": "me@example.com"}
    del wanted["username"], wanted["disabled"]
    username = Api().post("auth/register", wanted).json()["user"]["username"]
    assert username.startswith("me-")


# --- Looking -------------------------------------------------------------------------------------------------------


def test_staff_list_users_in_a_stable_order_with_their_number(cast: Cast) -> None:
    api = Api(cast.reader)
    response = api.get("users/?skip=0&limit=10")
    rows = response.json()
    assert response["X-Total-Count"] == "6"
    assert [row["username"] for row in rows] == ["ana", "beto", "extrano", "reader", "support", "admin"]
    assert rows[0].keys() == {
        *("id", "username", "email", "full_name", "role", "is_active", "disabled", "date_joined"),
        *("gender", "birth_date", "city", "city_name", "xp_total"),
    }
    paged = [row["username"] for skip in range(0, 8, 2) for row in api.get(f"users?skip={skip}&limit=2").json()]
    assert paged == [row["username"] for row in rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=gomez", ["ana"]),
        ("search=ELISA%20EXTRANA", ["extrano"]),
        ("search=BETO@", ["beto"]),
        ("search=%25", []),
        ("search=_", []),
        ("role=admin", ["admin"]),
        ("role=user&is_active=false", ["beto"]),
        ("role=user&is_active=true", ["ana", "extrano"]),
        ("skip=1000000", []),
    ],
)
def test_staff_search_and_filter(cast: Cast, query: str, found: list[str]) -> None:
    User.objects.filter(pk=cast.beto.user_id).update(is_active=False)
    response = Api(cast.support).get(f"users?{query}")
    assert [row["username"] for row in response.json()] == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=-1", "limit"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1e9", "limit"),
        ("limit=1000000000", "limit"),
        (f"limit={'9' * 5000}", "limit"),
        ("limit=diez", "limit"),
        ("skip=-1", "skip"),
        ("skip=9223372036854775808", "skip"),
        ("role=emperador", "role"),
        ("is_active=quizá", "is_active"),
        ("search=%00", "search"),
        (f"search={'a' * 101}", "search"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_field(cast: Cast, query: str, field: str) -> None:
    response = Api(cast.admin).get(f"users?{query}")
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_listing_is_not_there_for_clients(cast: Cast) -> None:
    refused(Api(cast.ana.user).get("users"), 404, "not_found")
    refused(Api().get("users"), 401, "not_authenticated")


def test_a_user_is_there_for_themself_and_for_staff_only(cast: Cast) -> None:
    own = Api(cast.ana.user).get("users/ana")
    assert (own.status_code, own.json()["email"]) == (200, "ana@example.com")
    assert Api(cast.ana.user).get("users/ANA").json() == own.json()
    for role in (cast.reader, cast.support, cast.admin):
        assert Api(role).get("users/ana").json() == own.json()
    others, nobody = Api(cast.beto.user).get("users/ana"), Api(cast.beto.user).get("users/nadie")
    assert refused(others, 404, "not_found") == refused(nobody, 404, "not_found")


@pytest.mark.parametrize("username", ["nadie", "%00", "a%00", "%ff", "..%2f", "a" * 5000, "%27%20OR%201=1", "ñ" * 70])
def test_a_username_that_is_none_is_not_found(cast: Cast, username: str) -> None:
    for call in (Api(cast.admin).get(f"users/{username}"), put(Api(cast.admin), f"users/{username}", {"xp_total": 1})):
        assert call.status_code == 404


# --- One's own profile ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_the_verbatim_update_changes_address_and_name_and_leaves_the_rest(cast: Cast, method: str) -> None:
    api = Api(cast.ana.user)
    response = send(method, api, "users/me/update", {"email": "Nuevo@Example.com", "full_name": "Juan Carlos Pérez"})
    body = response.json()
    assert response.status_code == 200
    assert (body["email"], body["full_name"], body["username"]) == ("nuevo@example.com", "Juan Carlos Pérez", "ana")
    assert api.get("users/me").json() == body
    client = Client.objects.get(pk=cast.ana.pk)
    assert (client.email, client.full_name) == ("nuevo@example.com", "Juan Carlos Pérez")
    assert client.notify_destination == "nuevo@example.com"  # it was the old address
    assert latest("accounts.profile_updated") == {"user_id": str(cast.ana.user_id), "fields": ["email", "full_name"]}


def test_the_new_address_signs_in_and_the_old_one_does_not(cast: Cast) -> None:
    user = cast.ana.user
    assert user
    EmailAddress.objects.create(user=user, email="ana@example.com", primary=True, verified=True)
    EmailAddress.objects.create(user=user, email="other@example.com")
    put(Api(user), "users/me/update", {"email": "nuevo@example.com"})
    assert list(EmailAddress.objects.values_list("email", "primary", "verified")) == [
        ("nuevo@example.com", True, False)
    ]
    assert signs_in("nuevo@example.com")
    assert not signs_in("ana@example.com")
    assert not signs_in("other@example.com")


def test_without_rows_of_addresses_none_is_made(cast: Cast) -> None:
    put(Api(cast.ana.user), "users/me/update", {"email": "nuevo@example.com"})
    assert not EmailAddress.objects.exists()
    assert signs_in("nuevo@example.com")
    assert not signs_in("ana@example.com")


def test_notices_that_go_elsewhere_stay_there(cast: Cast) -> None:
    api = Api(cast.ana.user)
    put(api, "users/me/update", {"notify_channel": "sms", "notify_destination": "+57 300 123 4567"})
    body = put(api, "users/me/update", {"email": "nuevo@example.com"}).json()
    assert (body["client"]["notify_channel"], body["client"]["notify_destination"]) == ("sms", "+57 300 123 4567")


def test_a_profile_is_filled_in_and_taken_back(cast: Cast) -> None:
    seed_places()
    city = City.objects.get(name="Cuenca")
    api = Api(cast.ana.user)
    filled = {"gender": "undisclosed", "birth_date": "1990-02-28", "city": city.slug}
    body = put(api, "users/me/update", filled).json()
    assert {name: body[name] for name in (*filled, "city_name", "xp_total")} == {
        **filled,
        "city_name": "Cuenca",
        "xp_total": 0,
    }
    body = put(api, "users/me/update", dict.fromkeys(filled)).json()
    assert [body[name] for name in (*filled, "city_name")] == [None] * 4


def test_what_is_as_it_was_is_no_change(cast: Cast) -> None:
    before = (books(), people())
    response = put(Api(cast.ana.user), "users/me/update", {"email": " ANA@example.com", "full_name": "Ana  Gómez "})
    assert response.status_code == 200
    assert {**before[0], "Session": 1} == books()
    assert before[1] == people()


FAULTS: list[tuple[str, object]] = [
    ("email", "beto@example.com"),
    ("email", "BETO@Example.COM"),
    ("email", "ｂeto@example.com"),
    ("email", "beto@ｅxample.com"),
    ("email", "no es un correo"),
    ("email", "a" * 250 + "@example.com"),
    ("email", ""),
    ("email", None),
    ("email", ["x@example.com"]),
    ("full_name", "a" * 10_000),
    ("full_name", "Ana\u0000"),
    ("full_name", "Ana\u202egnp"),
    ("full_name", "\u200b"),
    ("full_name", "   "),
    ("full_name", None),
    ("full_name", {"a": 1}),
    ("gender", "x"),
    ("gender", 1),
    ("birth_date", "2999-01-01"),
    ("birth_date", "1899-12-31"),
    ("birth_date", "0001-01-01"),
    ("birth_date", "1990-02-30"),
    ("birth_date", "28/02/1990"),
    ("birth_date", 19900228),
    ("birth_date", "1990-02-28T00:00:00Z"),
    ("city", "atlantis"),
    ("city", "\u0000"),
    ("city", 1),
    ("city", "a" * 81),
    ("notify_channel", "paloma"),
    ("notify_destination", "no es un correo"),
]


@pytest.mark.parametrize(("field", "value"), FAULTS)
def test_a_fault_in_a_profile_is_named_and_nothing_changes(cast: Cast, field: str, value: object) -> None:
    api = Api(cast.ana.user)
    before = (books(), people())
    # The other changes of the same call must not happen either.
    response = put(api, "users/me/update", {"full_name": "Otra Persona", "gender": "other", field: value})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert (books(), people()) == before


@pytest.mark.parametrize("name", ["role", "is_active", "disabled", "xp_total", "username", "password", "id", "x"])
def test_nobody_slips_more_into_their_own_profile(cast: Cast, name: str) -> None:
    api = Api(cast.ana.user)
    before = (books(), people())
    response = put(api, "users/me/update", {"full_name": "Otra Persona", name: "admin"})
    assert (response.status_code, list(response.json()["errors"])) == (400, [name])
    assert (books(), people()) == before


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"1", b'"x"'])
def test_an_update_of_nothing_is_refused(cast: Cast, body: bytes) -> None:
    api, admin = Api(cast.ana.user), Api(cast.admin)
    before = (books(), people())
    for answer in (send("PUT", api, "users/me/update", body), send("PUT", admin, "users/ana", body)):
        assert answer.status_code == 400
        assert answer.json()["errors"]
    assert (books(), people()) == before


def test_staff_have_no_notices(cast: Cast) -> None:
    api = Api(cast.reader)
    before = (books(), people())
    response = put(api, "users/me/update", {"full_name": "Otro", "notify_destination": "x@example.com"})
    assert list(response.json()["errors"]) == ["notify_destination"]
    assert (books(), people()) == before


def test_a_name_is_kept_as_it_was_written_markup_and_all(cast: Cast) -> None:
    name = '<b>Ana</b> & "O\'Neill"'
    assert put(Api(cast.ana.user), "users/me/update", {"full_name": name}).json()["full_name"] == name


def test_the_address_of_a_client_that_staff_keep_is_taken(cast: Cast) -> None:
    Client.objects.filter(pk=cast.beto.pk).update(user=None, email="guardado@example.com")
    api = Api(cast.ana.user)
    before = (books(), people())
    refused(put(api, "users/me/update", {"email": "guardado@example.com"}), 400, "email_taken")
    assert (books(), people()) == before


# --- The password --------------------------------------------------------------------------------------------------


def change_password(api: Api, form: str, kind: str = "application/x-www-form-urlencoded") -> HttpResponse:
    path = "/api/v1/users/me/change-password"
    return api.browser.generic("POST", path, form.encode(), content_type=kind, headers=api.headers)


@pytest.mark.parametrize("as_form", [True, False])
def test_a_password_is_changed_by_form_and_by_json(cast: Cast, as_form: bool) -> None:
    api = Api(cast.ana.user)
    if as_form:
        response = change_password(api, f"old_password={quote(PASSWORD)}&new_password=Nueva-ñ-Secreta-9")
    else:
        response = api.post("users/me/change-password", {"old_password": PASSWORD, "new_password": "Nueva-ñ-Secreta-9"})
    assert (response.status_code, response.content) == (204, b"")
    assert not signs_in("ana")
    assert signs_in("ana", "Nueva-ñ-Secreta-9")
    refused(api.get("users/me"), 401, "invalid_token")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ("old_password=No-es-esta-1&new_password=Nueva-Secreta-9", "old_password"),
        (f"old_password={quote(PASSWORD)}&new_password=nuevo", "new_password"),
        (f"old_password={quote(PASSWORD)}&new_password=12345678", "new_password"),
        (f"old_password={quote(PASSWORD)}&new_password=", "new_password"),
        (f"old_password={quote(PASSWORD)}&new_password=Nueva%00Secreta-9", "new_password"),
        (f"old_password={quote(PASSWORD)}&new_password={'a' * 1025}", "new_password"),
        (f"old_password={quote(PASSWORD)}", "new_password"),
        ("new_password=Nueva-Secreta-9", "old_password"),
    ],
)
def test_a_password_that_is_not_changed_says_why(cast: Cast, form: str, field: str) -> None:
    api = Api(cast.ana.user)
    before = (books(but=(Event,)), people())
    response = change_password(api, form)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert (books(but=(Event,)), people()) == before
    assert signs_in("ana")


@pytest.mark.parametrize(
    "form", ["&" * 2000 + "a=1" * 3, "a=1&" * 2000, "old_password=%ff&new_password=%fe", "{}", "="]
)
def test_a_form_that_is_none_is_refused(cast: Cast, form: str) -> None:
    before = people()
    assert change_password(Api(cast.ana.user), form).status_code == 400
    assert people() == before


def test_a_form_that_is_not_utf8_or_far_too_long_is_refused(cast: Cast) -> None:
    api = Api(cast.ana.user)
    kind, path = "application/x-www-form-urlencoded", "/api/v1/users/me/change-password"
    for body, status in ((b"old_password=\xf1", 400), (b"a" * 300_000, 413)):
        assert api.browser.generic("POST", path, body, content_type=kind, headers=api.headers).status_code == status


# --- Administrators ------------------------------------------------------------------------------------------------


def test_an_administrator_changes_name_address_role_and_standing_at_once(cast: Cast) -> None:
    wanted = {"full_name": "Ana María", "email": "anam@example.com", "role": "support", "disabled": True, "xp_total": 7}
    response = put(Api(cast.admin), "users/ana", wanted)
    body = response.json()
    assert response.status_code == 200
    assert (body["full_name"], body["email"], body["role"]) == ("Ana María", "anam@example.com", "support")
    assert (body["is_active"], body["disabled"], body["xp_total"]) == (False, True, 7)
    names = Event.objects.filter(actor_id=cast.admin.pk).values_list("name", flat=True)
    assert set(names) == {
        *("accounts.profile_updated", "accounts.email_changed", "accounts.role_changed"),
        *("accounts.user_deactivated", "accounts.client_updated"),
    }
    assert latest("accounts.role_changed") == {
        "user_id": str(cast.ana.user_id),
        "role_before": "user",
        "role_after": "support",
    }


@pytest.mark.parametrize("who", ["reader", "support", "ana", "beto"])
def test_to_everybody_else_changing_users_is_not_there(cast: Cast, who: str) -> None:
    api = Api(User.objects.get(username=who))
    before = (books(), people())
    refused(put(api, "users/ana", {"full_name": "Otra"}), 404, "not_found")
    refused(put(api, "users/nadie", {"full_name": "Otra"}), 404, "not_found")
    refused(put(api, "users/ana/role", {"role": "admin"}), 404, "not_found")
    if who != "ana":
        refused(delete(api, "ana"), 404, "not_found")
    assert (books(), people()) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "emperador"}, "role"),
        ({"role": None}, "role"),
        ({"is_active": None}, "is_active"),
        ({"is_active": True, "disabled": True}, "disabled"),
        ({"is_active": False, "disabled": False}, "disabled"),
        ({"xp_total": -1}, "xp_total"),
        ({"xp_total": 2**31}, "xp_total"),
        ({"xp_total": 1.5}, "xp_total"),
        ({"xp_total": True}, "xp_total"),
        ({"xp_total": b"1e309".decode()}, "xp_total"),
        ({"username": "otra"}, "username"),
        ({"password": "Nueva-Secreta-9"}, "password"),
        ({"is_superuser": True}, "is_superuser"),
    ],
)
def test_a_fault_in_a_change_is_named_and_nothing_changes(cast: Cast, body: dict[str, object], field: str) -> None:
    api = Api(cast.admin)
    before = (books(), people())
    response = put(api, "users/ana", {"full_name": "Otra Persona", **body})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert (books(), people()) == before


def test_a_new_role_ends_the_old_tokens(cast: Cast) -> None:
    api = Api(cast.ana.user)
    response = put(Api(cast.admin), "users/ana/role", {"role": "reader"})
    assert (response.status_code, response.json()["role"]) == (200, "reader")
    refused(api.get("users/me"), 401, "invalid_token")
    assert Api(User.objects.get(username="ana")).get("users").status_code == 200


@pytest.mark.parametrize("route", ["users/admin", "users/admin/role", "users/ADMIN"])
@pytest.mark.parametrize("role", ["user", "reader", "support"])
def test_nobody_changes_their_own_role(cast: Cast, route: str, role: str) -> None:
    User.objects.filter(pk=cast.support.pk).update(role=Role.ADMIN)  # another one would remain
    api = Api(cast.admin)
    before = (books(), people())
    body = refused(put(api, route, {"role": role}), 400, "own_role")
    assert list(body["errors"]) == ["role"]
    assert (books(), people()) == before


def test_the_last_administrator_stays(cast: Cast) -> None:
    User.objects.create(username="otro", email="o@example.com", full_name="O", role=Role.ADMIN, is_active=False)
    api = Api(cast.admin)
    before = (books(), people())
    for refusal in (delete(api, "admin"), put(api, "users/admin", {"disabled": True})):
        refused(refusal, 409, "last_administrator")
    assert (books(), people()) == before


def test_one_of_two_administrators_may_go(cast: Cast) -> None:
    User.objects.filter(pk=cast.support.pk).update(role=Role.ADMIN)
    assert delete(Api(cast.admin), "admin").status_code == 204
    assert not User.objects.get(pk=cast.admin.pk).is_active


# --- Leaving -------------------------------------------------------------------------------------------------------


def test_deleting_closes_the_door_and_keeps_everything(cast: Cast) -> None:
    ana = Api(cast.ana.user)
    ana.subscribe()
    before = books(but=(Event,))
    assert delete(Api(cast.admin), "ana").status_code == 204
    after = books(but=(Event,))
    assert {**after, "ended": 0, "Session": 0} == {**before, "ended": 0, "Session": 0}
    assert latest("accounts.user_deactivated") == {"user_id": str(cast.ana.user_id)}
    assert not signs_in("ana")
    refused(ana.get("users/me"), 401, "invalid_token")
    assert Api(cast.admin).get("users/ana").json()["disabled"] is True
    # Neither name nor address is free for somebody else.
    for field, value in (("username", "Ana"), ("email", "ANA@example.com")):
        assert list(Api().post("users/register", {**NEW, field: value}).json()["errors"]) == [field]


def test_a_client_may_close_their_own_door(cast: Cast) -> None:
    api = Api(cast.ana.user)
    assert delete(api, "ana").status_code == 204
    refused(delete(api, "ana"), 401, "invalid_token")
    assert not signs_in("ana")


def test_deactivating_twice_changes_nothing_more(cast: Cast) -> None:
    admin = Api(cast.admin)
    delete(admin, "ana")
    before = (books(), people())
    assert delete(admin, "ana").status_code == 204
    assert (books(), people()) == before


def test_coming_back_revives_no_old_token(cast: Cast) -> None:
    old = Api(cast.ana.user)
    admin = Api(cast.admin)
    delete(admin, "ana")
    assert put(admin, "users/ana", {"disabled": False}).json()["is_active"] is True
    assert latest("accounts.user_reactivated") == {"user_id": str(cast.ana.user_id)}
    refused(old.get("users/me"), 401, "invalid_token")
    assert signs_in("ana")
