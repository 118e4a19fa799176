"""How those who run for long wait for what is down."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from django.db import DatabaseError, close_old_connections

FIRST_BACKOFF, LONGEST_BACKOFF = 0.1, 10.0  # seconds between attempts at what is down


def pause(seconds: float, stopped: Callable[[], bool]) -> None:
    """Return after `seconds`, or soon after `stopped()`."""
    until = time.monotonic() + seconds
    while not stopped() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.1))


def forget_connections() -> None:
    """Close those to databases that are broken; the next use makes new ones."""
    with suppress(DatabaseError):
        close_old_connections()
