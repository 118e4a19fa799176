"""What the tests do with a broker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from core.tests.threads import PATIENCE
from events.broker import Broker, BrokerTransport
from events.receiver import run_consumer
from events.relay import drain
from events.tests.diary import Diary


def consume(diary: Diary, broker: Broker) -> None:
    """Until its queue is empty."""
    run_consumer(diary, broker, stopped=lambda: False, once=True)


def publish(broker: Broker) -> int:
    transport = BrokerTransport(broker, ["diary"])
    try:
        return drain(transport)
    finally:
        transport.close()


@contextmanager
def running(call: Callable[[Callable[[], bool]], None]) -> Iterator[None]:
    """In a thread that is asked to stop at the end, and must."""
    stop = threading.Event()

    def work() -> None:
        call(stop.is_set)
        connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def dead(broker: Broker) -> list[tuple[bytes, dict[str, str]]]:
    found = []
    with broker.session() as session:
        while message := session.take(broker.dead_queue("diary")):
            found.append((message.body, message.headers))
        session.drop()
    return found


def waiting(broker: Broker) -> int:
    with broker.session() as session:
        return session.waiting(broker.queue("diary"))
