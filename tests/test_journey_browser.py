"""The main job as a person does it, in a real browser: on a phone and on a desk, with and without JavaScript."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Client
from conftest import PASSWORD, Cast
from funds.models import Movement
from tests.conftest import Visit

pytestmark = pytest.mark.browser
ECOPETROL = "FPV_BTG_PACTUAL_ECOPETROL"


def fits(page: Page) -> None:
    """Nothing makes the page scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, page.url


def balance(client: Client) -> Decimal | None:
    client.cash_account.refresh_from_db()
    return client.cash_account.balance


def movements(client: Client) -> list[str]:
    return list(Movement.objects.filter(client=client).order_by("seq").values_list("type", flat=True))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    page.wait_for_load_state()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()
    page.wait_for_load_state()


def sign_up(page: Page) -> None:
    page.goto("/")
    fits(page)
    follow(page, "Abrir una cuenta")
    page.get_by_label("Nombre completo").fill("Valentina Ñáñez Ríos")
    page.get_by_label("Correo electrónico").first.fill("valentina@example.com")
    page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
    page.get_by_label("Contraseña (de nuevo)").fill(PASSWORD)
    fits(page)
    press(page, "Abrir la cuenta")


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_register_subscribe_cancel_and_look_back(visit: Visit, width: int, theme: str, javascript: bool) -> None:
    page = visit(width=width, theme=theme, javascript=javascript)
    sign_up(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hola, Valentina")
    expect(page.get_by_label("Resumen")).to_contain_text("$ 500.000,00")
    fits(page)

    follow(page, "Suscribir fondo")
    fits(page)
    follow(page, f"Suscribir: {ECOPETROL}")
    page.get_by_label("Monto (COP)").fill("125.000")
    press(page, "Continuar")
    expect(page.get_by_text("Usted escribió 125.000 y entendimos:")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("$ 375.000,00")
    client = Client.objects.get(email="valentina@example.com")
    assert movements(client) == []
    fits(page)

    press(page, "Confirmar suscripción")
    expect(page.get_by_role("status")).to_have_text(re.compile("Suscripción confirmada."))
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Comprobante TX-[0-9A-F]{4}-[0-9A-F]{4}"))
    expect(page.get_by_role("main")).to_contain_text("−$ 125.000,00")
    assert (movements(client), balance(client)) == (["SUBSCRIPTION"], Decimal("375000.00"))
    fits(page)

    follow(page, "Cancelar suscripción")
    expect(page.get_by_role("main")).to_contain_text("+$ 125.000,00")
    fits(page)
    press(page, "Cancelar suscripción")
    expect(page.get_by_role("status")).to_have_text(re.compile("Suscripción cancelada."))
    assert (movements(client), balance(client)) == (["SUBSCRIPTION", "CANCELLATION"], Decimal("500000.00"))
    fits(page)

    follow(page, "Historial")
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_text([re.compile(r"Cancelación[\s\S]*\+\$\s125"), re.compile(r"Suscripción[\s\S]*−\$\s125")])
    fits(page)
    page.get_by_label("Tipo").select_option("Suscripción")
    press(page, "Filtrar")
    expect(rows).to_have_count(1)
    fits(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
def test_a_double_click_back_and_reload_move_the_money_once(visit: Visit, cast: Cast, javascript: bool) -> None:
    page = visit(cast.ana.user, javascript=javascript)
    page.goto("/fondos/2/suscribir/")
    page.get_by_label("Monto (COP)").fill("125.000")
    press(page, "Continuar")
    page.reload()
    page.get_by_role("button", name="Confirmar suscripción").dblclick()
    page.wait_for_url("**/comprobantes/**")
    receipt = page.url
    page.reload()
    page.go_back()
    page.get_by_role("button", name="Confirmar suscripción").click()
    page.wait_for_url("**/comprobantes/**")
    assert page.url == receipt
    assert (movements(cast.ana), balance(cast.ana)) == (["SUBSCRIPTION"], Decimal("375000.00"))

    follow(page, "Cancelar suscripción")
    page.get_by_role("button", name="Cancelar suscripción").dblclick()
    page.wait_for_url("**/comprobantes/**")
    page.reload()
    page.go_back()
    page.wait_for_url("**/comprobantes/**")  # what is cancelled has no page that asks
    assert (movements(cast.ana), balance(cast.ana)) == (["SUBSCRIPTION", "CANCELLATION"], Decimal("500000.00"))


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
def test_without_the_money_the_page_says_so_keeps_what_was_typed_and_moves_nothing(
    visit: Visit, cast: Cast, javascript: bool
) -> None:
    page = visit(cast.ana.user, width=390, javascript=javascript)
    page.goto("/fondos/4/suscribir/")
    page.get_by_label("Monto (COP)").fill("500.000,01")
    press(page, "Continuar")
    summary = page.get_by_role("alert")
    expect(summary).to_have_text("No tiene saldo disponible para vincularse al fondo FDO-ACCIONES")
    expect(page.get_by_label("Monto (COP)")).to_have_value("500.000,01")
    if javascript:
        expect(summary).to_be_focused()
    assert (movements(cast.ana), balance(cast.ana)) == ([], Decimal("500000.00"))


def test_a_refused_sign_up_keeps_what_was_typed_and_leads_to_what_is_wrong(visit: Visit) -> None:
    page = visit(width=390)
    page.goto("/cuenta/registro/")
    page.get_by_label("Nombre completo").fill("Ana Otra")
    page.get_by_label("Correo electrónico").first.fill("ANA@example.com")
    page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
    page.get_by_label("Contraseña (de nuevo)").fill(PASSWORD)
    page.get_by_label("Mensaje de texto (SMS)").check()
    page.get_by_label("Correo o celular").fill("+57 300 123 4567")
    press(page, "Abrir la cuenta")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Correo electrónico: Ya hay")
    expect(page.get_by_label("Nombre completo")).to_have_value("Ana Otra")
    expect(page.get_by_label("Mensaje de texto (SMS)")).to_be_checked()
    expect(page.get_by_label("Correo o celular")).to_have_value("+57 300 123 4567")
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("Correo electrónico").first).to_be_focused()


def test_language_and_theme_are_kept_from_page_to_page_without_javascript(visit: Visit, cast: Cast) -> None:
    page = visit(cast.ana.user, javascript=False)
    root = page.locator("html")
    page.goto("/panel/")
    expect(root).to_have_attribute("lang", "es")
    for name, code, history in (("Português", "pt-br", "Histórico"), ("English", "en", "History")):
        page.locator(".menu summary").first.click()
        press(page, name)
        assert page.url.endswith("/panel/")
        expect(root).to_have_attribute("lang", code)
        follow(page, history)
        expect(root).to_have_attribute("lang", code)
        expect(page.get_by_role("heading", level=1)).to_have_text(history)
        page.goto("/panel/")
    page.locator(".menu summary").nth(1).click()
    page.locator("button[name=theme][value=dark]").click()
    page.goto("/fondos/")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_css("color-scheme", "dark")
    page.context.clear_cookies(name="sessionid")
    page.goto("/")
    expect(root).to_have_attribute("lang", "en")
    expect(root).to_have_attribute("data-theme", "dark")


def tab_to(page: Page, name: str, *, within: int = 25) -> None:
    """Tab until the element of that name has the focus, seeing each time where it is."""
    for _ in range(within):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
               const text = e.getAttribute("aria-label") || (e.labels?.[0] || e).innerText;
               return {text: text.trim(), seen: s.outlineStyle !== "none" && r.width > 0 && r.top < innerHeight} }"""
        )
        assert focus["seen"], focus
        if focus["text"] == name:
            return
    raise AssertionError(f"no way to {name} with the Tab key")


def test_the_main_job_with_the_keyboard_alone(visit: Visit, cast: Cast) -> None:
    page = visit(cast.ana.user)
    page.goto("/panel/")
    tab_to(page, "Saltar al contenido", within=1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    tab_to(page, "Suscribir fondo", within=1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('funds:list')}")
    tab_to(page, f"Suscribir: {ECOPETROL}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/suscribir/")
    tab_to(page, "Monto (COP)")
    page.keyboard.type("125.000")
    page.keyboard.press("Enter")
    page.wait_for_url("**amount=125.000**")
    tab_to(page, "Confirmar suscripción")
    page.keyboard.press("Enter")
    page.wait_for_url("**/comprobantes/**")
    assert (movements(cast.ana), balance(cast.ana)) == (["SUBSCRIPTION"], Decimal("375000.00"))
    page.goto("/panel/")
    page.locator(".menu summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="English")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="English")).to_be_hidden()
    expect(page.locator(".menu summary").first).to_be_focused()
