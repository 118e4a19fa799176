"""Accounts and transfers through the pages, as a browser without JavaScript sends them."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django.fixtures import Settings

from banking.models import ScheduledTransfer, ScheduleState, Transfer
from banking.queries.accounts import account_for, accounts_of
from banking.services.due import run_due
from banking.tests.people import assert_sound, balance, cash, give, opened, send
from conftest import Cast
from core.tests.snapshots import snapshot
from ledger import services as ledger
from ledger.models import AccountState
from tests.pages import browser_of, key_of, text_of

TRANSFER, SCHEDULE = "/transferencias/nueva/", "/transferencias/programadas/nueva/"


def hidden(html: bytes) -> dict[str, str]:
    """What the second step would send."""
    form = html.decode().split('<form method="post" action="/transferencias', 1)[1].split("</form>", 1)[0]
    return dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', form))


def test_a_transfer_is_shown_before_it_is_made_and_made_once(cast: Cast, browser_of_ana: Browser) -> None:
    before = snapshot()
    asked = {"source": cash(cast.ana), "target": cash(cast.beto), "amount": "125.000,50", "memo": "Arriendo  de <mayo>"}
    preview = browser_of_ana.get(TRANSFER, asked)
    words = text_of(preview.content)
    assert preview.status_code == 200
    for shown in ("Usted escribió 125.000,50 y entendimos: $ 125.000,50", "B*** R***", "$ 374.999,50", "&lt;mayo&gt;"):
        assert shown in words
    assert "Beto Ruiz" not in words
    assert snapshot() == before

    sent = hidden(preview.content) | {"memo": "Arriendo de mayo"}
    answers = [browser_of_ana.post(TRANSFER, sent) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {302}
    (receipt,) = {answer.headers["Location"] for answer in answers}
    assert (balance(cash(cast.ana)), balance(cash(cast.beto))) == (Decimal("374999.50"), Decimal("625000.50"))
    assert Transfer.objects.count() == 1
    mine = text_of(browser_of_ana.get(receipt).content)
    theirs = text_of(browser_of(cast.beto.user).get(receipt).content)
    assert "Transferencia enviada a B*** R***" in mine
    assert "−$ 125.000,50" in mine
    assert "Transferencia recibida de A** G****" in theirs
    assert "+$ 125.000,50" in theirs
    assert "$ 625.000,50" in theirs
    assert cash(cast.ana) not in theirs
    assert "$ 374.999,50" not in theirs
    assert browser_of(cast.stranger.user).get(receipt).status_code == 404
    assert_sound()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": ""}, "Escriba el monto."),
        ({"amount": "0"}, "mayor que cero"),
        ({"amount": "-5"}, "mayor que cero"),
        ({"amount": "125.50"}, "No es claro"),
        ({"amount": "500.000,01"}, "No tiene saldo suficiente. Disponible: $ 500.000,00."),
        ({"target": ""}, "Escriba el número de la cuenta de destino."),
        ({"target": "0000000001"}, "Ese número de cuenta no es correcto"),
        ({"target": "99999999999999999"}, "Ese número de cuenta no es correcto"),
        ({"target": "0000 9999 95"}, "No encontramos ninguna cuenta con ese número."),
        ({"target": "mine"}, "La cuenta de destino es la misma de origen."),
        ({"target": "dollars"}, "La cuenta de origen está en COP y la de destino en USD."),
        ({"target": "frozen"}, "está congelada o cerrada: no puede recibir dinero."),
        ({"source": "theirs"}, "Esa cuenta de origen no es suya."),
        ({"source": ""}, "Elija la cuenta de origen."),
        ({"memo": "x" * 101}, "100 caracteres"),
    ],
)
def test_what_is_refused_is_explained_beside_its_field_and_kept(
    cast: Cast, browser_of_ana: Browser, changes: dict[str, str], said: str
) -> None:
    frozen = opened(cast.beto)
    ledger.freeze(frozen, reason="prueba", actor_id=None)
    numbers = {"mine": cash(cast.ana), "theirs": cash(cast.beto), "dollars": opened(cast.beto, "USD"), "frozen": frozen}
    asked = {"source": cash(cast.ana), "target": cash(cast.beto), "amount": "1.000", "memo": "Almuerzo"}
    asked |= {name: numbers.get(value, value) for name, value in changes.items()}
    before = snapshot()
    page = browser_of_ana.get(TRANSFER, asked)
    assert page.status_code == 400
    assert said in text_of(page.content)
    for name in ("target", "amount", "memo"):
        assert not asked[name] or f'value="{asked[name]}"' in page.content.decode()
    assert snapshot() == before


def test_over_the_daily_limit_the_page_says_what_is_left(cast: Cast, browser_of_ana: Browser, settings: object) -> None:
    settings.DAILY_TRANSFER_LIMIT = {"COP": 100_000}  # type: ignore[attr-defined]
    send(cast.ana, cash(cast.ana), cash(cast.beto), 60_000)
    before = snapshot()
    sent = {
        "source": cash(cast.ana),
        "target": cash(cast.beto),
        "amount": "40000.01",
        "memo": "",
        "idempotency_key": "k",
    }
    page = browser_of_ana.post(TRANSFER, sent)
    assert page.status_code == 400
    assert "Hoy le quedan $ 40.000,00" in text_of(page.content)
    assert 'value="40.000,01"' in page.content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("missing", ["idempotency_key", "amount", "target", "source"])
def test_a_confirmation_that_no_page_of_ours_sent_moves_nothing(
    cast: Cast, browser_of_ana: Browser, missing: str
) -> None:
    sent = {"source": cash(cast.ana), "target": cash(cast.beto), "amount": "1000.00", "idempotency_key": "k"}
    del sent[missing]
    before = snapshot()
    assert browser_of_ana.post(TRANSFER, sent).status_code == 400
    assert snapshot() == before


def test_a_key_used_for_another_transfer_is_refused(cast: Cast, browser_of_ana: Browser) -> None:
    sent = {"source": cash(cast.ana), "target": cash(cast.beto), "amount": "1000.00", "idempotency_key": "k"}
    assert browser_of_ana.post(TRANSFER, sent).status_code == 302
    before = snapshot()
    assert browser_of_ana.post(TRANSFER, {**sent, "amount": "2000.00"}).status_code == 400
    assert snapshot() == before


@pytest.mark.parametrize(
    ("address", "setting", "more"),
    [
        (TRANSFER, "TRANSFERS_PER_ADDRESS", {}),
        (SCHEDULE, "TRANSFER_PREVIEWS_PER_ADDRESS", {"frequency": "once", "starts_on": "2030-01-31"}),
    ],
)
def test_confirmations_are_counted_for_each_tells_of_an_account(
    cast: Cast, browser_of_ana: Browser, settings: Settings, address: str, setting: str, more: dict[str, str]
) -> None:
    setattr(settings, setting, "1/m")
    sent = {"source": cash(cast.ana), "target": cash(cast.beto), "amount": "10.00", **more}
    assert browser_of_ana.post(address, {**sent, "idempotency_key": "k1"}).status_code == 302
    before = snapshot()
    assert browser_of_ana.post(address, {**sent, "idempotency_key": "k2"}).status_code == 429
    assert snapshot() == before


def test_the_history_tells_each_party_their_own_side_page_by_page(cast: Cast, browser_of_ana: Browser) -> None:
    savings = opened(cast.ana, alias="Ahorros")
    for n in range(12):
        send(cast.ana, cash(cast.ana), cash(cast.beto), 100 + n)
        send(cast.beto, cash(cast.beto), cash(cast.ana), 10)
    send(cast.ana, cash(cast.ana), savings, 5)

    def seen(**wanted: str) -> list[str]:
        found: list[str] = []
        address = "/transferencias/?" + "&".join(f"{name}={value}" for name, value in wanted.items())
        while address:
            page = browser_of_ana.get(address).content.decode()
            found += re.findall(r"/transferencias/([0-9a-f-]{36})/", page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = f"/transferencias/{following[1].replace('&amp;', '&')}" if following else ""
        return found

    assert len(seen()) == len(set(seen())) == 25
    assert len(seen(direction="sent")) == 13
    assert len(seen(direction="received")) == 13
    words = text_of(browser_of_ana.get("/transferencias/").content)
    assert "Transferencia enviada a B*** R***" in words
    assert "Transferencia recibida de B*** R***" in words
    assert "Transferencia entre sus cuentas" in words
    assert browser_of_ana.get("/transferencias/", {"cursor": "nonsense"}).status_code == 400


def test_an_account_is_opened_once_named_made_the_default_and_closed(cast: Cast, browser_of_ana: Browser) -> None:
    form = {
        "currency": "COP",
        "alias": "Ahorros",
        "idempotency_key": key_of(browser_of_ana.get("/cuentas/nueva/").content),
    }
    (address,) = {browser_of_ana.post("/cuentas/nueva/", form).headers["Location"] for _ in range(2)}
    page = text_of(browser_of_ana.get(address).content)
    assert "Ahorros" in page
    assert "Hacer principal" in page
    assert "Cerrar cuenta" in page
    browser_of_ana.post(f"{address}alias/", {"alias": "Viaje"})
    browser_of_ana.post(f"{address}principal/")
    number = address.split("/")[2]
    now = account_for(cast.ana.pk, number)
    assert (now.alias, now.is_default) == ("Viaje", True)
    first = cash(cast.ana)
    send(cast.ana, first, number, 500_000)
    assert "Cerrar esta cuenta" in text_of(browser_of_ana.get(f"/cuentas/{first}/cerrar/").content)
    assert browser_of_ana.post(f"/cuentas/{first}/cerrar/").headers["Location"] == "/cuentas/"
    assert account_for(cast.ana.pk, first).state == AccountState.CLOSED
    assert browser_of_ana.post(f"/cuentas/{first}/cerrar/").status_code == 302
    closed = text_of(browser_of_ana.get(f"/cuentas/{first}/").content)
    assert "Esta cuenta está cerrada." in closed
    assert "1 cuenta cerrada" in text_of(browser_of_ana.get("/cuentas/").content)


@pytest.mark.parametrize(
    ("path", "form", "status", "said"),
    [
        ("/cuentas/nueva/", {"currency": "EUR", "idempotency_key": "k"}, 400, ""),
        ("/cuentas/nueva/", {"currency": "USD"}, 400, "Esta página venció."),
        ("/cuentas/nueva/", {"currency": "USD", "alias": "x" * 41, "idempotency_key": "k"}, 400, "40 caracteres"),
        ("/cuentas/{own}/alias/", {"alias": "a\u202eb"}, 400, "signos invisibles"),
        ("/cuentas/{own}/cerrar/", {}, 409, "Esta es su cuenta principal."),
        ("/cuentas/{full}/cerrar/", {}, 409, "todavía tiene"),
        ("/cuentas/{dollars}/principal/", {}, 409, "debe estar en COP"),
        ("/cuentas/{theirs}/cerrar/", {}, 404, ""),
        ("/cuentas/{theirs}/alias/", {"alias": "x"}, 404, ""),
        ("/cuentas/{theirs}/principal/", {}, 404, ""),
    ],
)
def test_what_an_account_does_not_allow_is_said_and_changes_nothing(
    cast: Cast, browser_of_ana: Browser, path: str, form: dict[str, str], status: int, said: str
) -> None:
    full = opened(cast.ana)
    give(full, 5)
    numbers = {"own": cash(cast.ana), "full": full, "dollars": opened(cast.ana, "USD"), "theirs": cash(cast.beto)}
    before = snapshot()
    answer = browser_of_ana.post(path.format(**numbers), form)
    assert answer.status_code == status
    assert said in text_of(answer.content)
    assert snapshot() == before


def test_what_is_somebody_elses_is_not_there(cast: Cast) -> None:
    receipt = send(cast.ana, cash(cast.ana), cash(cast.beto), 10).transaction_id
    ordered = ordered_monthly(cast)
    stranger, before = browser_of(cast.stranger.user), snapshot()
    for address in (
        f"/cuentas/{cash(cast.ana)}/",
        f"/cuentas/{cash(cast.ana)}/movimientos/{receipt}/",
        f"/cuentas/{cash(cast.stranger)}/movimientos/{receipt}/",
        f"/transferencias/{receipt}/",
        f"/transferencias/programadas/{ordered}/",
        f"/transferencias/programadas/{ordered}/cancelar/",
        f"/directorio/cuentas/{cash(cast.ana)}/",
        f"/directorio/cuentas/{cash(cast.ana)}/congelar/",
        f"/directorio/transacciones/{receipt}/",
        f"/directorio/transacciones/{receipt}/revertir/",
        "/cuentas/no-es/",
    ):
        assert stranger.get(address).status_code == 404, address
        assert stranger.post(address, {"reason": "porque sí"}).status_code in (404, 405), address
    for action in ("pausar", "reanudar"):
        assert stranger.post(f"/transferencias/programadas/{ordered}/{action}/").status_code == 404
    assert snapshot() == before


@pytest.mark.parametrize("address", ["/cuentas/", TRANSFER, "/transferencias/", "/transferencias/programadas/"])
def test_visitors_sign_in_first_and_staff_have_no_accounts(cast: Cast, address: str) -> None:
    assert Browser().get(address).headers["Location"] == f"/cuenta/ingreso/?next={address}"
    assert browser_of(cast.admin).get(address).status_code == 403


def test_moments_are_on_the_clients_own_clock(cast: Cast, browser_of_ana: Browser) -> None:
    made = send(cast.ana, cash(cast.ana), cash(cast.beto), 10)
    type(cast.ana).objects.filter(pk=cast.ana.pk).update(time_zone="Pacific/Kiritimati")
    there = made.recorded_at.astimezone(ZoneInfo("Pacific/Kiritimati"))
    assert f", {there:%H:%M}" in text_of(browser_of_ana.get(f"/transferencias/{made.transaction_id}/").content)


def ordered_monthly(cast: Cast, amount: str = "1.000", **changes: str) -> uuid.UUID:
    browser = browser_of(cast.ana.user)
    today = timezone.localdate().isoformat()
    asked = {"source": cash(cast.ana), "target": cash(cast.beto), "amount": amount, "frequency": "monthly"}
    preview = browser.get(SCHEDULE, {**asked, "starts_on": today, **changes})
    assert preview.status_code == 200, text_of(preview.content)
    (address,) = {browser.post(SCHEDULE, hidden(preview.content)).headers["Location"] for _ in range(2)}
    return uuid.UUID(address.split("/")[3])


def test_a_transfer_is_ordered_once_paused_resumed_and_cancelled(cast: Cast, browser_of_ana: Browser) -> None:
    ordered = ordered_monthly(cast)
    assert ScheduledTransfer.objects.count() == 1
    address = f"/transferencias/programadas/{ordered}/"
    for action, state in (("pausar", ScheduleState.PAUSED), ("reanudar", ScheduleState.ACTIVE)):
        assert browser_of_ana.post(f"{address}{action}/").status_code == 302
        assert ScheduledTransfer.objects.get().state == state
    run_due()
    page = text_of(browser_of_ana.get(address).content)
    assert "Realizada" in page
    assert browser_of_ana.get(f"{address}cancelar/").status_code == 200
    assert browser_of_ana.post(f"{address}cancelar/").status_code == 302
    assert ScheduledTransfer.objects.get().state == ScheduleState.CANCELLED
    assert browser_of_ana.post(f"{address}cancelar/").status_code == 302
    before = snapshot()
    assert browser_of_ana.post(f"{address}pausar/").status_code == 409
    assert snapshot() == before
    assert "1 terminada o cancelada" in text_of(browser_of_ana.get("/transferencias/programadas/").content)


def test_a_date_without_money_is_told_with_its_reason(cast: Cast, browser_of_ana: Browser) -> None:
    ordered = ordered_monthly(cast, "900.000")
    run_due()
    page = text_of(browser_of_ana.get(f"/transferencias/programadas/{ordered}/").content)
    assert "No realizada" in page
    assert "No había saldo suficiente." in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"starts_on": "2020-01-01"}, "La primera fecha debe ser hoy"),
        ({"starts_on": ""}, "Elija la fecha."),
        ({"ends_on": "2020-01-01"}, "La última fecha debe ser igual o posterior a la primera."),
        ({"frequency": "daily"}, "daily"),
        ({"amount": "-1"}, "mayor que cero"),
        ({"target": "0000000001"}, "Ese número de cuenta no es correcto"),
    ],
)
def test_an_order_that_makes_no_sense_is_explained(
    cast: Cast, browser_of_ana: Browser, changes: dict[str, str], said: str
) -> None:
    soon = (timezone.localdate() + timedelta(days=3)).isoformat()
    asked = {
        "source": cash(cast.ana),
        "target": cash(cast.beto),
        "amount": "1.000",
        "frequency": "weekly",
        "starts_on": soon,
    }
    before = snapshot()
    page = browser_of_ana.get(SCHEDULE, {**asked, **changes})
    assert page.status_code == 400
    assert said in text_of(page.content)
    assert snapshot() == before


def test_the_number_of_queries_does_not_grow_with_the_accounts(
    cast: Cast, browser_of_ana: Browser, django_assert_max_num_queries: object
) -> None:
    for alias in "abcdefgh":
        opened(cast.ana, alias=alias)
    send(cast.ana, cash(cast.ana), accounts_of(cast.ana.pk)[3].number, 5)
    for address in ("/cuentas/", f"/cuentas/{cash(cast.ana)}/", "/transferencias/", "/transferencias/programadas/"):
        with django_assert_max_num_queries(6):  # type: ignore[operator]
            assert browser_of_ana.get(address).status_code == 200
