"""A consumer that keeps a diary, a transport that keeps what it is given, and something that happens."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from core.ids import uuid7
from events.envelope import Envelope
from events.inbox import Unavailable
from events.services import record


class Diary:
    """Writes down what it is given; refuses the events in `bad`."""

    name = "diary"

    def __init__(self) -> None:
        self.seen: list[Envelope] = []
        self.bad: set[object] = set()
        self.down = False

    def handle(self, envelopes: Sequence[Envelope]) -> None:
        if self.down:
            raise Unavailable("out for lunch")
        if any(envelope.id in self.bad for envelope in envelopes):
            raise ValueError("cannot read this")
        self.seen += envelopes

    def after(self) -> None: ...


class Kept:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        self.envelopes += envelopes

    def idle(self) -> None: ...

    def close(self) -> None: ...


def login(user_id: uuid.UUID | None = None) -> uuid.UUID:
    """The id of the event that somebody signed in."""
    return record("accounts.login_succeeded", {"user_id": user_id or uuid7()})
