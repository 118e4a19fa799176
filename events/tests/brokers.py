"""A real RabbitMQ, on which each test has an exchange and queues of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from core.ids import uuid7
from events.broker import Broker
from events.inbox import Unavailable
from events.tests.bad_line import BadLine

URL = os.environ.get("BROKER_URL") or "amqp://guest:guest@127.0.0.1:5672//"
CONSUMERS = ("diary", "documents", "couchdb", "notifications")


@pytest.fixture(scope="session")
def rabbitmq() -> str:
    """Where it is. Absent, the tests that need it are skipped, but for where everything has to be tried."""
    try:
        with Broker(URL, "probe").session():
            return URL
    except Unavailable as error:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"no RabbitMQ at {URL}: start one, or say where it is with BROKER_URL ({error})")


@pytest.fixture
def broker(rabbitmq: str) -> Iterator[Broker]:
    """One that nobody else uses."""
    broker = Broker(rabbitmq, f"test_{uuid7().hex}_exchange")
    yield broker
    with broker.session() as session:
        for consumer in CONSUMERS:
            session.channel.queue_delete(broker.queue(consumer))
            session.channel.queue_delete(broker.dead_queue(consumer))
        session.channel.exchange_delete(broker.exchange)
        session.channel.exchange_delete(broker.dead_exchange)


@pytest.fixture
def line(broker: Broker) -> Iterator[BadLine]:
    """A way to the broker that can be cut."""
    there = urlsplit(broker.url)
    line = BadLine((there.hostname or "127.0.0.1", there.port or 5672))
    yield line
    line.close()


@pytest.fixture
def behind_the_line(broker: Broker, line: BadLine) -> Broker:
    """The same broker, by that way."""
    there = urlsplit(broker.url)
    login = there.netloc.rpartition("@")[0]
    return Broker(there._replace(netloc=f"{login}@127.0.0.1:{line.port}").geturl(), broker.exchange)
