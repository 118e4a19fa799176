"""The main job through the pages, as a browser without JavaScript sends it."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser

from accounts.models import User
from conftest import Cast
from events.models import Event
from funds.models import Fund, Movement, Subscription
from funds.services import cancel, subscribe
from ledger.models import Entry
from tests.pages import key_of, text_of

ECOPETROL = "/fondos/2/suscribir/"


def books(cast: Cast) -> tuple[object, ...]:
    """All that a refusal must leave as it was."""
    cast.ana.cash_account.refresh_from_db()
    return cast.ana.cash_account.balance, Entry.objects.count(), Event.objects.count(), Movement.objects.count()


def subscribed(cast: Cast, amount: str = "125000.00", fund_id: int = 2) -> uuid.UUID:
    assert cast.ana.user_id
    return subscribe(
        client_id=cast.ana.pk, fund_id=fund_id, amount=Decimal(amount), actor_id=cast.ana.user_id
    ).transaction_id


def test_the_preview_shows_what_was_understood_and_moves_nothing(cast: Cast, browser_of_ana: Browser) -> None:
    before = books(cast)
    page = browser_of_ana.get(ECOPETROL, {"amount": "125.000,50"})
    words = text_of(page.content)
    assert page.status_code == 200
    assert "125.000,50" in words
    assert "$ 374.999,50" in words
    assert "Puede cancelar cuando quiera" in words
    assert books(cast) == before


def test_confirming_moves_the_money_once_however_often_it_is_sent(cast: Cast, browser_of_ana: Browser) -> None:
    preview = browser_of_ana.get(ECOPETROL, {"amount": "125.000"})
    form = {"amount": "125000.00", "idempotency_key": key_of(preview.content)}
    answers = [browser_of_ana.post(ECOPETROL, form) for _ in range(3)]
    receipts = {answer.headers["Location"] for answer in answers}
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert len(receipts) == 1
    assert Movement.objects.filter(client=cast.ana).count() == 1
    receipt = browser_of_ana.get(receipts.pop())
    assert "$ 375.000,00" in text_of(receipt.content)
    assert "Suscripción confirmada." in text_of(receipt.content)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Escriba el monto."),
        ("-125.000", "mayor que cero"),
        ("0", "mayor que cero"),
        ("cien mil", "mayor que cero"),
        ("125.50", "No es claro"),
        ("125,000", "No es claro"),
        ("1_000_000", "mayor que cero"),
        ("١٢٥٠٠٠", "mayor que cero"),
        ("1e6", "mayor que cero"),
        ("9" * 30, "mayor que cero"),
        ("124.999,99", "El monto mínimo para vincularse al fondo FPV_BTG_PACTUAL_ECOPETROL es $ 125.000,00."),
        ("500.000,01", "No tiene saldo disponible para vincularse al fondo FPV_BTG_PACTUAL_ECOPETROL"),
    ],
)
def test_a_refused_amount_is_explained_kept_and_changes_nothing(
    cast: Cast, browser_of_ana: Browser, typed: str, said: str
) -> None:
    before = books(cast)
    page = browser_of_ana.get(ECOPETROL, {"amount": typed})
    assert page.status_code == 400
    assert said in text_of(page.content)
    if typed:
        assert f'value="{typed}"' in page.content.decode()
    assert books(cast) == before


def test_a_confirmation_that_the_balance_no_longer_covers_says_so_in_the_clients_words(
    cast: Cast, browser_of_ana: Browser
) -> None:
    subscribed(cast, "400000.00")
    before = books(cast)
    page = browser_of_ana.post(ECOPETROL, {"amount": "125000.00", "idempotency_key": "late"})
    assert page.status_code == 400
    assert "No tiene saldo disponible para vincularse al fondo FPV_BTG_PACTUAL_ECOPETROL" in text_of(page.content)
    assert 'value="125.000,00"' in page.content.decode()
    assert books(cast) == before


def test_a_minimum_raised_between_the_two_steps_is_told_beside_the_amount(cast: Cast, browser_of_ana: Browser) -> None:
    Fund.objects.filter(pk=2).update(minimum=Decimal("200000.00"))
    before = books(cast)
    page = browser_of_ana.post(ECOPETROL, {"amount": "125000.00", "idempotency_key": "late"})
    assert page.status_code == 400
    assert "es $ 200.000,00" in text_of(page.content)
    assert 'value="125.000,00"' in page.content.decode()
    assert books(cast) == before


@pytest.mark.parametrize(
    "form", [{}, {"amount": "125000.00"}, {"amount": "125.000", "idempotency_key": "k"}, {"idempotency_key": "k"}]
)
def test_a_confirmation_that_no_page_of_ours_sent_changes_nothing(
    cast: Cast, browser_of_ana: Browser, form: dict[str, str]
) -> None:
    before = books(cast)
    assert browser_of_ana.post(ECOPETROL, form).status_code == 400
    assert books(cast) == before


def test_cancelling_returns_the_whole_value_and_a_second_time_shows_the_same_receipt(
    cast: Cast, browser_of_ana: Browser
) -> None:
    address = f"/suscripciones/{subscribed(cast)}/cancelar/"
    question = browser_of_ana.get(address)
    assert "$ 500.000,00" in text_of(question.content)
    first = browser_of_ana.post(address, {"idempotency_key": key_of(question.content)})
    second = browser_of_ana.post(address, {"idempotency_key": "another"})
    assert first.status_code == second.status_code == 302
    assert first.headers["Location"] == second.headers["Location"] == browser_of_ana.get(address).headers["Location"]
    assert books(cast)[0] == Decimal("500000.00")
    assert "$ 500.000,00" in text_of(browser_of_ana.get(first.headers["Location"]).content)


def test_an_inactive_fund_takes_no_subscription_and_can_still_be_left(cast: Cast, browser_of_ana: Browser) -> None:
    address = f"/suscripciones/{subscribed(cast)}/cancelar/"
    Fund.objects.filter(pk=2).update(is_active=False)
    before = books(cast)
    assert browser_of_ana.get(ECOPETROL).status_code == 404
    assert browser_of_ana.post(ECOPETROL, {"amount": "125000.00", "idempotency_key": "k"}).status_code == 404
    assert "FPV_BTG_PACTUAL_ECOPETROL" not in text_of(browser_of_ana.get("/fondos/").content)
    assert books(cast) == before
    assert browser_of_ana.post(address, {"idempotency_key": "k"}).status_code == 302
    assert books(cast)[0] == Decimal("500000.00")


def test_what_belongs_to_somebody_else_is_not_there(cast: Cast) -> None:
    subscription_id = subscribed(cast)
    stranger = Browser()
    stranger.force_login(cast.stranger.user)
    before = books(cast)
    for address in (
        f"/suscripciones/{subscription_id}/cancelar/",
        f"/comprobantes/{subscription_id}/",
        f"/suscripciones/{uuid.uuid4()}/cancelar/",
        f"/comprobantes/{uuid.uuid4()}/",
        "/fondos/77/suscribir/",
        "/fondos/99999999999999999999/suscribir/",
    ):
        assert stranger.get(address).status_code == 404, address
        assert stranger.post(address, {"idempotency_key": "k"}).status_code in (404, 405), address
    assert (
        "FPV_BTG_PACTUAL_ECOPETROL" not in text_of(stranger.get("/historial/", {"type": "SUBSCRIPTION"}).content)[600:]
    )
    assert Subscription.objects.filter(pk=subscription_id, cancellation=None).exists()
    assert books(cast) == before


@pytest.mark.parametrize("address", ["/panel/", "/fondos/", ECOPETROL, "/historial/"])
def test_a_visitor_is_asked_to_sign_in_and_comes_back(cast: Cast, address: str) -> None:
    answer = Browser().get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/cuenta/ingreso/?next={address}"


def test_staff_hold_no_money_and_are_told_so(cast: Cast) -> None:
    staff = Browser()
    staff.force_login(cast.admin)
    assert staff.get("/panel/").headers["Location"] == "/admin/"
    page = staff.get("/fondos/")
    assert page.status_code == 403
    assert "Esto es para clientes" in text_of(page.content)


def test_the_history_filters_by_type_fund_and_day(cast: Cast, browser_of_ana: Browser) -> None:
    first = subscribed(cast, "125000.00", 2)
    subscribed(cast, "50000.00", 3)
    assert cast.ana.user_id
    cancel(client_id=cast.ana.pk, subscription_id=first, actor_id=cast.ana.user_id)

    def rows(**wanted: str) -> int:
        return browser_of_ana.get("/historial/", wanted).content.count(b"/comprobantes/")

    assert rows() == 3
    assert rows(type="CANCELLATION") == 1
    assert rows(fund="3") == 1
    assert rows(type="SUBSCRIPTION", fund="2") == 1
    assert rows(until="2020-01-01") == 0
    assert rows(since="2020-01-01") == 3
    assert browser_of_ana.get("/historial/", {"since": "2026-02-02", "until": "2026-02-01"}).status_code == 400
    assert browser_of_ana.get("/historial/", {"type": "THEFT"}).status_code == 400
    assert browser_of_ana.get("/historial/", {"cursor": "nonsense"}).status_code == 400


def test_paging_through_the_history_shows_every_movement_once(cast: Cast, browser_of_ana: Browser) -> None:
    for _ in range(12):
        assert cast.ana.user_id
        cancel(client_id=cast.ana.pk, subscription_id=subscribed(cast, "50000.00", 3), actor_id=cast.ana.user_id)
    seen: list[str] = []
    address = "/historial/?fund=3"
    while address:
        page = browser_of_ana.get(address).content.decode()
        seen += re.findall(r"/comprobantes/([0-9a-f-]{36})/", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = f"/historial/{found[1].replace('&amp;', '&')}" if found else ""
        subscribed(cast, "50000.00", 3)  # what arrives meanwhile belongs to the first page
    assert len(seen) == 24
    assert len(set(seen)) == 24


def test_the_dashboard_asks_the_database_little_however_much_there_is(cast: Cast, browser_of_ana: Browser) -> None:
    def queries() -> int:
        with connection.execute_wrapper(count := Counter()):
            assert browser_of_ana.get("/panel/").status_code == 200
        return count.calls

    alone = queries()
    for fund_id in (1, 2, 3, 5):
        subscribed(cast, "125000.00", fund_id)
    assert queries() == alone <= 9


class Counter:
    """An execute wrapper that counts."""

    calls = 0

    def __call__(self, execute: object, *arguments: object) -> object:
        self.calls += 1
        return execute(*arguments)  # type: ignore[operator]


def test_changing_a_minimum_leaves_subscriptions_alone(cast: Cast) -> None:
    subscription_id = subscribed(cast)
    Fund.objects.filter(pk=2).update(minimum=Decimal("400000.00"))
    subscription = Subscription.objects.get(pk=subscription_id)
    assert (subscription.amount, subscription.cancellation_id) == (Decimal("125000.00"), None)
    assert User.objects.filter(client=cast.ana).exists()
