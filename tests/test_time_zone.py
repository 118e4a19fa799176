"""Every page of a client's shows moments, and counts days, by the client's own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client
from accounts.services.registration import register
from conftest import PASSWORD, Cast
from core.clock import recording_at
from core.tests.crowd import fill
from funds.services import subscribe
from tests.api import Api
from tests.pages import browser_of, text_of

BOGOTA, SAO_PAULO, KIRITIMATI = "America/Bogota", "America/Sao_Paulo", "Pacific/Kiritimati"


def moved_to(zone: str, client: Client, *, movements: int) -> Browser:
    """The client in a zone, signed in, with movements of the first minutes of 2026 in UTC: two of each minute."""
    Client.objects.filter(pk=client.pk).update(time_zone=zone)
    fill(client_id=client.pk, account_id=client.cash_account_id, fund_id=2, movements=movements, active=1)
    return browser_of(client.user)


@pytest.mark.parametrize(
    ("zone", "shown"), [(BOGOTA, "31 dic 2025, 19:01"), (KIRITIMATI, "1 ene 2026, 14:01"), ("UTC", "1 ene 2026, 00:01")]
)
def test_a_moment_is_the_same_on_every_page(cast: Cast, zone: str, shown: str) -> None:
    with recording_at(datetime(2025, 12, 1, tzinfo=UTC)):
        client = register(
            email="dora@example.com",
            full_name="Dora Díaz",
            password=PASSWORD,
            notify_channel="email",
            notify_destination="dora@example.com",
        ).client
    with recording_at(datetime(2026, 1, 1, 0, 1, tzinfo=UTC)):
        opened = subscribe(
            client_id=client.pk, fund_id=2, amount=Decimal(125_000), actor_id=client.user_id
        ).transaction_id
    browser = moved_to(zone, client, movements=0)
    number = client.cash_account.number
    for address in (
        "/panel/",
        "/historial/",
        f"/comprobantes/{opened}/",
        f"/suscripciones/{opened}/cancelar/",
        f"/cuentas/{number}/",
        f"/cuentas/{number}/movimientos/{opened}/",
        f"/cuentas/{number}/extracto/?since=2025-12-30&until=2026-01-02",
    ):
        page = browser.get(address)
        assert page.status_code == 200, address
        assert shown in text_of(page.content), address
    assert Api(client.user).get(f"transactions/{opened}").json()["created_at"] == "2026-01-01T00:01:00+00:00"


@pytest.mark.parametrize(("zone", "midnight"), [(BOGOTA, 5), (SAO_PAULO, 3)])
def test_a_day_of_the_history_begins_and_ends_at_its_readers_midnight(cast: Cast, zone: str, midnight: int) -> None:
    """`midnight` is the hour, in UTC, at which 2026 began there; the API counts its days in Bogotá."""
    browser = moved_to(zone, cast.ana, movements=2 * (midnight * 60 + 3))

    def moments(**wanted: str) -> list[str]:
        rows = browser.get("/historial/", wanted).context["page"].rows
        return [row.recorded_at.astimezone(UTC).strftime("%H:%M") for row in rows]

    first = [f"{midnight:02}:0{minute}" for minute in (3, 3, 2, 2, 1, 1, 0, 0)]
    assert moments(since="2026-01-01") == moments(since="2026-01-01", until="2026-01-01") == first
    assert moments(until="2025-12-31")[:2] == [f"{midnight - 1:02}:59"] * 2
    assert moments(since="2026-01-02") == []
    in_bogota = Api(cast.ana.user).get("transactions?since=2026-01-01").json()["results"]
    assert len(in_bogota) == (len(first) if zone == BOGOTA else 0)


def test_the_first_day_that_can_be_written_is_one_to_ask_for_east_of_here_too(cast: Cast) -> None:
    browser = moved_to("Asia/Tokyo", cast.ana, movements=2)
    assert len(browser.get("/historial/", {"since": "0001-01-01"}).context["page"].rows) == 2
    assert browser.get("/historial/", {"until": "0001-01-01"}).context["page"].rows == []


@pytest.mark.parametrize(
    ("zone", "today"), [(BOGOTA, "Jueves 31 de diciembre de 2026"), (KIRITIMATI, "Viernes 1 de enero de 2027")]
)
def test_today_is_the_readers(cast: Cast, zone: str, today: str) -> None:
    with time_machine.travel(datetime(2026, 12, 31, 12, tzinfo=UTC), tick=False):
        assert today in text_of(moved_to(zone, cast.ana, movements=0).get("/panel/").content)


def test_staff_and_whoever_comes_next_read_by_the_houses_clock(cast: Cast) -> None:
    ana = moved_to(KIRITIMATI, cast.ana, movements=2)
    number = cast.ana.cash_account.number
    assert "1 ene 2026, 14:01" in text_of(ana.get(f"/cuentas/{number}/").content)
    assert timezone.get_current_timezone_name() == BOGOTA
    staff = browser_of(cast.reader).get(f"/directorio/cuentas/{number}/")
    assert "31 dic 2025, 19:01" in text_of(staff.content)
