"""Telling a user's open pages that there is something new, by way of the channel layer.

A notice is kept and sent by other means as well, so this tries once, briefly, and never fails.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any

import structlog
from channels.layers import get_channel_layer

PATIENCE = 1.0  # seconds for handing one message over
RETRY_AFTER = 5.0  # seconds during which a layer that failed is left alone, lest every notice wait for it
log = structlog.get_logger(__name__)


def push(user_id: uuid.UUID, message: Mapping[str, object]) -> None:
    """Hand a new notice, as the API shows it, to whatever of the user's listens. Never fails: nobody may be there.

    From code that is not async, after what it tells of is committed.
    """
    _post.send(user_id, {"type": "notification", "notification": dict(message)})


def recount(user_id: uuid.UUID) -> None:
    """Have the user's open pages show how many notices are unread now. As `push`."""
    _post.send(user_id, {"type": "unread"})


def group_of(user_id: uuid.UUID) -> str:
    """What the sockets of a user listen to."""
    return f"notices.{user_id}"


def serve_from(loop: asyncio.AbstractEventLoop) -> None:
    """Where the sockets of this process run. A layer in memory can be used from there alone."""
    _post.loop = loop


class _Post:
    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._leave_alone_until = 0.0

    def send(self, user_id: uuid.UUID, message: dict[str, Any]) -> None:
        layer = get_channel_layer()
        if layer is None or time.monotonic() < self._leave_alone_until:
            return
        loop = self.loop if self.loop and self.loop.is_running() else _loop_of_our_own()
        wrapped = {"type": "live", "message": message}
        sending = asyncio.run_coroutine_threadsafe(layer.group_send(group_of(user_id), wrapped), loop)
        try:
            sending.result(PATIENCE)
        except Exception as error:  # whatever the layer's server and the way to it come up with
            sending.cancel()
            self._leave_alone_until = time.monotonic() + RETRY_AFTER
            log.warning("live_unavailable", reason=repr(error))


_post = _Post()


@cache
def _loop_of_our_own() -> asyncio.AbstractEventLoop:
    """For a process without sockets: one connection to the layer's server for as long as it lives."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="live", daemon=True).start()
    return loop
