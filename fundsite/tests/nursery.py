"""A part of the events' way in processes that are killed again and again, each followed by the next.

    python -m fundsite.tests.nursery relay|documents

SIGKILL after a random moment of life, `DEATHS` times or until SIGTERM, which asks the last one to end well. What it
handles, `documents` also writes into the table `crash_tally`, which has no key: whatever is done twice is there twice.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence

import django

DEATHS = 12
SHORTEST_LIFE, LONGEST_LIFE = 0.4, 1.2  # seconds


def main(role: str) -> int:
    django.setup()
    live = _lives()[role]
    ended = _told(signal.SIGTERM)
    deaths = 0
    while True:
        child = os.fork()
        if not child:
            live(ended)
            os._exit(0)
        until = time.monotonic() + (random.uniform(SHORTEST_LIFE, LONGEST_LIFE) if deaths < DEATHS else 3600)
        while not ended() and time.monotonic() < until:
            time.sleep(0.01)
        if ended():
            break
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        deaths += 1
    os.kill(child, signal.SIGTERM)
    print(f"deaths: {deaths}", flush=True)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _told(number: signal.Signals) -> Callable[[], bool]:
    told: list[int] = []
    signal.signal(number, lambda *_: told.append(1))
    return lambda: bool(told)


def _lives() -> dict[str, Callable[[Callable[[], bool]], None]]:
    from django.db import connection  # noqa: PLC0415 - once Django is set up

    from events.broker import BrokerTransport  # noqa: PLC0415
    from events.consumers.documents import Documents  # noqa: PLC0415
    from events.envelope import Envelope  # noqa: PLC0415
    from events.receiver import run_consumer  # noqa: PLC0415
    from events.relay import run  # noqa: PLC0415
    from fundsite import pipeline  # noqa: PLC0415

    class Tallied(Documents):
        def handle(self, envelopes: Sequence[Envelope]) -> None:
            super().handle(envelopes)
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO crash_tally (event_id) VALUES (%s)", [[str(one.id)] for one in envelopes]
                )

    broker = pipeline.broker()
    assert broker
    return {
        "relay": lambda ended: run(BrokerTransport(broker, ["documents"]), stopped=ended),
        "documents": lambda ended: run_consumer(Tallied(), broker, stopped=ended),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fundsite.settings")
    sys.exit(main(sys.argv[1]))
