"""RabbitMQ between the relay and the consumers: who is called what there, one connection to it, and publishing.

    sofipo_events_exchange        topic, routing key = the event's name
      └─ sofipo_events.NAME       one queue per consumer, bound to everything, one consumer of it active at a time
           └─ sofipo_events.NAME.dead    what that consumer could not take, with the reason in a header

Everything is durable and every message persistent. Whoever connects declares all of it, the relay included: nothing is
published before the queues of all consumers are there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from kombu.connection import Connection
from kombu.transport.pyamqp import Transport as RabbitMQ

from events.envelope import Envelope
from events.inbox import Unavailable

HEARTBEAT = 30  # seconds without a word after which either side takes the other for gone
CONNECT_SECONDS = 5
PATIENCE = 30  # seconds that the broker has for an answer
PERSISTENT = 2
LOST = (*RabbitMQ.connection_errors, *RabbitMQ.channel_errors)


@contextmanager
def _outages() -> Iterator[None]:
    """Whatever the broker or the way to it does to us is `Unavailable`."""
    try:
        yield
    except LOST as error:
        raise Unavailable(f"broker: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Broker:
    """Where it is (`amqp://` or `amqps://`) and what our exchange is called there."""

    url: str
    exchange: str

    SCHEMES: ClassVar = ("amqp://", "amqps://", "pyamqp://")

    def __post_init__(self) -> None:
        if not self.url.startswith(self.SCHEMES):
            raise ValueError("BROKER_URL is that of a RabbitMQ: amqp://user:password@host:5672/vhost")

    @property
    def _prefix(self) -> str:
        return self.exchange.removesuffix("_exchange")

    @property
    def dead_exchange(self) -> str:
        return f"{self._prefix}_dead_exchange"

    def queue(self, consumer: str) -> str:
        return f"{self._prefix}.{consumer}"

    def dead_queue(self, consumer: str) -> str:
        return f"{self.queue(consumer)}.dead"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that ends with the block. Raises `Unavailable`."""
        session = Session(self)
        try:
            yield session
        except BaseException:
            session.drop()
            raise
        session.close()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to `exchange` under `key`; the exchange "" is the queue called like the key."""

    exchange: str
    key: str
    body: bytes
    id: str
    headers: dict[str, str]


class Session:
    """A connection with one channel. After anything raised `Unavailable` it is of no use: `drop` it."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        with _outages():
            client = Connection(  # type: ignore[no-untyped-call]
                broker.url, heartbeat=HEARTBEAT, connect_timeout=CONNECT_SECONDS
            )
            # Not kombu's own: that one connects anew behind our back, without the channel and what is open on it.
            self._wire = client.transport.establish_connection()
            self._wire.sock.settimeout(PATIENCE)
            self.channel = self._wire.channel()
            self.channel.confirm_select()
        self._published = 0
        self._unconfirmed: dict[int, None] = {}  # numbers of messages, in their order
        self._refusal = ""
        self.channel.events["basic_ack"].add(self._on_ack)
        self.channel.events["basic_nack"].add(self._on_nack)
        self.channel.events["basic_return"].add(self._on_return)

    def declare(self, consumers: Iterable[str]) -> None:
        """See to it that the exchanges and each consumer's queues are there. Raises `Unavailable`."""
        broker, channel = self.broker, self.channel
        with _outages():
            channel.exchange_declare(broker.exchange, "topic", durable=True, auto_delete=False)
            channel.exchange_declare(broker.dead_exchange, "direct", durable=True, auto_delete=False)
            for consumer in consumers:
                name, dead = broker.queue(consumer), broker.dead_queue(consumer)
                channel.queue_declare(dead, durable=True, auto_delete=False)
                channel.queue_bind(dead, broker.dead_exchange, name)
                arguments = {
                    "x-single-active-consumer": True,
                    "x-dead-letter-exchange": broker.dead_exchange,
                    "x-dead-letter-routing-key": name,
                }
                channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
                channel.queue_bind(name, broker.exchange, "#")

    def publish(self, messages: Iterable[Outgoing]) -> None:
        """Send all, then wait until the broker has answered for each of them. Raises `Unavailable`."""
        with _outages():
            for message in messages:
                self._published += 1
                self._unconfirmed[self._published] = None
                self.channel.basic_publish(
                    self._prepared(message), exchange=message.exchange, routing_key=message.key, mandatory=True
                )
            deadline = time.monotonic() + PATIENCE
            while self._unconfirmed and not self._refusal:
                self._wire.drain_events(timeout=max(deadline - time.monotonic(), 0.001))
        if self._refusal:
            raise Unavailable(f"broker: {self._refusal}")

    def receive(self, seconds: float) -> bool:
        """Let one thing that the broker sends come in; False when nothing came. Raises `Unavailable`."""
        with _outages():
            try:
                self._wire.drain_events(timeout=seconds)
            except TimeoutError:
                return False
        return True

    def beat(self) -> None:
        """Tell the broker that we live, and see that it does; to be called now and then. Raises `Unavailable`."""
        with _outages():
            self._wire.heartbeat_tick()

    def consume(self, queue: str, callback: Callable[[Any], None], *, prefetch: int) -> None:
        """Have the messages of a queue come in, at most `prefetch` of them unacknowledged. Raises `Unavailable`."""
        with _outages():
            self.channel.basic_qos(0, prefetch, False)
            self.channel.basic_consume(queue, callback=callback)

    def acknowledge(self, delivery_tag: int, *, multiple: bool) -> None:
        """That message, and with `multiple` all before it, are in safe hands. Raises `Unavailable`."""
        with _outages():
            self.channel.basic_ack(delivery_tag, multiple=multiple)

    def take(self, queue: str) -> Any | None:
        """The next message of a queue, ours until it is acknowledged or the session ends. Raises `Unavailable`."""
        with _outages():
            return self.channel.basic_get(queue)

    def waiting(self, queue: str) -> int:
        """How many messages wait in a queue. Raises `Unavailable`."""
        with _outages():
            return int(self.channel.queue_declare(queue, passive=True).message_count)

    def close(self) -> None:
        with suppress(*LOST):
            self._wire.close()

    def drop(self) -> None:
        """Hang up without a word; what was not acknowledged goes back to its queue."""
        with suppress(*LOST):
            self._wire.collect()

    def _prepared(self, message: Outgoing) -> Any:
        return self.channel.prepare_message(
            message.body,
            content_type="application/json",
            headers=message.headers,
            properties={"delivery_mode": PERSISTENT, "message_id": message.id},
        )

    def _on_ack(self, number: int, multiple: bool) -> None:
        if not multiple:
            self._unconfirmed.pop(number, None)
            return
        for one in [one for one in self._unconfirmed if one <= number]:
            del self._unconfirmed[one]

    def _on_nack(self, number: int, multiple: bool) -> None:
        self._refusal = "it refused a message"

    def _on_return(self, error: Exception, exchange: str, key: str, message: Any) -> None:
        self._refusal = f"no queue takes {key} from {exchange or 'the default exchange'}"


