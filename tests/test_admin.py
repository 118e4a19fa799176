"""The admin: what staff can look for, what they may change, and what nobody may."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import connection
from django.db.models import Model
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Client, Role, User
from conftest import PASSWORD, Cast
from events.models import Event
from funds.models import Fund, Subscription
from funds.services import BelowMinimum, subscribe
from ledger.models import Account, Entry, Transaction
from tests.pages import browser_of

READ_ONLY = ("ledger/account", "ledger/transaction", "ledger/entry", "events/event", "funds/subscription")
LISTS = (*READ_ONLY, "accounts/user", "accounts/client", "funds/fund")


@pytest.fixture
def admin(cast: Cast) -> Browser:
    return browser_of(cast.admin)


@pytest.fixture
def subscription_id(cast: Cast) -> uuid.UUID:
    assert cast.ana.user_id
    return subscribe(
        client_id=cast.ana.pk, fund_id=2, amount=Decimal("125000.00"), actor_id=cast.ana.user_id
    ).transaction_id


def everything() -> list[object]:
    """All rows that the admin shows, as they stand."""
    models = (User, Client, Account, Transaction, Entry, Event, Fund, Subscription)
    return [list(model.objects.order_by("pk").values()) for model in models]


def row_of(page: str) -> object:
    model = {
        "ledger/account": Account,
        "ledger/transaction": Transaction,
        "ledger/entry": Entry,
        "events/event": Event,
        "funds/subscription": Subscription,
        "accounts/user": User,
        "accounts/client": Client,
        "funds/fund": Fund,
    }[page]
    return model.objects.order_by("pk").values_list("pk", flat=True)[0]


def rows_in(html: bytes) -> int:
    return len(re.findall(rb'<th class="field-', html))


@pytest.mark.parametrize("page", READ_ONLY)
def test_what_services_write_can_only_be_looked_at(admin: Browser, subscription_id: uuid.UUID, page: str) -> None:
    row = row_of(page)
    assert admin.get(f"/admin/{page}/").status_code == 200
    assert admin.get(f"/admin/{page}/{row}/change/").status_code == 200
    before = everything()
    form = {"amount": "1", "balance": "1", "state": "closed", "kind": "x", "memo": "x", "name": "x"}
    for address in (f"/admin/{page}/add/", f"/admin/{page}/{row}/change/", f"/admin/{page}/{row}/delete/"):
        assert admin.post(address, {**form, "post": "yes"}).status_code == 403, address
    deletion = {"action": "delete_selected", "_selected_action": str(row), "post": "yes"}
    admin.post(f"/admin/{page}/", deletion)
    assert everything() == before


@pytest.mark.parametrize("role", [Role.READER, Role.SUPPORT])
@pytest.mark.parametrize("page", LISTS)
def test_staff_other_than_administrators_see_and_do_not_change(
    cast: Cast, subscription_id: uuid.UUID, role: Role, page: str
) -> None:
    browser = browser_of({Role.READER: cast.reader, Role.SUPPORT: cast.support}[role])
    row = row_of(page)
    before = everything()
    seen = 403 if role == Role.READER and page == "events/event" else 200
    assert browser.get(f"/admin/{page}/").status_code == seen
    shown = browser.get(f"/admin/{page}/{row}/change/")
    assert shown.status_code == seen
    assert b'name="_save"' not in shown.content
    for address in (f"/admin/{page}/add/", f"/admin/{page}/{row}/change/", f"/admin/{page}/{row}/delete/"):
        assert browser.post(address, {"post": "yes"}).status_code == 403, address
    assert browser.post(f"/admin/accounts/user/{cast.ana.user_id}/password/", {}).status_code == 403
    assert everything() == before


@pytest.mark.parametrize("page", ["documents/auditlog", "events/event"])
def test_where_somebody_was_is_not_for_readers(cast: Cast, page: str) -> None:
    assert browser_of(cast.support).get(f"/admin/{page}/").status_code == 200
    assert browser_of(cast.reader).get(f"/admin/{page}/").status_code == 403
    assert f"/admin/{page}/" not in browser_of(cast.reader).get("/admin/").content.decode()


@pytest.mark.parametrize("table", [UserSession, Authenticator])
def test_nobody_is_shown_what_others_sign_in_with(cast: Cast, table: type[Model]) -> None:
    """The key of a session is as good as its owner's password, and an administrator's is worth most."""
    address = f"/admin/{table._meta.app_label}/{table._meta.model_name}/"
    for user in (cast.reader, cast.support, cast.admin):
        assert browser_of(user).get(address).status_code == 404


def test_clients_and_inactive_staff_do_not_come_in(cast: Cast) -> None:
    for page in ("", *(f"{page}/" for page in LISTS)):
        answer = browser_of(cast.ana.user).get(f"/admin/{page}", follow=True)
        assert answer.status_code == 403
        assert "No puede entrar aquí" in answer.content.decode()
    leaver = browser_of(cast.admin)
    User.objects.filter(pk=cast.admin.pk).update(is_active=False)
    assert leaver.get("/admin/").status_code == 302


@pytest.mark.parametrize("page", LISTS)
def test_a_list_counts_no_table_whole_and_asks_little_however_long_it_is(
    admin: Browser, cast: Cast, subscription_id: uuid.UUID, page: str
) -> None:
    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(f"/admin/{page}/").status_code == 200
        return [query["sql"] for query in queries]

    first = asked()
    if page != "funds/fund":  # five rows, and a filter that counts them only when asked to
        assert not [sql for sql in first if "COUNT(" in sql and "LIMIT" not in sql]
    for fund_id in (1, 3, 5):
        assert cast.ana.user_id
        subscribe(client_id=cast.ana.pk, fund_id=fund_id, amount=Decimal("100000.00"), actor_id=cast.ana.user_id)
    assert len(asked()) == len(first) <= 8


def test_searching_by_what_a_client_can_read_out(admin: Browser, cast: Cast, subscription_id: uuid.UUID) -> None:
    def found(page: str, words: object) -> int:
        answer = admin.get(f"/admin/{page}/", {"q": str(words)})
        assert answer.status_code == 200
        return rows_in(answer.content)

    ana, number = cast.ana, cast.ana.cash_account.number
    event = Event.objects.get(name="funds.subscribed")
    for page, words, rows in (
        ("accounts/user", "ana", 1),
        ("accounts/user", "ANA@example.com", 1),
        ("accounts/user", ana.user_id, 1),
        ("accounts/user", "gómez", 1),
        ("accounts/client", "Ana@Example.com", 1),
        ("accounts/client", number, 1),
        ("accounts/client", ana.pk, 1),
        ("accounts/client", ana.user_id, 1),
        ("funds/subscription", subscription_id, 1),
        ("funds/subscription", ana.pk, 1),
        ("funds/subscription", ana.email, 1),
        ("ledger/account", number, 1),
        ("ledger/account", ana.pk, 2),
        ("ledger/transaction", subscription_id, 1),
        ("ledger/entry", subscription_id, 2),
        ("ledger/entry", number, 2),
        ("events/event", event.id, 1),
        ("events/event", "funds.subscribed", 1),
        ("events/event", ana.user_id, 2),
        *((page, "nothing % of ' the kind", 0) for page in LISTS),
        *((page, uuid.uuid4(), 0) for page in LISTS),
    ):
        assert found(page, words) == rows, (page, words)


def test_a_transaction_is_shown_with_its_entries_in_spanish(admin: Browser, subscription_id: uuid.UUID) -> None:
    html = admin.get(f"/admin/ledger/transaction/{subscription_id}/change/").content.decode()
    assert "-$\xa0125.000,00" in html
    assert "$\xa0375.000,00" in html
    assert "Suscripción" in html
    assert "SUBSCRIPTION" not in html


def fund_form(**changes: object) -> dict[str, object]:
    ours = {"name": "FPV_BTG_PACTUAL_ECOPETROL", "minimum": "125000.00", "category": "FPV", "is_active": "on"}
    return {**ours, "currency": "COP", **changes}


def test_a_new_minimum_binds_new_subscriptions_only(admin: Browser, cast: Cast, subscription_id: uuid.UUID) -> None:
    answer = admin.post("/admin/funds/fund/2/change/", fund_form(minimum="200000.00"))
    assert answer.status_code == 302
    kept = Subscription.objects.get(pk=subscription_id)
    assert (kept.amount, kept.cancellation_id) == (Decimal("125000.00"), None)
    assert cast.beto.user_id
    with pytest.raises(BelowMinimum):
        subscribe(client_id=cast.beto.pk, fund_id=2, amount=Decimal("199999.99"), actor_id=cast.beto.user_id)
    subscribe(client_id=cast.beto.pk, fund_id=2, amount=Decimal("200000.00"), actor_id=cast.beto.user_id)


@pytest.mark.parametrize("minimum", ["0", "-1", "", "NaN", "1.001", "9" * 20])
def test_a_minimum_that_is_no_amount_is_refused(admin: Browser, minimum: str) -> None:
    before = everything()
    assert admin.post("/admin/funds/fund/2/change/", fund_form(minimum=minimum)).status_code == 200
    assert everything() == before


def test_a_fund_that_somebody_has_held_keeps_its_currency_and_stays(admin: Browser, subscription_id: uuid.UUID) -> None:
    admin.post("/admin/funds/fund/2/change/", fund_form(currency="USD"))
    assert Fund.objects.get(pk=2).currency == "COP"
    assert admin.post("/admin/funds/fund/2/delete/", {"post": "yes"}).status_code == 403
    admin.post("/admin/funds/fund/", {"action": "delete_selected", "_selected_action": ["2", "4"], "post": "yes"})
    assert Fund.objects.filter(pk=2).exists()
    assert admin.post("/admin/funds/fund/5/delete/", {"post": "yes"}).status_code == 302
    assert not Fund.objects.filter(pk=5).exists()


@pytest.mark.parametrize("page", ["accounts/user", "accounts/client"])
def test_nobody_is_deleted(admin: Browser, cast: Cast, page: str) -> None:
    row = cast.ana.user_id if page == "accounts/user" else cast.ana.pk
    before = everything()
    assert admin.post(f"/admin/{page}/{row}/delete/", {"post": "yes"}).status_code == 403
    admin.post(f"/admin/{page}/", {"action": "delete_selected", "_selected_action": str(row), "post": "yes"})
    assert everything() == before


def user_form(**changes: object) -> dict[str, object]:
    return {
        "username": "nuevo",
        "email": "nuevo@example.com",
        "full_name": "Nuevo Ríos",
        "role": "support",
        "xp_total": 0,
        **changes,
    }


def test_the_hash_of_a_password_is_neither_shown_nor_taken(admin: Browser, cast: Cast) -> None:
    user = cast.support
    address = f"/admin/accounts/user/{user.pk}/change/"
    assert user.password not in admin.get(address).content.decode()
    answer = admin.post(address, user_form(is_active="on", password="plain"))
    assert answer.status_code == 302
    changed = User.objects.get(pk=user.pk)
    assert (changed.password, changed.username) == (user.password, "nuevo")
    assert changed.check_password(PASSWORD)


def test_an_administrator_makes_staff_with_one_spelling_per_address(admin: Browser) -> None:
    passwords = {"usable_password": "true", "password1": "Mi_Contraseña_123", "password2": "Mi_Contraseña_123"}
    new = {**user_form(email="Nuevo@Example.COM"), **passwords}
    assert admin.post("/admin/accounts/user/add/", new).status_code == 302
    made = User.objects.get(username="nuevo")
    assert (made.email, made.role, made.is_staff) == ("nuevo@example.com", Role.SUPPORT, True)
    assert Browser().post("/cuenta/ingreso/", {"login": "nuevo", "password": "Mi_Contraseña_123"}).status_code == 302
    again = admin.post("/admin/accounts/user/add/", {**new, "username": "otro", "email": "ANA@example.com"})
    assert again.status_code == 200
    assert "Ya hay un usuario con este correo electrónico." in again.content.decode()
    assert not User.objects.filter(username="otro").exists()


def test_only_what_staff_can_use_is_on_the_desk(admin: Browser) -> None:
    html = admin.get("/admin/").content.decode()
    for label in ("Usuarios", "Clientes", "Fondos", "Suscripciones", "Cuentas", "Transacciones", "Asientos", "Eventos"):
        assert f">{label}</a>" in html
    assert "Grupos" not in html
    assert "Direcciones de correo" not in html
