"""Judges a page: axe finds nothing, nothing is wider than the screen; a picture of it where `SHOTS` names a folder."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Without reading style sheets itself, for which it would write styles that the policy rightly refuses.
OPTIONS: dict[str, object] = {"resultTypes": ["violations"], "preload": False}
SHOTS = os.environ.get("SHOTS")


def judge(page: Page, name: str = "", *, options: dict[str, object] = OPTIONS) -> None:
    """The page as it is now; after a click that leads elsewhere, wait for that address first."""
    found = Axe().run(page, options=options)
    assert not found.violations_count, f"{page.url}: {found.generate_report()}"
    fits(page)
    if SHOTS and name:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def fits(page: Page) -> None:
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert beyond <= 0, f"{page.url}: {beyond} px too wide"
