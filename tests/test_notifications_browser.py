"""Notices in a real browser: judged by axe, with and without JavaScript."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from conftest import Cast
from events.services import record
from notifications.tests.mailing import arrive, earlier, envelope, hand_over, subscribed, told
from tests.axe import judge
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser


def happen(cast: Cast) -> None:
    factor = {"user_id": cast.ana.user_id, "kind": "totp"}
    hand_over(*(earlier(envelope("accounts.mfa_enabled", factor), timedelta(days=days)) for days in range(1, 4)))
    record("accounts.new_device", {"user_id": cast.ana.user_id, "device": "Chrome, Windows"})
    about = {"number": cast.ana.cash_account.number, "client_id": cast.ana.pk}
    record("ledger.account_frozen", {**about, "reason": "motivo", "credits_allowed": False})
    subscribed(cast.ana)
    arrive()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_every_page_is_fit_for_everybody(visit: Visit, watch: Watch, cast: Cast, width: int, theme: str) -> None:
    happen(cast)
    letters = {letter.subject: letter for letter in told()}
    page = visit(cast.ana.user, width=width, theme=theme)
    page.goto("/avisos/")
    judge(page, f"notices-{width}-{theme}")
    page.goto("/avisos/preferencias/")
    page.get_by_label("Mensaje de texto (SMS)").check()
    page.get_by_role("button", name="Guardar cambios").click()
    page.get_by_role("alert").wait_for()
    judge(page, f"preferences-faults-{width}-{theme}")
    page.goto("/avisos/")
    page.get_by_role("button", name="Marcar todos como leídos").click()
    page.get_by_role("link", name="Solo sin leer").click()
    page.wait_for_url("**/avisos/?*")
    judge(page, f"notices-none-{width}-{theme}")
    letter = visit(width=width, theme=theme)
    for subject, name in (("Suscripción confirmada", "funds"), ("Ingreso desde un dispositivo nuevo", "security")):
        letter.set_content(str(letters[subject].alternatives[0][0]))
        judge(letter, f"mail-{name}-{width}-{theme}")


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_bell_to_the_receipt_and_to_what_one_would_rather_not_be_sent(
    visit: Visit, cast: Cast, javascript: bool
) -> None:
    subscribed(cast.ana)
    arrive()
    told()
    page = visit(cast.ana.user, width=390, javascript=javascript)
    page.goto("/panel/")
    page.get_by_role("link", name="Avisos 2 sin leer").click()
    page.get_by_role("button", name="Ver el comprobante").click()
    page.wait_for_url("**/comprobantes/**")
    page.get_by_role("link", name="Avisos 1 sin leer").click()
    page.get_by_role("button", name="Marcar todos como leídos").click()
    expect(page.locator(".messages")).to_contain_text("Marcó 1 aviso como leído.")
    expect(page.get_by_role("link", name="Avisos", exact=True)).to_be_visible()
    page.get_by_role("link", name="Preferencias").click()
    page.get_by_label("Suscripciones y cancelaciones").uncheck()
    page.get_by_role("button", name="Guardar cambios").click()
    expect(page.locator(".messages")).to_contain_text("Cambios guardados.")
    expect(page.get_by_label("Suscripciones y cancelaciones")).not_to_be_checked()
    subscribed(cast.ana, amount="50000", fund_id=3)
    arrive()
    assert told() == []
    page.goto("/avisos/")
    expect(page.get_by_role("heading", name="Suscripción confirmada")).to_have_count(2)
