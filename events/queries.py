"""How the events' way stands: what waits to be sealed, to be published, to be handled, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """One lane of publishing: up to which position it is published, and what waits since when."""

    lane: int
    published: int
    waiting: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class ConsumerStatus:
    """One consumer.

    `position`: everything up to there is handled (or parked). `behind`: sealed events that it has not handled, and
    `behind_seconds` the age of the first of them. `failed` events are being retried, `parked` ones wait for somebody.
    `handled_at`: when it handled something last.
    """

    name: str
    position: int
    behind: int
    behind_seconds: float
    failed: int
    parked: int
    handled_at: datetime | None


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """All of it, as of `at`. Seconds are ages of the oldest event that waits; 0 where none does."""

    at: datetime
    unsealed: int
    unsealed_seconds: float
    sealed: int
    sealed_at: datetime | None
    lanes: tuple[LaneStatus, ...]
    consumers: tuple[ConsumerStatus, ...]

    @property
    def unpublished(self) -> int:
        return sum(lane.waiting for lane in self.lanes)

    @property
    def unpublished_seconds(self) -> float:
        return max((lane.oldest_seconds for lane in self.lanes), default=0.0)

    @property
    def parked(self) -> int:
        return sum(consumer.parked for consumer in self.consumers)

    def as_dict(self) -> dict[str, object]:
        """For JSON: moments are ISO 8601."""
        found = asdict(self)
        found |= {"unpublished": self.unpublished, "unpublished_seconds": self.unpublished_seconds}
        found |= {"at": self.at.isoformat(), "sealed_at": _iso(self.sealed_at)}
        found["consumers"] = [{**asdict(one), "handled_at": _iso(one.handled_at)} for one in self.consumers]
        return found


_SEALING = """
    SELECT clock_timestamp(), (SELECT count(*) FROM events_unsealed),
           coalesce(extract(epoch FROM clock_timestamp() - (
               SELECT recorded_at FROM events_event WHERE seq = (SELECT min(seq) FROM events_unsealed))), 0)::float8,
           coalesce(last.position, 0), last.sealed_at
    FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
        SELECT position, sealed_at FROM events_seal ORDER BY position DESC LIMIT 1) AS last ON true"""

_LANES = """
    SELECT l.lane, l.position, waiting.number,
           coalesce(extract(epoch FROM clock_timestamp() - oldest.recorded_at), 0)::float8
    FROM events_lane AS l
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, min(position) AS first FROM events_seal
        WHERE lane = l.lane AND position > l.position) AS waiting
    LEFT JOIN LATERAL (
        SELECT e.recorded_at FROM events_seal AS s JOIN events_event AS e ON e.seq = s.event_id
        WHERE s.position = waiting.first) AS oldest ON true
    ORDER BY l.lane"""

# A first attempt that is under way, or that an outage has taken back, is no failure.
# Positions have no gaps, so what is handled beyond the note is counted, and what is not follows by subtraction.
_CONSUMERS = """
    WITH known AS (
        SELECT name, coalesce(p.position, 0) AS noted, p.updated_at
        FROM (SELECT unnest(%s::text[]) AS name UNION SELECT consumer FROM events_progress) AS names
        LEFT JOIN events_progress AS p ON p.consumer = name
    ), sealed AS (SELECT coalesce(max(position), 0) AS last FROM events_seal)
    SELECT k.name, k.noted + beyond.without_gap, sealed.last - k.noted - beyond.handled,
           CASE WHEN sealed.last > k.noted + beyond.handled
                THEN coalesce(extract(epoch FROM clock_timestamp() - first.recorded_at), 0)::float8 ELSE 0::float8 END,
           trouble.failed, trouble.parked, coalesce(latest.updated_at, k.updated_at)
    FROM known AS k CROSS JOIN sealed
    CROSS JOIN LATERAL (
        SELECT count(*) AS handled, count(*) FILTER (WHERE position = k.noted + place) AS without_gap
        FROM (SELECT position, row_number() OVER (ORDER BY position) AS place FROM events_inboxitem
              WHERE consumer = k.name AND position > k.noted AND state <> 'failed') AS numbered) AS beyond
    LEFT JOIN LATERAL (
        SELECT e.recorded_at FROM events_seal AS s JOIN events_event AS e ON e.seq = s.event_id
        WHERE s.position = k.noted + beyond.without_gap + 1) AS first ON true
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'failed' AND (attempts > 1 OR reason <> '')) AS failed,
               count(*) FILTER (WHERE state = 'parked') AS parked
        FROM events_inboxitem WHERE consumer = k.name AND state <> 'done') AS trouble
    LEFT JOIN LATERAL (
        SELECT updated_at FROM events_inboxitem
        WHERE consumer = k.name ORDER BY position DESC LIMIT 1) AS latest ON true
    ORDER BY k.name"""


def pipeline_status(consumers: Iterable[str] = ()) -> PipelineStatus:
    """The state now. `consumers`: names that are listed even if they have not handled anything yet.

    Costs by what waits, not by what there is. Nothing is locked, so the parts may be a moment apart.
    """
    at, unsealed, unsealed_seconds, sealed, sealed_at = _rows(_SEALING)[0]
    return PipelineStatus(
        at=at,
        unsealed=unsealed,
        unsealed_seconds=unsealed_seconds,
        sealed=sealed,
        sealed_at=sealed_at,
        lanes=tuple(LaneStatus(*row) for row in _rows(_LANES)),
        consumers=tuple(ConsumerStatus(*row) for row in _rows(_CONSUMERS, [sorted(set(consumers))])),
    )


def _rows(statement: str, parameters: Sequence[list[str]] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
