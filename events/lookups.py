"""Looking up what is archived: what happened, who did it from where, and what became of one event.

Lists are newest first, from the documents. A cursor is a row's position in the chain.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, NotFound
from core.paging import LARGEST_PAGE, InvalidCursor, Page, decode_cursor, encode_cursor
from core.periods import end_of, start_of
from events.audit import UNREADABLE
from events.catalogue import holder_of
from events.documents.models import AuditLog, BusinessEvent
from events.documents.outages import outages
from events.inbox import Unavailable
from events.models import Event, InboxItem, InboxState, Progress, Seal

PAGE_SIZE = 25
MOST_PARKED = 100
Archived = TypeVar("Archived", AuditLog, BusinessEvent)


class EventNotFound(NotFound):
    code = "event_not_found"
    message = _("No encontramos ese evento.")


class ArchiveUnavailable(DomainError):
    """The documents are down; nothing is lost, and money moves without them."""

    code = "archive_unavailable"
    status = 503
    message = _("El archivo de eventos no responde. Nada se perdió: inténtelo de nuevo en unos minutos.")


class ArchiveUnreadable(DomainError):
    """A document among those asked for has a shape that none of ours has; verifying the chain names it."""

    code = "archive_unreadable"
    status = 500
    message = _("Un registro de esta parte del archivo no se puede leer. Verifique la cadena de auditoría.")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a consumer has made of an event; `state` is empty while the event has not reached it.

    How often and when is forgotten after a while (`events.inbox.prune`): then there are no attempts and no moment.
    """

    consumer: str
    state: str
    attempts: int = 0
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """An event, its seal (none while it waits for one), and what each consumer has made of it so far."""

    event: Event
    seal: Seal | None
    deliveries: list[Delivery]

    @property
    def hash(self) -> str:
        return bytes(self.seal.hash).hex() if self.seal else ""

    @property
    def holder_id(self) -> uuid.UUID | None:
        return holder_of(self.event.name, self.event.payload)


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The chain's last link; `hash` in hex."""

    position: int
    hash: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that a consumer has set aside, and the event that it carries."""

    item: InboxItem
    event: Event | None


def business_events(
    *,
    name: str = "",
    holders: Collection[uuid.UUID] | None = None,
    since: date | None = None,
    until: date | None = None,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> Page[BusinessEvent]:
    """What happened; `since` and `until` are days of the active time zone, both included.

    Raises `InvalidCursor`, `ArchiveUnavailable`, `ArchiveUnreadable`.
    """
    rows = BusinessEvent.objects.all()
    if name:
        rows = rows.filter(name=name)
    if holders is not None:
        rows = rows.filter(holder_id__in=holders)
    return _page(BusinessEvent, rows, since=since, until=until, cursor=cursor, limit=limit)


def audit_logs(
    *,
    event_type: str = "",
    users: Collection[uuid.UUID] | None = None,
    since: date | None = None,
    until: date | None = None,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> Page[AuditLog]:
    """Who did what from where; `since` and `until` are days of the active time zone, both included.

    Raises `InvalidCursor`, `ArchiveUnavailable`, `ArchiveUnreadable`.
    """
    rows = AuditLog.objects.all()
    if event_type:
        rows = rows.filter(event_type=event_type)
    if users is not None:
        rows = rows.filter(user_id__in=users)
    return _page(AuditLog, rows, since=since, until=until, cursor=cursor, limit=limit)


def audit_log(event_id: uuid.UUID) -> AuditLog:
    """One link of the audit trail. Raises `EventNotFound`, `ArchiveUnavailable`, `ArchiveUnreadable`."""
    with _reading():
        found = AuditLog.objects.filter(pk=event_id).first()
    if found is None:
        raise EventNotFound
    return found


def story(event_id: uuid.UUID, *, consumers: Collection[str]) -> Story:
    """What became of an event at each of `consumers`; asks no documents. Raises `EventNotFound`."""
    event = Event.objects.select_related("seal").filter(id=event_id).first()
    if event is None:
        raise EventNotFound
    seal: Seal | None = getattr(event, "seal", None)
    deliveries = {name: Delivery(name, "") for name in consumers}
    for note in Progress.objects.filter(consumer__in=consumers):
        if seal and seal.position <= note.position:
            deliveries[note.consumer] = Delivery(note.consumer, InboxState.DONE)
    for item in InboxItem.objects.filter(event_id=event_id):
        deliveries[item.consumer] = Delivery(item.consumer, item.state, item.attempts, item.reason, item.updated_at)
    return Story(event, seal, sorted(deliveries.values(), key=lambda one: one.consumer))


def head() -> ChainHead | None:
    """The chain's last link, if there is one."""
    last = Seal.objects.order_by("-position").first()
    return ChainHead(last.position, bytes(last.hash).hex(), last.sealed_at) if last else None


def parked() -> list[Parked]:
    """What consumers have set aside, the latest first, at most `MOST_PARKED`."""
    items = list(InboxItem.objects.filter(state=InboxState.PARKED).order_by("-updated_at")[:MOST_PARKED])
    events = {event.id: event for event in Event.objects.filter(id__in=[item.event_id for item in items])}
    return [Parked(item, events.get(item.event_id)) for item in items]


@contextmanager
def _reading() -> Iterator[None]:
    try:
        with outages():
            yield
    except Unavailable:
        raise ArchiveUnavailable from None
    except UNREADABLE:
        raise ArchiveUnreadable from None


def _page(
    model: type[Archived],
    rows: QuerySet[Archived],
    *,
    since: date | None,
    until: date | None,
    cursor: str | None,
    limit: int,
) -> Page[Archived]:
    zone = timezone.get_current_timezone()
    if since:
        rows = rows.filter(ts__gte=start_of(since, zone))
    if until:
        rows = rows.filter(ts__lt=end_of(until, zone))
    limit = max(1, min(limit, LARGEST_PAGE))
    with _reading():
        if cursor:
            rows = _beyond(model, rows, decode_cursor(cursor))
        found = list(rows.order_by("-ts", "-position")[: limit + 1])
    return Page(found[:limit], encode_cursor(found[limit - 1].position) if len(found) > limit else None)


def _beyond(model: type[Archived], rows: QuerySet[Archived], position: int) -> QuerySet[Archived]:
    """Those older than the row at `position`: several may be of one moment, so their places decide between them."""
    moment = model.objects.filter(position=position).values_list("ts", flat=True).first()
    if moment is None:
        raise InvalidCursor
    return rows.filter(Q(ts__lt=moment) | Q(ts=moment, position__lt=position), ts__lte=moment)
