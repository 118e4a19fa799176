"""Telling a device that a user never signed in with from those they did.

A browser is known by a cookie that lasts, whatever its version says; without the cookie it is new, even if it is of a
kind that the user has used: whoever stole a password may well have the same. A program is known by its name, which its
version is no part of.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.models import KnownDevice, User
from accounts.queries.sessions import browser_and_system

REMEMBERED_FOR = timedelta(days=400)  # since the last sign-in; browsers keep no cookie for longer
UNKNOWN = "—"
# Whoever signs in chooses this text and somebody else reads it, in a mail: nothing that reads as an address.
_PROGRAM = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Device:
    """`mark` tells it from others, `label` is what a person calls it: `Chrome, Windows`; `curl`."""

    mark: str
    label: str


def browser(token: str, user_agent: str) -> Device:
    """The browser that keeps `token` in a cookie."""
    return Device(_mark("browser", token), _label(user_agent))


def program(user_agent: str) -> Device:
    label = _label(user_agent)
    return Device(_mark("program", label), label)


def remember(user: User, device: Device) -> bool:
    """Whether a user who signed in before now signs in with this device for the first time.

    The very first sign-in is with nothing new. Of several at once with the same device, one is the first.
    """
    now = timezone.now()
    mine = KnownDevice.objects.filter(user=user)
    if mine.filter(mark=device.mark).update(last_seen_at=now):
        return False
    knows_others = mine.exists()
    _row, created = KnownDevice.objects.get_or_create(user=user, mark=device.mark)
    mine.filter(last_seen_at__lt=now - REMEMBERED_FOR).delete()
    return knows_others and created


def _mark(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode()).hexdigest()


def _label(user_agent: str) -> str:
    """In no language, because whoever reads it has their own."""
    if known := browser_and_system(user_agent):
        return known
    program_name = _PROGRAM.match(user_agent)
    return program_name[0] if program_name else UNKNOWN
