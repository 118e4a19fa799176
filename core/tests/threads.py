"""Real threads, each with a connection of its own, let go at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing

import psycopg2
from django.db import connection

PATIENCE = 30  # seconds; a test that takes longer hangs


def in_parallel(calls: Sequence[Callable[[], object]]) -> list[object]:
    """What each call returned, or the exception it raised, in the order of `calls`."""
    outcomes: list[object] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(place: int) -> None:
        try:
            connection.ensure_connection()
            start.wait(PATIENCE)
            outcomes[place] = calls[place]()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for somebody who waits"
    return outcomes


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Return once it holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.02)


class Background:
    """One call in a thread of its own, under way while the test goes on; `backend` is its server process."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.outcome: object = None
        self.backend = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    def _run(self, call: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            self.backend = connection.connection.info.backend_pid
            self._ready.set()
            self.outcome = call()
        except Exception as error:
            self.outcome = error
        finally:
            connection.close()

    def wait_until_blocked(self) -> None:
        """Returns once the call waits for a lock that somebody else holds."""
        if not self._blocked_before_it_ended():
            raise AssertionError(f"never had to wait, ended with {self.outcome!r}")

    def wait_until_settled(self) -> None:
        """Returns once the call waits for a lock, or has ended."""
        self._blocked_before_it_ended()

    def _blocked_before_it_ended(self) -> bool:
        deadline = time.monotonic() + PATIENCE
        with connection.cursor() as cursor:
            while self._thread.is_alive() and time.monotonic() < deadline:
                cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self.backend])
                if cursor.fetchone()[0]:
                    return True
                time.sleep(0.005)
        return False

    def result(self) -> object:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self.outcome


def other_session() -> psycopg2.extensions.connection:
    """A plain connection to the same database, in a transaction of its own; close it."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    return psycopg2.connect(**parameters)


def held_back(lock: str, arguments: Sequence[object], calls: Sequence[Callable[[], object]]) -> list[object]:
    """The worst moment, made on purpose: while `lock` is held by another session, start the calls one by one and let
    each run until it waits or ends; then let all go. Returns what they returned or raised."""
    with closing(other_session()) as session:
        session.cursor().execute(lock, arguments)
        started = []
        for call in calls:
            started.append(Background(call))
            started[-1].wait_until_settled()
        session.rollback()
    return [one.result() for one in started]