def to_everybody(broker: Broker, envelope: Envelope) -> Outgoing:
    return Outgoing(broker.exchange, envelope.name, envelope.to_json(), str(envelope.id), {})


def to_one(broker: Broker, consumer: str, envelope: Envelope) -> Outgoing:
    return Outgoing("", broker.queue(consumer), envelope.to_json(), str(envelope.id), {})


def to_the_dead(broker: Broker, consumer: str, body: bytes, event_id: str, reason: str) -> Outgoing:
    headers = {"consumer": consumer, "reason": reason}
    return Outgoing(broker.dead_exchange, broker.queue(consumer), body, event_id, headers)


class BrokerTransport:
    """Publishes to the exchange. `consumers` are the names of all whose queues have to be there first."""

    def __init__(self, broker: Broker, consumers: Sequence[str]) -> None:
        self._broker = broker
        self._consumers = consumers
        self._session: Session | None = None

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        with self._dropping() as session:
            session.publish([to_everybody(self._broker, envelope) for envelope in envelopes])

    def idle(self) -> None:
        with self._dropping() as session:
            session.receive(0)
            session.beat()

    def close(self) -> None:
        if self._session:
            self._session.close()
            self._session = None

    @contextmanager
    def _dropping(self) -> Iterator[Session]:
        """The session, made if there is none; after a failure the next call makes another one."""
        try:
            if self._session is None:
                self._session = Session(self._broker)
                self._session.declare(self._consumers)
            yield self._session
        except Unavailable:
            if self._session:
                self._session.drop()
            self._session = None
            raise
