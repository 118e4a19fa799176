"""Judges a page: axe finds nothing, nothing is wider than the screen; a picture of it where `SHOTS` names a folder."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Without reading style sheets itself, for which it would write styles that the policy rightly refuses.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
SHOTS = os.environ.get("SHOTS")


def judge(page: Page, name: str) -> None:
    found = Axe().run(page, options=OPTIONS)
    assert not found.violations_count, f"{page.url}: {found.generate_report()}"
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert beyond <= 0, f"{page.url}: {beyond} px too wide"
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
