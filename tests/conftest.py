"""A real browser for the tests that need one, and what such a test never overlooks.

A page of the `visit` fixture keeps an eye on its own console, on the content security policy, on every request and on
every script; whatever goes wrong there fails the test, also when the test looked at something else.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client as Session
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, Response, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")  # the quickest first
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NETWORK_NOTE = re.compile(
    r"Failed to load resource: the server responded with a status of \d+"
    r"|WebSocket connection to '\S+/ws/notifications' failed"  # the server of most tests has no sockets
)
PATIENCE = 15_000  # milliseconds: a machine may be busy


def _executable(playwright: Playwright) -> str | None:
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), playwright.chromium.executable_path]
    return next((path for path in found if path and Path(path).is_file()), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser per worker; without one the tests are skipped, except where nobody reads what was skipped."""
    with sync_playwright() as playwright:
        executable = _executable(playwright)
        if executable is None:
            give_up = pytest.fail if os.environ.get("CI") else pytest.skip
            give_up("no Chromium found: install one, or say where it is with CHROMIUM=/path/to/chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[LiveServer]:
    running = LiveServer("127.0.0.1")
    yield running
    running.stop()


@pytest.fixture
def site(server: LiveServer, real_commits: None) -> str:
    """The address of the site. Its threads see only what is committed, hence `real_commits`."""
    return server.url


@dataclass
class Watch:
    """What went wrong on the pages of a test. `expected` are the statuses a page itself may be answered with."""

    site: str
    expected: set[int] = field(default_factory=lambda: {200, 302, 304, 400})
    faults: list[str] = field(default_factory=list)

    def over(self, page: Page) -> Page:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        # `_response` judges what the network's first note is about.
        if message.type == "error" and not NETWORK_NOTE.match(message.text):
            self.faults.append(f"console: {message.text} ({message.location.get('url')})")

    def _failed(self, request: Request) -> None:
        # A page that is left stops loading; that is the browser's own doing.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.failure}: {request.url}")

    def _response(self, response: Response) -> None:
        parts = urlsplit(response.url)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != self.site:
            self.faults.append(f"another host: {response.url}")
        page_itself = response.request.resource_type == "document"
        if response.status >= 400 and not (page_itself and response.status in self.expected):
            self.faults.append(f"{response.status}: {response.url}")


@pytest.fixture
def watch(site: str) -> Iterator[Watch]:
    watch = Watch(site)
    yield watch
    assert not watch.faults, "\n".join(watch.faults)


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, site: str, watch: Watch) -> Iterator[Visit]:
    """`visit(user=None, width=1280, theme="light", javascript=True)` → a page in a context of its own.

    `theme` is what the visitor's system prefers. Paths are relative to the site: `page.goto("/panel/")`.
    """
    with ExitStack() as contexts:

        def open_page(
            user: User | None = None, *, width: int = 1280, theme: str = "light", javascript: bool = True
        ) -> Page:
            context = chromium.new_context(
                base_url=site,
                color_scheme=theme,  # type: ignore[arg-type]
                java_script_enabled=javascript,
                locale="es-CO",
                viewport={"width": width, "height": 844 if width < 600 else 900},
            )
            contexts.callback(context.close)
            context.set_default_timeout(PATIENCE)
            if user:
                context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": _session(user), "url": site}])
            return watch.over(context.new_page())

        yield open_page


def _session(user: User) -> str:
    session = Session()
    session.force_login(user)
    return session.cookies[settings.SESSION_COOKIE_NAME].value
