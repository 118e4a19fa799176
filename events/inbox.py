"""Handing events to a consumer so that a second delivery, a crash or a bad message does no harm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Protocol

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from events.envelope import Envelope
from events.models import InboxItem, InboxState, Progress

MOST_ATTEMPTS = 5
MOST_DEATHS = 10  # attempts that nobody lived to tell of: the process may have been killed for another reason
TOGETHER = (1000, 50, 10)  # how many may be tried at once by how often they were tried: whoever kills is closed in on
KILLED = "every attempt ended without a word: the process was killed"
REASON_LENGTH = 2000
PRUNED_AT_ONCE = 5000
log = structlog.get_logger(__name__)


class Unavailable(Exception):
    """What a consumer writes to is down: nobody's fault, so the same events are tried again until it is back."""


class Consumer(Protocol):
    """`handle` runs in a transaction of the product's database that also marks the events as done.

    What it writes elsewhere must bear being written twice. Raises `Unavailable`, or what a bad event makes it raise.
    """

    name: str

    def handle(self, envelopes: Sequence[Envelope]) -> None: ...

    def after(self) -> None:
        """What remains to be done outside that transaction: called after each batch and now and then between them."""


def deliver(consumer: Consumer, envelopes: Sequence[Envelope], *, suspicious: bool = False) -> list[Envelope]:
    """See to it that each event is done, or parked after `MOST_ATTEMPTS`, and return those parked just now.

    `suspicious`: a delivery of these ended without a word before. Attempts at them are counted first and are made at
    fewer and fewer together, lest one that kills the process do so for ever. Raises `Unavailable`.
    """
    parked: list[Envelope] = []
    for together, run in _runs(consumer.name, envelopes) if suspicious else [(True, envelopes)]:
        if not (together and _done_together(consumer, run, counted=suspicious)):
            parked += [one for one in _not_done(consumer.name, run) if not _done_or_parked(consumer, one)]
    return parked


def _runs(consumer: str, envelopes: Sequence[Envelope]) -> list[tuple[bool, list[Envelope]]]:
    """In order, in pieces that may be tried together (True) or have to be tried alone."""
    attempts = dict(
        InboxItem.objects.filter(
            consumer=consumer, state=InboxState.FAILED, event_id__in=[envelope.id for envelope in envelopes]
        ).values_list("event_id", "attempts")
    )
    ordered = sorted(envelopes, key=lambda one: one.position)
    runs = []
    for size, run in groupby(ordered, key=lambda one: _size(attempts.get(one.id, 0))):
        tried = list(run)
        runs += [(size > 1, tried[place : place + size]) for place in range(0, len(tried), size)]
    return runs


def _size(attempts: int) -> int:
    return TOGETHER[attempts] if attempts < len(TOGETHER) else 1


def _done_together(consumer: Consumer, envelopes: Sequence[Envelope], *, counted: bool) -> bool:
    """False if one of them is bad; which, has to be found out."""
    if counted:
        _count(consumer.name, envelopes)
    try:
        _handle(consumer, envelopes)
    except (Unavailable, OperationalError, InterfaceError) as error:
        if counted:
            _uncount(consumer.name, envelopes)
        raise Unavailable(str(error)) from error
    except Exception as error:
        log.warning("batch_failed", consumer=consumer.name, events=len(envelopes), error=repr(error))
        return False
    return True


def settle(consumer: Consumer) -> None:
    """What is done between batches: whatever remains of the consumer's own, and noting how far it is."""
    try:
        consumer.after()
    except (Unavailable, OperationalError, InterfaceError) as error:
        raise Unavailable(str(error)) from error
    except Exception:  # its events are done; what remains is tried again after the next batch
        log.exception("after_failed", consumer=consumer.name)
    note_progress(consumer.name)


def note_progress(consumer: str) -> None:
    """Move the note of how far a consumer is up to the first event that is neither done nor parked."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO events_progress AS noted (consumer, position, updated_at)
               SELECT %s, start.position + (
                   SELECT count(*) FILTER (WHERE position = start.position + place)
                   FROM (SELECT position, row_number() OVER (ORDER BY position) AS place FROM events_inboxitem
                         WHERE consumer = %s AND position > start.position AND state <> 'failed') AS numbered), now()
               FROM (SELECT coalesce((SELECT position FROM events_progress WHERE consumer = %s), 0)) AS start (position)
               ON CONFLICT (consumer) DO UPDATE SET position = excluded.position, updated_at = now()
               WHERE noted.position < excluded.position""",
            [consumer] * 3,
        )


