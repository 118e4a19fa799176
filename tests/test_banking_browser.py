"""Accounts, transfers, freezes and reversals in a real browser: a journey, and every page judged by axe."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from banking.models import ScheduledTransfer, Transfer
from banking.services.due import run_due
from banking.services.schedules import schedule_transfer
from banking.services.staff import freeze_account, reverse_transaction
from banking.tests.people import balance, cash, opened, send
from conftest import Cast
from tests.axe import judge
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    page.wait_for_load_state()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_load_state()


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 390)], ids=["js", "no-js"])
def test_open_an_account_transfer_and_look_back(visit: Visit, cast: Cast, javascript: bool, width: int) -> None:
    page = visit(cast.ana.user, javascript=javascript, width=width)
    page.goto("/panel/")
    follow(page, "Ver las cuentas")
    follow(page, "Abrir cuenta")
    page.get_by_label("Alias").fill("Ahorros")
    press(page, "Abrir cuenta")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ahorros")

    follow(page, "Cuentas")
    follow(page, "Transferir")
    page.get_by_label("Cuenta de destino").fill("0000000001")
    page.get_by_label("Monto").fill("125.000")
    page.get_by_label("Concepto").fill("Arriendo")
    press(page, "Continuar")
    expect(page.get_by_role("alert")).to_contain_text("Ese número de cuenta no es correcto")
    expect(page.get_by_label("Concepto")).to_have_value("Arriendo")
    theirs = cash(cast.beto)
    page.get_by_label("Cuenta de destino").fill(f"{theirs[:4]} {theirs[4:]}")
    press(page, "Continuar")
    expect(page.get_by_role("main")).to_contain_text("B*** R***")
    expect(page.get_by_role("main")).to_contain_text("$ 375.000,00")
    page.reload()
    page.get_by_role("button", name="Confirmar transferencia").dblclick()
    page.wait_for_url(re.compile("/transferencias/[0-9a-f-]{36}/"))
    receipt = page.url
    page.go_back()
    press(page, "Confirmar transferencia")
    page.wait_for_url(receipt)
    assert Transfer.objects.count() == 1
    assert (balance(cash(cast.ana)), balance(theirs)) == (Decimal("375000.00"), Decimal("625000.00"))
    expect(page.get_by_role("main")).to_contain_text("Transferencia enviada a B*** R***")

    follow(page, "Transferencias")
    expect(page.get_by_role("table").locator("tbody tr")).to_have_text([re.compile(r"−\$\s125")])
    follow(page, "Programadas")
    follow(page, "Programar")
    page.get_by_label("Cuenta de destino").fill(theirs)
    page.get_by_label("Monto").fill("10.000")
    page.get_by_label("Primera fecha").fill((timezone.localdate() + timedelta(days=1)).isoformat())
    press(page, "Continuar")
    press(page, "Confirmar programación")
    expect(page.get_by_role("status")).to_contain_text("Transferencia programada.")
    press(page, "Poner en pausa")
    press(page, "Reanudar")
    assert ScheduledTransfer.objects.get().state == "active"


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
def test_staff_freeze_free_and_reverse(visit: Visit, cast: Cast, javascript: bool) -> None:
    send(cast.ana, cash(cast.ana), cash(cast.beto), 1000)
    page = visit(cast.admin, javascript=javascript)
    page.goto(f"/directorio/clientes/{cast.ana.pk}/")
    follow(page, cash(cast.ana))
    follow(page, "Congelar")
    page.get_by_label("Motivo").fill("Orden judicial 12")
    page.get_by_role("button", name="Congelar").dblclick()
    page.wait_for_url(f"**/directorio/cuentas/{cash(cast.ana)}/")
    expect(page.get_by_role("main")).to_contain_text("Cuenta congelada.")
    follow(page, "Descongelar")
    page.get_by_label("Motivo").fill("Se levantó la orden")
    press(page, "Descongelar")
    page.get_by_role("table").get_by_role("link").first.click()
    follow(page, "Revertir…")
    page.get_by_label("Motivo").fill("Pago equivocado")
    page.get_by_role("button", name="Revertir").dblclick()
    expect(page.get_by_role("main")).to_contain_text("Revierte otra transacción.")
    assert balance(cash(cast.beto)) == Decimal("500000.00")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_pages_are_without_fault(visit: Visit, watch: Watch, cast: Cast, width: int, theme: str) -> None:
    watch.expected |= {404, 409}
    ana, mine, theirs = cast.ana, cash(cast.ana), cash(cast.beto)
    savings, dollars = opened(ana, alias="Ahorros para el viaje"), opened(ana, "USD")
    sent = send(ana, mine, theirs, 125_000, memo="Arriendo de mayo, apartamento 502").transaction_id
    send(ana, mine, savings, 50_000)
    received = send(cast.beto, theirs, mine, "12345.67").transaction_id
    undone = send(ana, mine, theirs, 1000).transaction_id
    mirror = reverse_transaction(transaction_id=undone, reason="Pago equivocado", actor_id=cast.admin.pk).id
    today = timezone.localdate()
    ordered = [
        schedule_transfer(
            client_id=ana.pk, source=mine, target=target, amount=Decimal(amount), memo=memo, frequency=frequency,
            starts_on=today, actor_id=ana.user_id or ana.pk,
        )
        for target, amount, memo, frequency in (
            (theirs, 25_000, "Mesada", "weekly"), (savings, 900_000, "", "monthly"), (theirs, 10, "", "once"),
        )
    ]  # fmt: skip
    run_due()
    freeze_account(number=dollars, reason="Orden judicial 12", credits_allowed=True, actor_id=cast.support.pk)
    asked = f"source={mine}&target={theirs}&memo=Almuerzo"
    client, staff = visit(ana.user, width=width, theme=theme), visit(cast.admin, width=width, theme=theme)
    empty = visit(cast.stranger.user, width=width, theme=theme)
    for page, path, name in (
        (client, "/panel/", "panel"),
        (client, "/cuentas/", "list"),
        (client, "/cuentas/nueva/", "open"),
        (client, f"/cuentas/{mine}/", "account"),
        (client, f"/cuentas/{savings}/", "other"),
        (client, f"/cuentas/{dollars}/", "frozen"),
        (client, f"/cuentas/{savings}/alias/", "alias"),
        (client, f"/cuentas/{savings}/cerrar/", "close"),
        (client, f"/cuentas/{mine}/movimientos/{mirror}/", "movement"),
        (client, f"/transferencias/nueva/?{asked}", "new"),
        (client, f"/transferencias/nueva/?{asked}&amount=9.000.000", "refused"),
        (client, f"/transferencias/nueva/?{asked}&amount=12.000,50", "preview"),
        (client, "/transferencias/", "history"),
        (client, f"/transferencias/{sent}/", "receipt"),
        (client, f"/transferencias/{received}/", "received"),
        (client, f"/transferencias/{undone}/", "undone"),
        (client, "/transferencias/programadas/", "schedules"),
        (client, "/transferencias/programadas/nueva/", "order"),
        (client, f"/transferencias/programadas/nueva/?{asked}&amount=9&frequency=monthly&starts_on={today}", "ordered"),
        (client, f"/transferencias/programadas/nueva/?{asked}&amount=&frequency=x", "order-refused"),
        (client, f"/transferencias/programadas/{ordered[0].id}/", "schedule"),
        (client, f"/transferencias/programadas/{ordered[1].id}/", "skipped"),
        (client, f"/transferencias/programadas/{ordered[0].id}/cancelar/", "cancel"),
        (empty, "/cuentas/", "empty-accounts"),
        (empty, "/transferencias/", "empty-history"),
        (empty, "/transferencias/programadas/", "empty-schedules"),
        (staff, f"/directorio/clientes/{ana.pk}/", "staff-client"),
        (staff, f"/directorio/cuentas/{mine}/", "staff-account"),
        (staff, f"/directorio/cuentas/{dollars}/", "staff-frozen"),
        (staff, f"/directorio/cuentas/{mine}/congelar/", "freeze"),
        (staff, f"/directorio/cuentas/{dollars}/descongelar/", "unfreeze"),
        (staff, f"/directorio/transacciones/{undone}/", "transaction"),
        (staff, f"/directorio/transacciones/{mirror}/", "mirror"),
        (staff, f"/directorio/transacciones/{sent}/revertir/", "reverse"),
        (staff, f"/directorio/transacciones/{undone}/revertir/", "not-again"),
        (staff, "/admin/ledger/account/", "admin-accounts"),
        (staff, f"/admin/ledger/transaction/{undone}/change/", "admin-transaction"),
        (staff, "/admin/banking/transfer/", "admin-transfers"),
        (staff, f"/admin/banking/scheduledtransfer/{ordered[1].id}/change/", "admin-schedule"),
        (client, "/perfil/", "profile"),
    ):
        page.goto(path)
        judge(page, f"b3-{name}-{width}-{theme}")
