"""What a page shows without being asked, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from accounts.tokens import start_session
from conftest import Cast
from events.relay import drain
from events.transport import Direct
from funds.models import Fund
from funds.services import subscribe
from fundsite.tests.streams import Stream, serving
from notifications.consumers import Notifications
from notifications.queries import unread_count
from notifications.socket import MOST_PER_USER
from tests.conftest import PATIENCE, Visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stream(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    with serving(tmp_path_factory.mktemp("stream")) as stream:
        yield stream


@pytest.fixture
def site(stream: Stream, real_commits: None, settings: Settings) -> str:
    settings.CHANNEL_LAYERS = stream.layers
    return stream.origin


def happens(cast: Cast) -> None:
    """Ana subscribes, elsewhere."""
    assert cast.ana.user
    fund = Fund.objects.order_by("minimum")[0]
    subscribe(client_id=cast.ana.pk, fund_id=fund.pk, amount=fund.minimum, actor_id=cast.ana.user.pk)
    drain(Direct([Notifications()]))


def badge(page: Page) -> str:
    return page.locator("[data-unread]").inner_text()


def test_a_notice_appears_on_the_open_page_and_again_after_the_server_was_away(
    site: str, stream: Stream, cast: Cast, visit: Visit
) -> None:
    ana = cast.ana.user
    assert ana
    drain(Direct([Notifications()]))
    known = unread_count(ana.pk)
    page, plain = visit(ana), visit(ana, javascript=False)
    with page.expect_websocket() as opening:
        page.goto("/panel/")
    opening.value.wait_for_event("framereceived")

    happens(cast)
    toast = page.locator("[data-notices] a")
    expect(toast).to_contain_text("Suscripción")
    expect(page.locator("[data-unread]")).to_have_text(str(known + 1))
    plain.goto("/panel/")
    assert badge(plain) == str(known + 1), "without a script it takes a new page"

    stream.stop()
    happens(cast)
    stream.start()
    expect(page.locator("[data-unread]")).to_have_text(str(known + 2), timeout=PATIENCE * 2)
    happens(cast)
    expect(page.locator("[data-unread]")).to_have_text(str(known + 3))
    toast.last.click()
    page.wait_for_url("**/comprobantes/*/")


SOCKETS_COUNTED = """
    window.sockets = 0;
    window.ended = new Promise((resolve) => {
        window.WebSocket = class extends WebSocket {
            constructor(...how) { super(...how); sockets += 1; this.addEventListener("close", resolve); }
        };
    });
"""


def test_a_page_whose_place_newer_ones_took_does_not_fight_for_it(
    site: str, stream: Stream, cast: Cast, visit: Visit
) -> None:
    ana = cast.ana.user
    assert ana
    page = visit(ana)
    page.clock.install()
    page.add_init_script(SOCKETS_COUNTED)
    with page.expect_websocket() as opening:
        page.goto("/panel/")
    opening.value.wait_for_event("framereceived")
    with ExitStack() as newer:
        for _ in range(MOST_PER_USER):
            newer.enter_context(stream.by_token(start_session(ana).access))
        page.evaluate("ended")
        page.clock.run_for("05:00")
        assert page.evaluate("sockets") == 1
        with page.expect_websocket() as opening:  # the newest
            page.goto("/fondos/")
        opening.value.wait_for_event("framereceived")
