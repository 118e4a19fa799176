"""Reading pages as a person does, and sending back what they carry."""

from __future__ import annotations

import re

from django.test import Client as Browser

from accounts.models import User


def browser_of(user: User | None) -> Browser:
    """Somebody, signed in on the pages."""
    assert user
    browser = Browser()
    browser.force_login(user)
    return browser


def text_of(html: bytes) -> str:
    """The words of a page, for asserting what a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.decode()).split())


def key_of(html: bytes) -> str:
    found = re.search(rb'name="idempotency_key" value="([^"]+)"', html)
    assert found
    return found[1].decode()
