"""Making the transfers that are due, each date once, whoever else is at it and however often.

A date is run in one transaction under the lock of its schedule: the transfer, the row that says so (unique per date)
and the next date are there together or not at all.
"""

from __future__ import annotations

import heapq
import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from banking.models import RunOutcome, ScheduledRun, ScheduledTransfer, ScheduleState
from banking.services.schedules import due_after, told
from banking.services.transfers import transfer
from core.errors import DomainError
from core.periods import today_in, zone_of
from events.services import record

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Report:
    """How many dates were `made`, `skipped` by a refusal (recorded, with its code), or `failed`: to be tried again."""

    made: int = 0
    skipped: int = 0
    failed: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def run_due(*, today: date | None = None, now: datetime | None = None) -> Report:
    """Make every transfer due by `today`, dates that were missed as well, the earliest first.

    Without `today`, each client's own: the day that it is at `now` in their time zone.
    """
    now = now or timezone.now()
    report = Report()
    waiting = _due_schedules(today, now)
    heapq.heapify(waiting)
    while waiting:
        _due, schedule_id = heapq.heappop(waiting)
        try:
            outcome, following = _run_one(schedule_id, today, now)
        except DatabaseError:
            log.exception("scheduled_transfer_failed", schedule_id=str(schedule_id))
            report.failed += 1
            continue
        if outcome is RunOutcome.MADE:
            report.made += 1
        elif outcome is RunOutcome.SKIPPED:
            report.skipped += 1
        if following:
            heapq.heappush(waiting, (following, schedule_id))
    return report


def _due_schedules(today: date | None, now: datetime) -> list[tuple[date, uuid.UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.next_due, s.id FROM banking_scheduledtransfer s JOIN accounts_client c ON c.id = s.client_id
               WHERE s.state = 'active'
                 AND s.next_due <= coalesce(%s::date, (%s::timestamptz AT TIME ZONE c.time_zone)::date)""",
            [today, now],
        )
        return [(due, schedule_id) for due, schedule_id in cursor.fetchall()]


def _run_one(schedule_id: uuid.UUID, today: date | None, now: datetime) -> tuple[RunOutcome | None, date | None]:
    """Run a schedule's next date if it has come, and say what became of it and which is due after it already."""
    with transaction.atomic():
        schedule = (
            ScheduledTransfer.objects.select_for_update(of=("self",), no_key=True)
            .select_related("client", "source", "target")
            .get(pk=schedule_id)
        )
        last = today or today_in(zone_of(schedule.client.time_zone), now)
        due = schedule.next_due
        if schedule.state != ScheduleState.ACTIVE or due is None or due > last:
            return None, None  # somebody else was faster
        outcome = _make(schedule, due)
        following = due_after(schedule, due)
        ScheduledTransfer.objects.filter(pk=schedule_id).update(
            next_due=following, state=ScheduleState.ACTIVE if following else ScheduleState.FINISHED
        )
    return outcome, following if following and following <= last else None


def _make(schedule: ScheduledTransfer, due: date) -> RunOutcome:
    try:
        receipt = transfer(
            client_id=schedule.client_id,
            source=schedule.source.number,
            target=schedule.target.number,
            amount=schedule.amount,
            memo=schedule.memo,
            actor_id=schedule.created_by,
            idempotency_key=f"schedule {schedule.pk} {due}",  # with blanks, which no key of a request has
        )
    except DomainError as refusal:
        ScheduledRun.objects.create(
            schedule=schedule, due_on=due, outcome=RunOutcome.SKIPPED, reason=refusal.code, ran_at=timezone.now()
        )
        told_of_it = told(schedule, schedule.source.number, schedule.target.number)
        payload = {**told_of_it, "due_on": due, "reason": refusal.code}
        record("banking.scheduled_transfer_skipped", payload, actor_id=None)
        return RunOutcome.SKIPPED
    ScheduledRun.objects.create(
        schedule=schedule,
        due_on=due,
        outcome=RunOutcome.MADE,
        transaction_id=receipt.transaction_id,
        ran_at=timezone.now(),
    )
    return RunOutcome.MADE