def prune(*, before: datetime) -> int:
    """Forget what was done before that moment, as far as every event up to there is handled; how many rows went.

    What failed or is parked stays, and so does the note of how far each consumer is.
    """
    count = 0
    for consumer, position in Progress.objects.values_list("consumer", "position"):
        old = InboxItem.objects.filter(
            consumer=consumer, position__lte=position, state=InboxState.DONE, updated_at__lt=before
        )
        while gone := InboxItem.objects.filter(pk__in=old.values("pk")[:PRUNED_AT_ONCE]).delete()[0]:
            count += gone
    return count


def _done_or_parked(consumer: Consumer, envelope: Envelope) -> bool:
    """True once it is done; False once it is parked."""
    while True:
        attempt = _count(consumer.name, [envelope])
        if attempt > MOST_ATTEMPTS and (attempt > MOST_DEATHS or _has_a_reason(consumer.name, envelope)):
            _park(consumer.name, envelope)
            return False
        try:
            _handle(consumer, [envelope])
        except (Unavailable, OperationalError, InterfaceError) as error:
            _uncount(consumer.name, [envelope])
            raise Unavailable(str(error)) from error
        except Exception as error:
            log.warning("event_failed", consumer=consumer.name, id=str(envelope.id), attempt=attempt, error=repr(error))
            _note(consumer.name, envelope, f"{type(error).__name__}: {error}")
        else:
            return True


def _handle(consumer: Consumer, envelopes: Sequence[Envelope]) -> None:
    with transaction.atomic():
        claimed = _claim(consumer.name, envelopes)
        if claimed:
            consumer.handle(claimed)


def _claim(consumer: str, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Mark those as done that are not done or parked yet, and return them.

    Whoever has been given the same event meanwhile waits here, and then finds it done.
    """
    if not envelopes:
        return []
    ordered = _in_order_of_locks(envelopes)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO events_inboxitem AS item (consumer, event_id, position, state, attempts, reason, updated_at)
               SELECT %s, id, position, 'done', 1, '', now() FROM unnest(%s::uuid[], %s::bigint[]) AS new (id, position)
               ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'done', updated_at = now()
               WHERE item.state = 'failed' RETURNING event_id""",
            [consumer, [str(one.id) for one in ordered], [one.position for one in ordered]],
        )
        claimed = {row[0] for row in cursor.fetchall()}
    return sorted((one for one in ordered if one.id in claimed), key=lambda one: one.position)


def _not_done(consumer: str, envelopes: Sequence[Envelope]) -> list[Envelope]:
    known = set(
        InboxItem.objects.filter(consumer=consumer, event_id__in=[envelope.id for envelope in envelopes])
        .exclude(state=InboxState.FAILED)
        .values_list("event_id", flat=True)
    )
    unique = {envelope.id: envelope for envelope in envelopes if envelope.id not in known}
    return sorted(unique.values(), key=lambda one: one.position)


def _count(consumer: str, envelopes: Sequence[Envelope]) -> int:
    """One attempt more at each that is neither done nor parked, noted before it is made; the most that one has had."""
    ordered = _in_order_of_locks(envelopes)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO events_inboxitem AS item (consumer, event_id, position, state, attempts, reason, updated_at)
               SELECT %s, id, position, 'failed', 1, '', now()
               FROM unnest(%s::uuid[], %s::bigint[]) AS new (id, position)
               ON CONFLICT (consumer, event_id) DO UPDATE SET attempts = item.attempts + 1, updated_at = now()
               WHERE item.state = 'failed' RETURNING attempts""",
            [consumer, [str(one.id) for one in ordered], [one.position for one in ordered]],
        )
        return max((row[0] for row in cursor.fetchall()), default=1)


def _uncount(consumer: str, envelopes: Sequence[Envelope]) -> None:
    InboxItem.objects.filter(
        consumer=consumer, event_id__in=[one.id for one in envelopes], state=InboxState.FAILED, attempts__gt=0
    ).update(attempts=F("attempts") - 1)


def _in_order_of_locks(envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Each once, in the order in which everybody locks them."""
    return sorted({envelope.id: envelope for envelope in envelopes}.values(), key=lambda one: one.id)


def _note(consumer: str, envelope: Envelope, reason: str) -> None:
    _item(consumer, envelope).update(reason=reason[:REASON_LENGTH], updated_at=timezone.now())


def _park(consumer: str, envelope: Envelope) -> None:
    _uncount(consumer, [envelope])  # the one that is not made
    _item(consumer, envelope).update(state=InboxState.PARKED, updated_at=timezone.now())
    _item(consumer, envelope).filter(reason="").update(reason=KILLED)
    log.error("event_parked", consumer=consumer, id=str(envelope.id), name=envelope.name)


def _has_a_reason(consumer: str, envelope: Envelope) -> bool:
    return _item(consumer, envelope).exclude(reason="").exists()


def _item(consumer: str, envelope: Envelope) -> QuerySet[InboxItem]:
    return InboxItem.objects.filter(consumer=consumer, event_id=envelope.id)
