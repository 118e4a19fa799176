"""What events cost whoever records them, and how fast they travel: relay, RabbitMQ, consumer, documents in PostgreSQL.

    python -m bench.events [--calls 3000] [--events 10000] [--calm 300] [--rate 50]

RabbitMQ is that of BROKER_URL, else the one on this machine. Exits 1 when recording costs a subscription more than a
tenth.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from statistics import fmean, median, quantiles

import psycopg2

from bench import database, guards, world

os.environ.setdefault("BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//")
os.environ["EVENTS_EXCHANGE"] = f"bench_{uuid.uuid4().hex}_exchange"

from django.conf import settings
from django.db import connection, transaction

from core.ids import uuid7
from events.broker import BrokerTransport
from events.consumers.documents import Documents
from events.documents.models import AuditLog
from events.models import Event
from events.receiver import run_consumer
from events.relay import drain
from events.services import record
from fundsite import pipeline

settings.BROKER_URL, settings.EVENTS_EXCHANGE = os.environ["BROKER_URL"], os.environ["EVENTS_EXCHANGE"]
MOST = 1.10
TOGETHER = 10  # events per transaction, where only their number counts


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=3000, help="subscriptions with event, and as many without")
    options.add_argument("--events", type=int, default=10_000, help="per measurement of speed")
    options.add_argument("--calm", type=int, default=300, help="events one after the other")
    options.add_argument("--rate", type=int, default=50, help="events per second, for ten seconds")
    asked = options.parse_args()
    with database.fresh():
        here = world.make()
        print(database.conditions())
        dear = recording(here, asked.calls)
        try:
            speeds(asked.events)
            latencies(asked.calm, asked.rate)
        finally:
            forget_queues()
    return 1 if dear else 0


def recording(here: world.World, calls: int) -> bool:
    """Whether recording costs more than it may.

    Two sessions call by turns; to one of them, `events_record` is a function of another schema, that does nothing.
    """
    with closing(session("public")) as recorded, closing(session("bare, public")) as bare:
        define_nothing(recorded)
        both = {"with": recorded, "without": bare}
        for one in both.values():
            subscribe(one, here, 100)
        ticks = {name: guards.processor_ticks(one.info.backend_pid) or 0 for name, one in both.items()}
        took: dict[str, list[float]] = {name: [] for name in both}
        for number in range(calls):
            for name in sorted(both, reverse=bool(number % 2)):
                took[name].append(timed(partial(subscribe, both[name], here)))
        each = os.sysconf("SC_CLK_TCK") * calls / 1e6
        found = {
            "median": {name: median(took[name]) * 1e6 for name in both},
            "mean": {name: fmean(took[name]) * 1e6 for name in both},
            "server's processor": {
                name: ((guards.processor_ticks(one.info.backend_pid) or 0) - ticks[name]) / each
                for name, one in both.items()
            },
        }
    print(f"\n| subscribing, {calls} calls each | with event, µs | without | cost |\n|{'---|' * 4}")
    for name, pair in found.items():
        cost = pair["with"] / pair["without"] - 1 if pair["without"] else 0.0
        print(f"| {name} | {pair['with']:.0f} | {pair['without']:.0f} | {cost:+.1%} |")
    return found["median"]["with"] > MOST * found["median"]["without"]


def session(search_path: str) -> psycopg2.extensions.connection:
    found = psycopg2.connect(os.environ["DATABASE_URL"], options=f"-c search_path={search_path.replace(' ', '')}")
    found.autocommit = True
    return found


def define_nothing(one: psycopg2.extensions.connection) -> None:
    with one.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('events_record'::regproc)")
        real = cursor.fetchone()[0]
        head = real[: real.index("AS $function$")].replace("public.", "bare.", 1)
        cursor.execute(f"CREATE SCHEMA bare; {head} AS 'BEGIN END'")


def subscribe(one: psycopg2.extensions.connection, here: world.World, times: int = 1) -> None:
    with one.cursor() as cursor:
        for _ in range(times):
            cursor.execute(here.subscribe_sql)


def speeds(number: int) -> None:
    broker = pipeline.broker()
    assert broker
    transport = BrokerTransport(broker, pipeline.consumer_names())
    drain(transport)
    run_consumer(Documents(), broker, stopped=lambda: False, once=True)
    print(f"\n| {number} events | per second |\n|---|---|")
    print(f"| recorded, {TOGETHER} per transaction | {number / timed(lambda: happen(number)):.0f} |")
    print(f"| sealed and published by one relay | {number / timed(lambda: drain(transport)):.0f} |")
    archive = timed(lambda: run_consumer(Documents(), broker, stopped=lambda: False, once=True))
    print(f"| archived by the consumer | {number / archive:.0f} |")
    transport.close()
    with processes():
        wait_for_archive()
        print(f"| recorded, relayed and archived at once | {number / timed(lambda: through(number)):.0f} |")


def through(number: int) -> None:
    happen(number)
    wait_for_archive()


def latencies(calm: int, rate: int) -> None:
    print(f"\n| from commit to document | p50 ms | p99 ms |\n|{'---|' * 3}")
    with processes():
        happen(TOGETHER)
        wait_for_archive()
        show("one after the other", [one_after_the_other() for _ in range(calm)])
        show(f"{rate} per second", at_a_rate(rate, rate * 10))


def show(name: str, seconds: list[float]) -> None:
    cuts = quantiles(seconds, n=100)
    print(f"| {name} | {cuts[49] * 1000:.1f} | {cuts[98] * 1000:.1f} |")


def one_after_the_other() -> float:
    event_id, committed = sign_in(), time.perf_counter()
    while not AuditLog.objects.filter(pk=event_id).exists():
        time.sleep(0.0005)
    return time.perf_counter() - committed


def at_a_rate(rate: int, number: int) -> list[float]:
    committed: dict[uuid.UUID, float] = {}
    last = AuditLog.objects.order_by("-position").values_list("position", flat=True)[0]

    def happen_steadily() -> None:
        begin = time.perf_counter()
        for place in range(number):
            time.sleep(max(begin + place / rate - time.perf_counter(), 0))
            event_id = sign_in()
            committed[event_id] = time.perf_counter()
        connection.close()

    thread = threading.Thread(target=happen_steadily)
    thread.start()
    seen: dict[uuid.UUID, float] = {}
    while len(seen) < number:
        new = list(AuditLog.objects.filter(position__gt=last).values_list("pk", flat=True))
        now = time.perf_counter()
        for event_id in new:
            seen.setdefault(event_id, now)
        time.sleep(0.001)
    thread.join()
    # One that is in the documents before the thread that recorded it has looked at the clock took no time at all.
    return [max(seen[event_id] - moment, 0.0) for event_id, moment in committed.items()]


def happen(number: int) -> None:
    for _ in range(number // TOGETHER):
        with transaction.atomic():
            for _ in range(TOGETHER):
                sign_in()


def sign_in() -> uuid.UUID:
    user_id = uuid7()
    return record("accounts.login_succeeded", {"user_id": user_id}, actor_id=user_id)


def wait_for_archive() -> None:
    total = Event.objects.count()
    while AuditLog.objects.count() < total:
        time.sleep(0.02)


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextmanager
def processes() -> Iterator[None]:
    """A relay and the archiving consumer, each in a process of its own."""
    started = [
        subprocess.Popen([sys.executable, "manage.py", *command], env=os.environ, stderr=subprocess.DEVNULL)
        for command in (["relay"], ["consume", "documents"])
    ]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait(30)


def forget_queues() -> None:
    broker = pipeline.broker()
    assert broker
    with broker.session() as session:
        for name in pipeline.consumer_names():
            session.channel.queue_delete(broker.queue(name))
            session.channel.queue_delete(broker.dead_queue(name))
        session.channel.exchange_delete(broker.exchange)
        session.channel.exchange_delete(broker.dead_exchange)


if __name__ == "__main__":
    sys.exit(main())
