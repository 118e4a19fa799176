"""What staff do to accounts and transactions through the pages, and what their clients see of it."""

from __future__ import annotations

import re
from decimal import Decimal

from django.test import Client as Browser

from banking.queries.accounts import account_for
from banking.tests.people import balance, cash, send
from conftest import Cast
from core.tests.snapshots import snapshot
from events.models import Event
from ledger.models import AccountState, Transaction
from tests.pages import browser_of, key_of, text_of


def test_support_freezes_and_frees_an_account_with_a_reason(cast: Cast, browser_of_ana: Browser) -> None:
    number, support = cash(cast.ana), browser_of(cast.support)
    desk = f"/directorio/cuentas/{number}/"
    for credits, told in (("false", "ni puede recibirlo"), ("true", "Sí puede recibirlo")):
        for _click in range(2):
            sent = {"reason": "Orden judicial 12", "credits_allowed": credits}
            assert support.post(f"{desk}congelar/", sent).headers["Location"] == desk
        page = text_of(browser_of_ana.get(f"/cuentas/{number}/").content)
        assert "Esta cuenta está congelada." in page
        assert told in page
        assert "Orden judicial" not in page
    assert Event.objects.filter(name="ledger.account_frozen").count() == 2
    assert "Descongelar" in text_of(support.get(desk).content)
    assert support.post(f"{desk}descongelar/", {"reason": "Se levantó la orden"}).headers["Location"] == desk
    assert support.post(f"{desk}descongelar/", {"reason": "Se levantó la orden"}).headers["Location"] == desk
    assert account_for(cast.ana.pk, number).state == AccountState.OPEN
    assert Event.objects.filter(name="ledger.account_unfrozen").count() == 1


def test_staff_see_what_their_role_allows(cast: Cast) -> None:
    made, number = send(cast.ana, cash(cast.ana), cash(cast.beto), 10).transaction_id, cash(cast.ana)
    freeze, undo = f"/directorio/cuentas/{number}/congelar/", f"/directorio/transacciones/{made}/revertir/"
    desks = [browser_of(user) for user in (cast.reader, cast.support, cast.admin)]
    before = snapshot()
    for desk, freezes, reverses in zip(desks, (404, 200, 200), (404, 404, 200), strict=True):
        page = text_of(desk.get(f"/directorio/cuentas/{number}/").content)
        assert ("Congelar" in page) == (freezes == 200)
        assert ("Revertir" in text_of(desk.get(f"/directorio/transacciones/{made}/").content)) == (reverses == 200)
        assert (desk.get(freeze).status_code, desk.get(undo).status_code) == (freezes, reverses)
        for address, allowed in ((freeze, freezes), (undo, reverses)):
            sent = {"reason": "x", "credits_allowed": "false", "idempotency_key": "k"}
            assert desk.post(address, sent).status_code == (400 if allowed == 200 else 404)
        assert f"/directorio/cuentas/{number}/" in desk.get(f"/directorio/clientes/{cast.ana.pk}/").content.decode()
    assert snapshot() == before


def test_a_reversal_is_shown_first_made_once_and_linked_from_every_side(cast: Cast, browser_of_ana: Browser) -> None:
    made, admin = send(cast.ana, cash(cast.ana), cash(cast.beto), 100).transaction_id, browser_of(cast.admin)
    address = f"/directorio/transacciones/{made}/revertir/"
    before = snapshot()
    question = admin.get(address)
    words = text_of(question.content)
    assert "+$ 100,00 $ 500.000,00" in words
    assert "−$ 100,00 $ 500.000,00" in words
    assert snapshot() == before
    sent = {"reason": "Pago equivocado", "idempotency_key": key_of(question.content)}
    (result,) = {admin.post(address, sent).headers["Location"] for _ in range(2)}
    mirror = Transaction.objects.get(reverses=made)
    assert result == f"/directorio/transacciones/{mirror.pk}/"
    assert (balance(cash(cast.ana)), balance(cash(cast.beto))) == (Decimal("500000.00"), Decimal("500000.00"))
    assert f"/directorio/transacciones/{made}/" in admin.get(result).content.decode()
    assert result in admin.get(f"/directorio/transacciones/{made}/").content.decode()
    mine = f"/cuentas/{cash(cast.ana)}/movimientos/{mirror.pk}/"
    assert mine in browser_of_ana.get(f"/transferencias/{made}/").content.decode()
    reversal = browser_of_ana.get(mine)
    assert f"/movimientos/{made}/" in reversal.content.decode()
    assert "Pago equivocado" in text_of(reversal.content)
    theirs = browser_of(cast.beto.user).get(f"/transferencias/{made}/").content.decode()
    assert f"/cuentas/{cash(cast.beto)}/movimientos/{mirror.pk}/" in theirs
    report = admin.get("/reportes/transacciones/").content.decode()
    for one in (made, mirror.pk):
        assert report.count(f'href="/directorio/transacciones/{one}/"') == 2  # by itself, and from the other
    for page in (f"/cuentas/{cash(cast.ana)}/", f"/cuentas/{cash(cast.ana)}/extracto/"):
        shown = browser_of_ana.get(page).content.decode()
        assert re.search(rf'href="{mine}">Revertida por TX', shown), page
        assert re.search(rf'href="/cuentas/{cash(cast.ana)}/movimientos/{made}/">Revierte TX', shown), page
    desk = admin.get(f"/cuentas/{cash(cast.ana)}/extracto/").content.decode()
    assert f'href="/directorio/transacciones/{mirror.pk}/">Revertida por' in desk
    assert f'href="{mine}">Revertida</a>' in browser_of_ana.get("/transferencias/").content.decode()
    before = snapshot()
    again = admin.get(address)
    assert again.status_code == 409
    assert "Esa transacción ya fue revertida." in text_of(again.content)
    assert admin.post(address, {"reason": "Otra vez", "idempotency_key": "k2"}).status_code == 409
    assert snapshot() == before


def test_a_reversal_that_takes_what_is_gone_is_refused_before_it_is_asked_for(cast: Cast) -> None:
    made, admin = send(cast.ana, cash(cast.ana), cash(cast.beto), 100).transaction_id, browser_of(cast.admin)
    send(cast.beto, cash(cast.beto), cash(cast.stranger), "500050")
    before = snapshot()
    address = f"/directorio/transacciones/{made}/revertir/"
    for page in (admin.get(address), admin.post(address, {"reason": "Pago equivocado", "idempotency_key": "k"})):
        assert page.status_code == 409
        assert "sin fondos suficientes" in text_of(page.content)
    assert snapshot() == before
