"""Reads that bear being a moment old, answered by a streaming replica when it is near enough.

Whoever has just written something reads the primary until the replica has replayed that (`wrote`). What authorises
money never comes here: it is decided in the primary, under its locks.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import TypeVar

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connection, connections
from django.db.models import Model

ALIAS = "replica"
SAMPLE_SECONDS = 0.25  # how old a look at both servers may be
STALE_SECONDS = 1.0  # a look older than this is not gone by
RETRY_SECONDS = 5.0  # how long a replica that failed is left alone
REMEMBERED_SECONDS = 300  # a replica further behind than this is not used at all
log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")


class Source(StrEnum):
    """Where a read was answered, and if by the primary although there is a replica, why."""

    REPLICA = "replica"
    STICKY = "primary_after_own_write"
    LAGGING = "primary_replica_lags"
    DOWN = "primary_replica_down"


reads: Counter[Source] = Counter()  # of this process, for whoever watches
_alias: ContextVar[str] = ContextVar("read_alias", default=DEFAULT_DB_ALIAS)
_last_source: ContextVar[Source | None] = ContextVar("read_source", default=None)


def configured() -> bool:
    return ALIAS in settings.DATABASES


def alias() -> str:
    """The database that the read under way asks; for raw cursors (`connections[alias()]`). Models ask the router."""
    return _alias.get()


def last_source() -> Source | None:
    """Where this request's last read of this kind was answered; for the access log."""
    return _last_source.get()


def forget_source() -> None:
    """A new request begins."""
    _last_source.set(None)


def read(query: Callable[[], Answer], *, reader: object = None) -> Answer:
    """The answer of `query`, which reads and does not write, and evaluates what it returns.

    From the replica if there is one, it is near enough, and it has what `reader` (a user's id) wrote last. A replica
    that fails under way costs a second attempt, at the primary.
    """
    if not configured() or connection.in_atomic_block:
        return query()
    source = _choose(reader)
    if source is Source.REPLICA:
        try:
            with pinned(ALIAS):
                answer = query()
        except (OperationalError, InterfaceError) as error:
            _monitor.failed(error)
            source = Source.DOWN
        else:
            _count(source)
            return answer
    _count(source)
    return query()


@contextmanager
def pinned(database: str) -> Iterator[None]:
    """Go on reading where a read began; for rows that are sent while they are read."""
    token = _alias.set(database)
    try:
        yield
    finally:
        _alias.reset(token)


def wrote(reader: object) -> None:
    """Remember that everything up to now belongs to what `reader` has to see. Costs nothing without a replica."""
    if configured():
        cache.set(_key(reader), _lsn("pg_current_wal_insert_lsn()", DEFAULT_DB_ALIAS), REMEMBERED_SECONDS)


class ReplicaRouter:
    """Lets models follow `read`; nothing is ever written to the replica or migrated in it."""

    def db_for_read(self, model: type[Model], **hints: object) -> str:
        return alias()

    def db_for_write(self, model: type[Model], **hints: object) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, first: Model, second: Model, **hints: object) -> bool | None:
        return True if {first._state.db, second._state.db} == {ALIAS, DEFAULT_DB_ALIAS} else None

    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool | None:
        return False if db == ALIAS else None


class Monitor:
    """What this process knows of the replica: how far it has replayed, and how long ago the primary was there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sampled_at = self._leave_alone_until = float("-inf")
        self._replayed = -1
        self._primary: deque[tuple[float, int]] = deque()

    def state(self) -> tuple[int, float] | None:
        """Position replayed and lag in seconds (infinite while it cannot be told); None while the replica is down."""
        if time.monotonic() < self._leave_alone_until:
            return None
        # One thread looks; the others go by what was seen last, unless that is long ago.
        if self._age() >= SAMPLE_SECONDS and self._lock.acquire(blocking=self._age() >= STALE_SECONDS):
            try:
                if self._age() >= SAMPLE_SECONDS:
                    self._sample()
            except DatabaseError as error:
                self.failed(error)
                return None
            finally:
                self._lock.release()
        return self._replayed, self._lag(time.monotonic())

    def _age(self) -> float:
        return time.monotonic() - self._sampled_at

    def failed(self, error: Exception) -> None:
        self._leave_alone_until = time.monotonic() + RETRY_SECONDS
        log.warning("replica_down", error=" ".join(str(error).split()), seconds=RETRY_SECONDS)
        connections[ALIAS].close()

    def _sample(self) -> None:
        primary = _lsn("pg_current_wal_lsn()", DEFAULT_DB_ALIAS)
        now = time.monotonic()
        self._replayed = _lsn("pg_last_wal_replay_lsn()", ALIAS)
        if not self._primary or self._primary[-1][1] < primary:
            self._primary.append((now, primary))
        else:  # still there: it has been so until now
            self._primary[-1] = (now, primary)
        while len(self._primary) > 1 and (self._primary[1][1] <= self._replayed or self._too_old(now)):
            self._primary.popleft()
        self._sampled_at = now

    def _too_old(self, now: float) -> bool:
        return self._primary[0][0] < now - REMEMBERED_SECONDS

    def _lag(self, now: float) -> float:
        """Seconds since the primary was where the replica is now, as far as the samples tell."""
        samples = list(self._primary)
        if not samples or self._replayed < samples[0][1]:
            return float("inf")
        return 0.0 if self._replayed >= samples[-1][1] else now - samples[0][0]


_monitor = Monitor()


def _choose(reader: object) -> Source:
    state = _monitor.state()
    if state is None:
        return Source.DOWN
    replayed, lag = state
    if lag > settings.REPLICA_MAX_LAG:
        return Source.LAGGING
    needed = cache.get(_key(reader)) if reader is not None else None
    return Source.STICKY if needed is not None and needed > replayed else Source.REPLICA


def _count(source: Source) -> None:
    reads[source] += 1
    _last_source.set(source)


def _key(reader: object) -> str:
    return f"replica:{reader}"


def _lsn(function: str, database: str) -> int:
    """A position in the write-ahead log as a number of bytes."""
    with connections[database].cursor() as cursor:
        cursor.execute(f"SELECT pg_wal_lsn_diff({function}, '0/0')::bigint")
        row = cursor.fetchone()
    if row is None or row[0] is None:
        raise OperationalError("the replica is not replaying")
    return int(row[0])
