"""Events, audit trail and their way in a real browser: judged by axe; an administrator's round without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from playwright.sync_api import expect

from conftest import Cast
from events.catalogue import CATALOGUE, Kind
from events.consumers.documents import Documents
from events.documents.models import AuditLog, BusinessEvent
from events.envelope import Envelope
from events.inbox import Consumer
from events.relay import drain
from events.services import record
from events.transport import Direct
from fundsite import pipeline
from tests.api import Api
from tests.axe import judge
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser


class Sulking:
    """A consumer that takes nothing of funds, with a reason that is hard to fit on a page."""

    name = "notifications"
    sulks = True

    def handle(self, envelopes: Sequence[Envelope]) -> None:
        if self.sulks and any(one.name.startswith("funds.") for one in envelopes):
            raise ValueError("https://mail.example.com/a-very-long-address-without-any-blank-in-it " * 4)

    def after(self) -> None:
        pass


@pytest.fixture
def consumers(monkeypatch: pytest.MonkeyPatch) -> list[Consumer]:
    found: list[Consumer] = [Documents(), Sulking()]
    monkeypatch.setattr(pipeline, "consumers", lambda: found)
    monkeypatch.setattr(pipeline, "broker", lambda: None)
    return found


def happen(cast: Cast, consumers: list[Consumer]) -> None:
    """One event of every kind, some of them hard to fit on a page, and two that wait."""
    Api(cast.ana.user, User_Agent="browser").subscribe()
    values = {Kind.AMOUNT: "12345678901234567.00", Kind.CURRENCY: "COP", Kind.INTEGER: 1, Kind.BOOLEAN: True}
    values |= {Kind.UUID: str(cast.ana.pk), Kind.MAYBE_UUID: None, Kind.NAMES: ["email"], Kind.DATE: "2026-11-20"}
    for kind in CATALOGUE.values():
        payload = {name: values.get(field, "texto-sin-blancos-" * 8) for name, field in kind.fields.items()}
        record(kind.name, payload, actor_id=cast.ana.user_id)
    drain(Direct(consumers))
    record("accounts.sessions_ended", {"user_id": cast.ana.user_id})
    drain(Direct([]))
    record("accounts.sessions_ended", {"user_id": cast.ana.user_id})


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_every_page_is_fit_for_everybody(
    visit: Visit, watch: Watch, cast: Cast, consumers: list[Consumer], width: int, theme: str
) -> None:
    happen(cast, consumers)
    event = BusinessEvent.objects.get(name="funds.subscribed", payload__amount="125000.00")
    altered = AuditLog.objects.earliest("position")
    AuditLog.objects.filter(pk=altered.pk).update(path="/elsewhere")
    page = visit(cast.admin, width=width, theme=theme)
    for address, name in (
        ("eventos/", "events"),
        ("eventos/?person=nadie&since=2026-02-02&until=2026-01-01", "events-refused"),
        ("eventos/?person=beto&name=funds.cancelled", "events-nothing"),
        (f"eventos/{event.pk}/", "event"),
        ("auditoria/", "audit"),
        (f"auditoria/{event.pk}/", "audit-log"),
        (f"auditoria/{altered.pk}/", "audit-log-altered"),
        ("canal/", "pipeline"),
    ):
        page.goto(f"/operacion/{address}")
        judge(page, f"{name}-{width}-{theme}")
    page.get_by_role("button", name="Verificar los últimos").click()
    page.get_by_role("alert").wait_for()
    page.locator("summary", has_text="Publicación por carril").click()
    judge(page, f"pipeline-broken-{width}-{theme}")


def test_an_administrator_finds_what_stuck_and_hands_it_over_without_javascript(
    visit: Visit, watch: Watch, cast: Cast, consumers: list[Consumer]
) -> None:
    Api(cast.ana.user).subscribe()
    drain(Direct(consumers))
    page = visit(cast.admin, javascript=False)
    page.goto("/operacion/eventos/")
    page.get_by_label("Titular").fill("ana")
    page.get_by_label("Evento", exact=True).select_option(label="Suscripción")
    page.get_by_role("button", name="Filtrar").click()
    page.get_by_role("link", name="Suscripción").click()
    expect(page.get_by_text("Apartado")).to_be_visible()
    page.get_by_role("link", name="Ver en la auditoría").click()
    expect(page.get_by_text("Huella correcta")).to_be_visible()
    page.get_by_role("navigation", name="Principal").get_by_role("link", name="Eventos").click()
    page.get_by_role("link", name="Canal").click()
    consumers[1].sulks = False  # type: ignore[attr-defined]
    page.get_by_role("button", name="Reintentar: Suscripción").click()
    expect(page.get_by_text("1 mensaje entregado de nuevo.")).to_be_visible()
    expect(page.get_by_role("button", name="Reintentar: Suscripción")).to_have_count(0)
    page.get_by_role("button", name="Verificar los últimos").click()
    expect(page.get_by_text("La cadena está completa.")).to_be_visible()
