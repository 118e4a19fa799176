"""Giving a consumer events again: those it parked, its dead letters, and those that never reached it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from events.broker import Broker, Outgoing, Session, to_one
from events.envelope import Envelope
from events.inbox import Consumer, Unavailable, deliver, settle
from events.models import InboxItem, InboxState, Lane, Progress, Seal
from events.sealing import envelopes_of

BATCH = 250


class PipelineDown(DomainError):
    """The broker, or what the consumer writes to, does not answer; what was not handed over waits as before."""

    code = "pipeline_down"
    status = 503
    message = _("El canal de eventos no responde. Intente de nuevo en unos minutos.")


def redrive(
    *, consumer: Consumer, broker: Broker | None, event_id: uuid.UUID | None = None, missing: bool = False
) -> int:
    """Hand the consumer its parked events again (or the one that `event_id` names), with all their attempts.

    `missing`: also what was published and never reached it, as for a consumer that came later or whose queue was
    emptied. Without a broker they are handled here and now. Returns how many were handed over. Raises `PipelineDown`.
    """
    try:
        if broker is None:
            return _handle_here(consumer, event_id, missing)
        with broker.session() as session:
            session.declare([consumer.name])
            moved = _move_dead_letters(session, consumer.name, event_id)
            if event_id and moved:
                return moved
            return moved + _publish(session, consumer.name, event_id, missing)
    except Unavailable as error:
        raise PipelineDown from error


def _handle_here(consumer: Consumer, event_id: uuid.UUID | None, missing: bool) -> int:
    count = 0
    for envelopes in _batches(consumer.name, event_id, missing, abandoned=True):
        _reset(consumer.name, [envelope.id for envelope in envelopes])
        deliver(consumer, envelopes)
        count += len(envelopes)
    settle(consumer)
    return count


def _move_dead_letters(session: Session, consumer: str, event_id: uuid.UUID | None) -> int:
    """From the queue of dead letters to the consumer's own. Those that are not meant go back when the session ends."""
    broker, count = session.broker, 0
    for _number in range(session.waiting(broker.dead_queue(consumer))):
        letter = session.take(broker.dead_queue(consumer))
        if letter is None:
            break
        found = _id(letter.properties.get("message_id"))
        if event_id and found != event_id:
            continue
        body = letter.body if isinstance(letter.body, bytes) else letter.body.encode()
        with transaction.atomic():  # whoever gets the message at once waits for the end of it
            _reset(consumer, [found] if found else [])
            session.publish([Outgoing("", broker.queue(consumer), body, str(found or ""), {})])
        session.acknowledge(letter.delivery_tag, multiple=False)
        count += 1
    return count


def _publish(session: Session, consumer: str, event_id: uuid.UUID | None, missing: bool) -> int:
    """What has no dead letter, out of the event log: it was parked without a broker, or its letter was thrown away."""
    count = 0
    for envelopes in _batches(consumer, event_id, missing):
        with transaction.atomic():
            _reset(consumer, [envelope.id for envelope in envelopes])
            session.publish([to_one(session.broker, consumer, envelope) for envelope in envelopes])
        count += len(envelopes)
    return count


def _batches(
    consumer: str, event_id: uuid.UUID | None, missing: bool, *, abandoned: bool = False
) -> Iterator[list[Envelope]]:
    """In the order of their positions: each is read once, though it may be parked again meanwhile."""
    position = 0
    while seals := list(_wanted(consumer, event_id, missing, abandoned).filter(position__gt=position)[:BATCH]):
        position = seals[-1].position
        yield envelopes_of(seals)


def _wanted(consumer: str, event_id: uuid.UUID | None, missing: bool, abandoned: bool) -> QuerySet[Seal]:
    """`abandoned`: also those that an earlier call took up and could not end, its store down or its process killed.

    Without a broker nobody else comes back to them: the relay has passed them. With one, they are in the queue.
    """
    seen = InboxItem.objects.filter(consumer=consumer, event_id=OuterRef("event__id"))
    published = Lane.objects.filter(lane=OuterRef("lane"), position__gte=OuterRef("position"))
    if event_id:
        wanted = Q(Exists(seen.exclude(state=InboxState.DONE)), event__id=event_id)
    else:
        wanted = Q(Exists(seen.filter(state=InboxState.PARKED)))
        if abandoned:
            wanted |= Q(Exists(seen.filter(state=InboxState.FAILED)), Exists(published))
    if missing:
        noted = Progress.objects.filter(consumer=consumer).values_list("position", flat=True).first() or 0
        wanted |= Q(~Exists(seen), Exists(published), position__gt=noted)
    return Seal.objects.filter(wanted).select_related("event").order_by("position")


def _reset(consumer: str, event_ids: Sequence[uuid.UUID]) -> None:
    InboxItem.objects.filter(consumer=consumer, event_id__in=event_ids).exclude(state=InboxState.DONE).update(
        state=InboxState.FAILED, attempts=0, updated_at=timezone.now()
    )


def _id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None
