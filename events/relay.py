"""Publishing sealed events, lane by lane, in order. Any number of relays may run: each lane is one's at a time."""

from __future__ import annotations

import select
from collections.abc import Callable
from contextlib import suppress

import structlog
from django.db import DatabaseError, OperationalError, connection, transaction

from events.inbox import Unavailable
from events.models import Lane, Seal
from events.sealing import LANES, envelopes_of, seal
from events.transport import Transport
from events.waiting import FIRST_BACKOFF, LONGEST_BACKOFF, pause

BATCH = 500
LONGEST_SLEEP = 1.0  # seconds; a bell that nobody heard is made up for after this
log = structlog.get_logger(__name__)


def run(transport: Transport, *, stopped: Callable[[], bool]) -> None:
    """Seal and publish until `stopped()`; what is down is tried again, later and later."""
    backoff = FIRST_BACKOFF
    while not stopped():
        try:
            ensure_lanes()
            while not stopped():
                busy = step(transport)
                transport.idle()
                if not busy:
                    _sleep(stopped)
                backoff = FIRST_BACKOFF
        except (Unavailable, DatabaseError) as error:
            log.warning("relay_waits", seconds=backoff, error=str(error))
            with suppress(DatabaseError):
                connection.close()
            pause(backoff, stopped)
            backoff = min(backoff * 2, LONGEST_BACKOFF)
    transport.close()
    connection.close()


def drain(transport: Transport) -> int:
    """Seal and publish what there is now; how many events were published. Raises `Unavailable`."""
    ensure_lanes()
    total = 0
    while done := step(transport):
        total += done
    transport.idle()
    return total


def step(transport: Transport) -> int:
    """Seal one batch and publish one of what waits in free lanes; how many events were sealed or published."""
    return seal() + _publish(transport)


def _publish(transport: Transport) -> int:
    """All free lanes together: waiting for the transport's word once is what takes the time."""
    with transaction.atomic():
        positions = _take_lanes()
        if not positions:
            return 0
        seals = list(Seal.objects.filter(position__in=positions).select_related("event").order_by("position"))
        transport.publish(envelopes_of(seals))
        for lane, position in {seal.lane: seal.position for seal in seals}.items():
            Lane.objects.filter(lane=lane).update(position=position)
        return len(seals)


def _take_lanes() -> list[int]:
    """Lock the lanes in which something waits and at which nobody is; what comes next in each, `BATCH` in all."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT lane, position FROM events_lane AS l
               WHERE EXISTS (SELECT FROM events_seal AS s WHERE s.lane = l.lane AND s.position > l.position)
               FOR NO KEY UPDATE SKIP LOCKED"""
        )
        taken = cursor.fetchall()
        if not taken:
            return []
        cursor.execute(
            """SELECT s.position FROM unnest(%s::int[], %s::bigint[]) AS l (lane, position)
               CROSS JOIN LATERAL (
                   SELECT position FROM events_seal WHERE lane = l.lane AND position > l.position
                   ORDER BY position LIMIT %s) AS s""",
            [[lane for lane, _ in taken], [position for _, position in taken], max(BATCH // len(taken), 1)],
        )
        return [row[0] for row in cursor.fetchall()]


def ensure_lanes() -> None:
    """Lanes that were never used begin at the beginning."""
    Lane.objects.bulk_create([Lane(lane=lane) for lane in range(LANES)], ignore_conflicts=True)


def _sleep(stopped: Callable[[], bool]) -> None:
    """Wait for the bell, holding the lock that makes `events_record` ring it (events/migrations/record_v2.sql)."""
    with connection.cursor() as cursor:
        cursor.execute("LISTEN events")
        cursor.execute("SELECT pg_try_advisory_lock(events_bell())")
        alone = bool(cursor.fetchone()[0])
        try:
            cursor.execute("SELECT EXISTS (SELECT FROM events_unsealed)")
            if not cursor.fetchone()[0] and not stopped():
                # Somebody is recording, or another relay sleeps with the lock: look again soon, not at once.
                _await_bell(LONGEST_SLEEP if alone else 0.05)
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(events_bell())")


def _await_bell(seconds: float) -> None:
    """Return at a NOTIFY or after `seconds`."""
    raw = connection.connection
    if raw is None:
        raise OperationalError("the connection is gone")
    raw.poll()
    if not raw.notifies:
        select.select([raw], [], [], seconds)
        raw.poll()
    raw.notifies.clear()
