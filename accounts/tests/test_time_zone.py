"""The time zone in which a client's days are counted, changed by the client."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from accounts.models import Client
from conftest import Cast, bearer
from core.tests.snapshots import snapshot
from events.models import Event
from tests.pages import text_of


def zone_of(client: Client) -> str:
    return Client.objects.values_list("time_zone", flat=True).get(pk=client.pk)


def patch(headers: dict[str, str], zone: str) -> HttpResponse:
    body = {"time_zone": zone}
    return Browser().patch("/api/v1/users/me/update", body, content_type="application/json", headers=headers)


def profile_form(cast: Cast, **changes: str) -> dict[str, str]:
    ana = cast.ana
    return {
        "full_name": ana.full_name,
        "email": ana.email,
        "notify_channel": ana.notify_channel,
        "notify_destination": ana.notify_destination,
        "time_zone": ana.time_zone,
        **changes,
    }


def test_a_client_moves_to_another_zone_on_the_page(cast: Cast, browser_of_ana: Browser) -> None:
    assert 'value="America/Bogota"' in browser_of_ana.get("/perfil/").content.decode()
    assert browser_of_ana.post("/perfil/", profile_form(cast, time_zone="America/Sao_Paulo")).status_code == 302
    assert zone_of(cast.ana) == "America/Sao_Paulo"
    event = Event.objects.get(name="accounts.client_updated")
    assert event.payload["fields"] == ["time_zone"]


@pytest.mark.parametrize("zone", ["Luna", "america/bogota", "../etc/passwd", "Etc/GMT+5", "", "x" * 65, "UTC\x00"])
def test_a_zone_that_is_none_is_refused_everywhere(cast: Cast, browser_of_ana: Browser, zone: str) -> None:
    assert cast.ana.user
    headers = bearer(cast.ana.user)
    before = snapshot()
    page = browser_of_ana.post("/perfil/", profile_form(cast, time_zone=zone))
    assert page.status_code == 400
    assert "Zona horaria" in text_of(page.content)
    assert patch(headers, zone).status_code == 400
    assert snapshot() == before


def test_a_client_moves_to_another_zone_in_the_api(cast: Cast) -> None:
    assert cast.ana.user
    changed = patch(bearer(cast.ana.user), "Pacific/Kiritimati")
    assert changed.json()["client"]["time_zone"] == zone_of(cast.ana) == "Pacific/Kiritimati"


def test_staff_have_no_zone_to_change(cast: Cast) -> None:
    headers = bearer(cast.reader)
    before = snapshot()
    assert patch(headers, "UTC").status_code == 400
    assert snapshot() == before
