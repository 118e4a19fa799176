"""Publishing sealed events, lane by lane, in order. Any number of relays may run: each lane is one's at a time."""

from __future__ import annotations

import select
from collections.abc import Callable
from contextlib import suppress

import structlog
from django.db import Error, OperationalError, connection, transaction
from django.db.models import Exists

from events.inbox import Unavailable
from events.models import Lane, Seal
from events.sealing import LANES, envelopes_of, seal
from events.transport import Transport
from events.waiting import FIRST_BACKOFF, LONGEST_BACKOFF, pause

BATCH = 500
LANE_LOCKS = 7203003  # advisory locks, each with the number of a lane
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
        except (Unavailable, Error) as error:
            log.warning("relay_waits", seconds=backoff, error=str(error))
            with suppress(Error):
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
    """All free lanes together: waiting for the transport's word once is what takes the time.

    Outside of any transaction: consumers that are fed by the transport itself have ones of their own, in which they
    note an attempt before they make it.
    """
    lanes = _take_lanes()
    if not lanes:
        return 0
    try:
        seals = _next_of(lanes)
        transport.publish(envelopes_of(seals))
        with transaction.atomic():
            for lane, last in {seal.lane: seal for seal in seals}.items():
                # Unless a restore has put another chain in the place of this one meanwhile.
                still = Seal.objects.filter(position=last.position, hash=last.hash)
                Lane.objects.filter(Exists(still), lane=lane, position__lt=last.position).update(position=last.position)
        return len(seals)
    finally:
        _leave(lanes)


def _take_lanes() -> list[int]:
    """Lock the lanes in which something waits and at which nobody is. The locks end with the connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH waiting AS MATERIALIZED (
                   SELECT lane FROM events_lane AS l
                   WHERE EXISTS (SELECT FROM events_seal AS s WHERE s.lane = l.lane AND s.position > l.position))
               SELECT lane FROM waiting WHERE pg_try_advisory_lock(%s, lane)""",
            [LANE_LOCKS],
        )
        return [row[0] for row in cursor.fetchall()]


def _next_of(lanes: list[int]) -> list[Seal]:
    """What comes next in each, `BATCH` in all, with its events and in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.position FROM events_lane AS l
               CROSS JOIN LATERAL (
                   SELECT position FROM events_seal WHERE lane = l.lane AND position > l.position
                   ORDER BY position LIMIT %s) AS s
               WHERE l.lane = ANY (%s)""",
            [max(BATCH // len(lanes), 1), lanes],
        )
        positions = [row[0] for row in cursor.fetchall()]
    return list(Seal.objects.filter(position__in=positions).select_related("event").order_by("position"))


def _leave(lanes: list[int]) -> None:
    with suppress(Error), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, lane) FROM unnest(%s::int[]) AS lane", [LANE_LOCKS, lanes])


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
