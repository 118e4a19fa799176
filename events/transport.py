"""How sealed events get from the relay to the consumers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from events.envelope import Envelope
from events.inbox import Consumer, deliver, settle


class Transport(Protocol):
    """`publish` returns once the events are in somebody else's safe keeping. Raises `events.inbox.Unavailable`.

    It is called outside of any transaction.
    """

    def publish(self, envelopes: Sequence[Envelope]) -> None: ...

    def idle(self) -> None:
        """Called now and then between publishing, outside of any transaction too."""

    def close(self) -> None: ...


class Direct:
    """No broker: the consumers of this process, one after the other. What one of them cannot take now, all wait for.

    Nobody tells whether a process was killed over these before, so each attempt is counted before it is made.
    """

    def __init__(self, consumers: Sequence[Consumer]) -> None:
        self._consumers = consumers

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        for consumer in self._consumers:
            deliver(consumer, envelopes, suspicious=True)

    def idle(self) -> None:
        for consumer in self._consumers:
            settle(consumer)

    def close(self) -> None:
        """Nothing is held."""
