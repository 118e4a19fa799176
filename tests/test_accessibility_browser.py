"""Every page, judged by axe in light and dark, and measured for scrolling sideways.

What these pages put on the console is judged too, by the fixture: a breach of the content security policy fails a test.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page
from pytest_django.fixtures import Settings

from accounts.models import Client
from conftest import Cast
from funds.services import cancel, subscribe
from tests import axe
from tests.axe import OPTIONS
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser
WIDTHS = (320, 390, 1440)
COLOURS = {**OPTIONS, "runOnly": ["color-contrast", "link-in-text-block"]}  # all that a theme can change


def judge(page: Page, *, widths: tuple[int, ...] = WIDTHS) -> None:
    """Nothing for axe to say of the page as it is now, in light or dark; nothing that scrolls sideways."""
    for theme, options in (("light", OPTIONS), ("dark", COLOURS)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        axe.judge(page, options=options)
    before = page.viewport_size
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        axe.fits(page)
    assert before
    page.set_viewport_size(before)


def test_pages_for_visitors(visit: Visit, watch: Watch, settings: Settings) -> None:
    watch.expected |= {404, 429}
    page = visit()
    for address in ("/", "/cuenta/registro/", "/cuenta/ingreso/", "/cuenta/recuperar/", "/no-existe/"):
        page.goto(address)
        judge(page)
    page.goto("/cuenta/registro/")
    page.get_by_role("button", name="Abrir la cuenta").click()
    page.get_by_role("alert").wait_for()
    judge(page)
    settings.LOGINS_PER_ADDRESS = "1/m"
    for _ in range(2):
        page.goto("/cuenta/ingreso/")
        page.get_by_label("Correo electrónico o usuario").fill("ana")
        page.get_by_label("Contraseña", exact=True).fill("equivocada")
        with page.expect_navigation():
            page.get_by_role("button", name="Iniciar sesión").click()
        judge(page)
    assert page.get_by_role("heading", level=1).inner_text() == "Demasiados intentos"


def test_pages_of_a_new_client(visit: Visit, watch: Watch, cast: Cast) -> None:
    watch.expected.add(403)
    page = visit(cast.ana.user)
    for address in ("/panel/", "/historial/", "/cuenta/salida/", "/seguridad/", "/admin/"):
        page.goto(address)
        judge(page)


def moved(client: Client) -> tuple[str, str]:
    """Ids of a subscription that stands and of one that was cancelled."""
    assert client.user_id
    ids = [
        subscribe(client_id=client.pk, fund_id=fund_id, amount=Decimal(amount), actor_id=client.user_id).transaction_id
        for fund_id, amount in ((1, "75000.00"), (2, "125000.00"), (3, "50000.50"))
    ]
    cancel(client_id=client.pk, subscription_id=ids[0], actor_id=client.user_id)
    return str(ids[1]), str(ids[0])


def test_pages_of_a_client_with_movements(visit: Visit, cast: Cast) -> None:
    stands, cancelled = moved(cast.ana)
    page = visit(cast.ana.user)
    for address in (
        "/panel/",
        "/fondos/",
        "/fondos/1/suscribir/",
        "/fondos/1/suscribir/?amount=80.000",
        "/fondos/1/suscribir/?amount=1",  # a refusal beside its field
        "/fondos/4/suscribir/?amount=450.000",  # a refusal of the whole
        f"/suscripciones/{stands}/cancelar/",
        f"/comprobantes/{stands}/",
        f"/comprobantes/{cancelled}/",
        "/historial/",
        "/historial/?type=CANCELLATION",
        "/historial/?type=CANCELLATION&fund=5",
        "/historial/?since=2026-02-02&until=2026-02-01",
    ):
        page.goto(address)
        for closed in page.locator("main details:not([open]) > summary").all():
            closed.click()
        judge(page)
    for menu in page.locator(".menu summary").all():
        menu.click()
        judge(page, widths=(320,))


def test_pages_of_the_admin(visit: Visit, cast: Cast) -> None:
    stands, _ = moved(cast.ana)
    page = visit(cast.admin)
    for address in (
        "/admin/",
        "/admin/accounts/user/",
        f"/admin/accounts/user/{cast.ana.user_id}/change/",
        "/admin/funds/fund/",
        "/admin/funds/fund/1/change/",
        "/admin/funds/subscription/",
        "/admin/ledger/account/",
        f"/admin/ledger/transaction/{stands}/change/",
        "/admin/events/event/",
    ):
        page.goto(address)
        judge(page)


def test_a_statement_is_printed_without_the_furniture(visit: Visit, cast: Cast) -> None:
    stands, _ = moved(cast.ana)
    page = visit(cast.ana.user, theme="dark")
    page.emulate_media(media="print")
    for address in (f"/comprobantes/{stands}/", "/historial/"):
        page.goto(address)
        assert page.locator(".letterhead").is_visible()
        assert "Ana Gómez" in page.locator(".letterhead").inner_text()
        for furniture in (".bar", ".foot", ".btn", "form"):
            assert not any(part.is_visible() for part in page.locator(furniture).all()), furniture
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(23, 28, 27)"
