"""Taking events from the broker and handing them to a consumer, until asked to stop."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

import structlog
from django.db import Error, InterfaceError, OperationalError, close_old_connections, connections

from events.broker import Broker, Session, to_the_dead
from events.envelope import Envelope, Malformed, from_json
from events.inbox import Consumer, Unavailable, deliver, settle
from events.models import InboxItem
from events.sealing import sealed_here
from events.waiting import FIRST_BACKOFF, LONGEST_BACKOFF, forget_connections, pause

BATCH = 250
PREFETCH = 2 * BATCH  # what is on its way to us while we are busy with the batch before
LONGEST_WAIT = 1.0  # seconds; as long may stopping take when there is nothing to do
Result = TypeVar("Result")
log = structlog.get_logger(__name__)


def run_consumer(consumer: Consumer, broker: Broker, *, stopped: Callable[[], bool], once: bool = False) -> None:
    """Feed the consumer until `stopped()`; with `once` until its queue has nothing more. The batch under way is ended.

    What is down, the broker or what the consumer writes to, is tried again, later and later.
    """
    backoff = FIRST_BACKOFF
    while not stopped():
        try:
            with broker.session() as session:
                receiver = Receiver(consumer, session, stopped)
                while not stopped():
                    if not receiver.step(wait=not once) and once:
                        return
                    backoff = FIRST_BACKOFF
        except (Unavailable, Error) as error:
            log.warning("consumer_waits", consumer=consumer.name, seconds=backoff, error=str(error))
            forget_connections()
            pause(backoff, stopped)
            backoff = min(backoff * 2, LONGEST_BACKOFF)
    connections.close_all()


class Receiver:
    """One consumer's queue, as long as the session lasts."""

    def __init__(self, consumer: Consumer, session: Session, stopped: Callable[[], bool]) -> None:
        self._consumer = consumer
        self._session = session
        self._stopped = stopped
        self._arrived: deque[Any] = deque()
        self._queue = session.broker.queue(consumer.name)
        session.declare([consumer.name])
        session.consume(self._queue, self._arrived.append, prefetch=PREFETCH)

    def step(self, *, wait: bool = True) -> bool:
        """Handle what is there, or (`wait`) comes within a moment; False if there was nothing."""
        batch = self._batch(wait)
        if batch:
            self._handle(batch)
        settle(self._consumer)
        self._session.beat()
        return bool(batch)

    def _batch(self, wait: bool) -> list[Any]:
        if not self._arrived and wait:
            self._session.receive(LONGEST_WAIT)
        elif not self._arrived:  # the answer to any question comes after what was sent before it
            self._session.waiting(self._queue)
        while len(self._arrived) < BATCH and self._session.receive(0):
            pass
        return [self._arrived.popleft() for _ in range(min(BATCH, len(self._arrived)))]

    def _handle(self, batch: Sequence[Any]) -> None:
        """All of the batch is done or among the dead letters; then the broker may forget it."""
        close_old_connections()
        for redelivered, messages in groupby(batch, key=lambda message: bool(message.delivery_info["redelivered"])):
            envelopes = self._opened(messages)
            parked = self._patiently(partial(deliver, self._consumer, envelopes, suspicious=redelivered))
            self._bury([(one.to_json(), str(one.id), self._reason(one)) for one in parked])
        self._session.acknowledge(batch[-1].delivery_tag, multiple=True)

    def _opened(self, messages: Iterable[Any]) -> list[Envelope]:
        """What the messages say, but for those that were never sealed here: whoever can publish is not believed."""
        envelopes, bad = [], []
        for message in messages:
            try:
                envelopes.append(from_json(message.body))
            except Malformed as error:
                bad.append((_bytes(message.body), str(message.properties.get("message_id", "")), str(error)))
        genuine = self._patiently(partial(sealed_here, envelopes))
        judged = list(zip(envelopes, genuine, strict=True))
        bad += [(one.to_json(), str(one.id), "never sealed here") for one, true in judged if not true]
        self._bury(bad)
        return [one for one, true in judged if true]

    def _patiently(self, call: Callable[[], Result]) -> Result:
        """What the call returns, once what it needs is there. Raises `Unavailable` when asked to stop before that."""
        backoff = FIRST_BACKOFF
        while True:
            try:
                return call()
            except (Unavailable, OperationalError, InterfaceError) as error:
                log.warning("consumer_holds", consumer=self._consumer.name, seconds=backoff, error=str(error))
            forget_connections()
            self._hold(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF)

    def _hold(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._stopped():
                raise Unavailable("asked to stop")
            self._session.receive(min(left, 0.1))
            self._session.beat()

    def _bury(self, letters: Sequence[tuple[bytes, str, str]]) -> None:
        """Safe among the dead letters before it is acknowledged. (The broker's own way there waits for no confirm, and
        takes no reason along.)"""
        if not letters:
            return
        broker, name = self._session.broker, self._consumer.name
        self._session.publish([to_the_dead(broker, name, *letter) for letter in letters])
        for _body, event_id, reason in letters:
            log.error("dead_letter", consumer=name, id=event_id, reason=reason)

    def _reason(self, envelope: Envelope) -> str:
        found = InboxItem.objects.filter(consumer=self._consumer.name, event_id=envelope.id).values_list("reason")
        return str(found[0][0])


def _bytes(body: bytes | str) -> bytes:
    return body if isinstance(body, bytes) else body.encode()
