"""Verifying the audit trail: every link of the chain, against witnesses that somebody would have to forge all at once.

The documents (`audit_logs`, and `business_events` beside them) are compared with the seals and with the event log, both
in PostgreSQL, and the seals with heads that were signed and taken elsewhere (`events.heads`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from bson.errors import BSONError
from django.db import connection
from django.db.models import Max, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.documents.models import AuditLog, BusinessEvent
from events.documents.outages import outages
from events.documents.records import ARCHIVER, audit_log, business_event, envelope_of_log
from events.envelope import FIRST, Envelope, canonical
from events.heads import Head
from events.models import Event, InboxItem, InboxState, Progress, Seal, Unsealed
from events.sealing import envelope_of

PAGE = 1000
SHOWN = 20  # findings that a report keeps; it counts them all
OVERDUE = timedelta(days=1)  # after which a sealed event that is still not archived counts as missing
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, BSONError)
Archived = TypeVar("Archived", AuditLog, BusinessEvent)


class Place(StrEnum):
    AUDIT_LOGS = "audit_logs"
    BUSINESS_EVENTS = "business_events"
    EVENT_LOG = "event log"
    SEALS = "seals"
    HEAD = "exported head"


class Fault(TextChoices):
    ALTERED = "altered", _("Alterado")
    MISSING = "missing", _("Falta")
    REORDERED = "reordered", _("Fuera de su lugar")
    INSERTED = "inserted", _("Añadido")
    UNSEALED = "unsealed", _("Sin sello")
    OVERDUE = "overdue", _("Sin archivar desde hace más de un día")


@dataclass(frozen=True, slots=True)
class Finding:
    """One record that is not as it was sealed. `detail` is English, for whoever looks into it."""

    position: int
    place: Place
    fault: Fault
    event_id: uuid.UUID | None = None
    detail: str = ""

    def __str__(self) -> str:
        which = f"record {self.position}" + (f" ({self.event_id})" if self.event_id else "")
        return f"{self.place}: {which} is {self.fault.value}" + (f": {self.detail}" if self.detail else "")


@dataclass(slots=True)
class Report:
    """What a walk from `start` to `position` (the chain's last link, whose hash is `hash`) has found.

    `pending`: sealed and not archived yet, the first of them sealed at `pending_since`. `parked`: set aside by the
    archiver. `unsealed`: recorded and not sealed yet. None of these is a fault.
    """

    start: int
    position: int = 0
    hash: str = FIRST
    checked: int = 0
    pending: int = 0
    pending_since: datetime | None = None
    parked: int = 0
    unsealed: int = 0
    heads: int = 0
    broken: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.broken

    @property
    def first(self) -> Finding | None:
        """The first record, by its place in the chain, that is not as it was sealed."""
        return self.findings[0] if self.findings else None

    def add(self, finding: Finding) -> None:
        self.broken += 1
        self.findings.append(finding)
        self.findings.sort(key=lambda one: one.position)
        del self.findings[SHOWN:]

    def as_dict(self) -> dict[str, object]:
        """For JSON: moments are ISO 8601, ids and codes text."""
        found = asdict(self) | {"ok": self.ok}
        found["pending_since"] = self.pending_since.isoformat() if self.pending_since else None
        found["findings"] = [
            {**asdict(one), "event_id": str(one.event_id) if one.event_id else None} for one in self.findings
        ]
        return found


def verify_audit(*, start: int = 1, heads: Sequence[Head] = ()) -> Report:
    """Walk the chain from position `start` to its end, in pages: memory does not grow with it.

    That the chain ends before `start` is a finding. The product may go on meanwhile. The signatures of `heads` are the
    caller's to check. Raises `events.inbox.Unavailable` if the documents cannot be read.
    """
    start = max(start, 1)
    report = Report(start=start, unsealed=Unsealed.objects.count())
    last = Seal.objects.aggregate(last=Max("position"))["last"] or 0
    previous = _hash_at(start - 1)
    if start > max(last, 1):
        report.add(Finding(start, Place.SEALS, Fault.MISSING, None, "the chain ends before it"))
        report.position, report.hash = last, _hash_at(last) or FIRST
    elif previous is None and start <= last:
        report.add(Finding(start - 1, Place.SEALS, Fault.MISSING))
    for first in range(start, last + 1, PAGE):
        previous = _verify_page(report, first, min(first + PAGE - 1, last), previous)
    if last >= start:
        report.position, report.hash = last, previous or FIRST
    for finding in [*_strangers(start, last), *_never_sealed(start)]:
        report.add(finding)
    for head in heads:
        _compare_head(report, head)
    return report


@dataclass(frozen=True, slots=True)
class _Link:
    """A place in the chain: what PostgreSQL says of it.

    `hash` is what it has to be, the seal's own unless that was altered (`forged`); `previous` that of the link before.
    `expected` is what the event log gives, and None where that cannot be told.
    """

    position: int
    event: Event | None
    hash: str | None
    previous: str | None
    expected: Envelope | None
    sealed_at: datetime | None
    forged: bool = False

    @property
    def sound(self) -> bool:
        return self.expected is not None and self.expected.hash == self.hash


def _verify_page(report: Report, first: int, last: int, previous: str | None) -> str | None:
    """Check the links from `first` to `last`; returns the hash that the next link names as the one before it."""
    links = list(_links(first, last, previous))
    logs = _read(report, AuditLog, Place.AUDIT_LOGS, first, last)
    copies = _read(report, BusinessEvent, Place.BUSINESS_EVENTS, first, last)
    absent = [link for link in links if link.position not in logs or link.position not in copies]
    excused = _excused(report, absent)
    for link in links:
        _verify_link(report, link, logs.get(link.position))
        if link.position in excused:
            continue
        _verify_archived(report, link, AuditLog, Place.AUDIT_LOGS, logs)
        _verify_archived(report, link, BusinessEvent, Place.BUSINESS_EVENTS, copies)
        report.checked += 1
    return links[-1].hash


def _links(first: int, last: int, previous: str | None) -> Iterator[_Link]:
    seals = {seal.position: seal for seal in Seal.objects.filter(position__range=(first, last + 1))}
    events = Event.objects.in_bulk([seal.event_id for seal in seals.values()])
    for position in range(first, last + 1):
        seal, follower = seals.get(position), seals.get(position + 1)
        if seal is None:
            yield _Link(position, None, None, previous, None, None)
            previous = None
            continue
        event, value = events.get(seal.event_id), bytes(seal.hash).hex()
        expected = envelope_of(event, position, previous) if event and previous else None
        after = events.get(follower.event_id) if follower else None
        # The next seal covers this one: if it fits what the event log gives, and not the seal, it was the seal.
        forged = bool(
            expected
            and expected.hash != value
            and follower
            and after
            and envelope_of(after, position + 1, expected.hash).hash == bytes(follower.hash).hex()
        )
        value = expected.hash if forged and expected else value
        yield _Link(position, event, value, previous, expected, seal.sealed_at, forged)
        previous = value


def _verify_link(report: Report, link: _Link, log: AuditLog | None) -> None:
    """The seal and the event log."""
    if link.hash is None:
        report.add(Finding(link.position, Place.SEALS, Fault.MISSING, log.id if log else None))
    elif link.forged:
        report.add(Finding(link.position, Place.SEALS, Fault.ALTERED, link.event.id if link.event else None))
    elif link.event is None:
        report.add(Finding(link.position, Place.EVENT_LOG, Fault.MISSING, log.id if log else None))
    elif link.expected and not link.sound:
        # At the chain's end no next seal tells which it was; there the document does.
        place = Place.SEALS if log and _logged_as(link, log) else Place.EVENT_LOG
        report.add(Finding(link.position, place, Fault.ALTERED, link.event.id, "seal and event differ"))


def _verify_archived(
    report: Report, link: _Link, model: type[Archived], place: Place, found: Mapping[int, Archived | None]
) -> None:
    """One document of a link, or its absence; `found` has None for one that cannot be read, which is told already."""
    if link.position not in found:
        elsewhere = _by_id(model, link.event.id) if link.event else None
        detail = f"found at {elsewhere.position}" if elsewhere else ""
        fault = Fault.REORDERED if elsewhere else Fault.MISSING
        if elsewhere is None or elsewhere.position != link.position:  # else it was archived while we looked
            report.add(Finding(link.position, place, fault, link.event.id if link.event else None, detail))
            return
        found = {link.position: elsewhere}
    document = found[link.position]
    if document is None or link.hash is None:
        return
    if link.event and document.pk != link.event.id:
        report.add(_misplaced(link.position, place, document.pk))
    elif link.sound and link.expected:
        make = audit_log if isinstance(document, AuditLog) else business_event
        if different := _differences(document, make(link.expected)):
            report.add(Finding(link.position, place, Fault.ALTERED, document.pk, ", ".join(different)))
    elif isinstance(document, AuditLog) and not (_sealed_as(link, document) or _logged_as(link, document)):
        report.add(Finding(link.position, place, Fault.ALTERED, document.pk))


def _misplaced(position: int, place: Place, event_id: uuid.UUID) -> Finding:
    """A document at a place that is another's: moved there if it has one of its own, invented if it has none."""
    own = Seal.objects.filter(event__id=event_id).values_list("position", flat=True).first()
    if own is None:
        return Finding(position, place, Fault.INSERTED, event_id, "nothing of this id was sealed")
    return Finding(position, place, Fault.REORDERED, event_id, f"belongs at {own}")


def is_as_sealed(log: AuditLog) -> bool:
    """Whether the document's hash is that of its content; that it is the one which was sealed, the seals tell."""
    try:
        return envelope_of_log(log).sealed_hash() == log.hash
    except UNREADABLE:
        return False


def _sealed_as(link: _Link, log: AuditLog) -> bool:
    """Whether the document, by itself, is what the seals say."""
    return is_as_sealed(log) and log.hash == link.hash and link.previous in (None, log.previous)


def _logged_as(link: _Link, log: AuditLog) -> bool:
    """Whether the document is what the event log says: then it is the seal that differs from both."""
    return link.expected is not None and not _differences(log, audit_log(link.expected))


def _differences(document: Archived, expected: Archived) -> list[str]:
    """The names of the fields that differ; moments to the millisecond, which is all that MongoDB keeps."""
    names = [one.attname for one in type(document)._meta.concrete_fields]
    return [name for name in names if _spelling(document, name) != _spelling(expected, name)]


def _spelling(document: Archived, name: str) -> bytes:
    value = getattr(document, name)
    if isinstance(value, datetime):
        value = value.astimezone(timezone.get_default_timezone()).isoformat(timespec="milliseconds")
    try:
        return canonical({name: value})
    except TypeError:
        return b""


def _excused(report: Report, absent: Sequence[_Link]) -> set[int]:
    """Which of the links without documents have none because they are not archived yet, or were set aside.

    Read after the documents were: what is marked as archived by now must be there when looked for again.
    """
    if not absent:
        return set()
    progress = Progress.objects.filter(consumer=ARCHIVER).values_list("position", flat=True).first() or 0
    ids = [link.event.id for link in absent if link.event]
    states = dict(InboxItem.objects.filter(consumer=ARCHIVER, event_id__in=ids).values_list("event_id", "state"))
    excused = set()
    for link in absent:
        state = states.get(link.event.id) if link.event else None
        if link.sealed_at is None or state == InboxState.DONE or (state is None and link.position <= progress):
            continue
        excused.add(link.position)
        if state == InboxState.PARKED:
            report.parked += 1
        elif link.sealed_at < timezone.now() - OVERDUE:
            event_id = link.event.id if link.event else None
            report.add(Finding(link.position, Place.AUDIT_LOGS, Fault.OVERDUE, event_id, "sealed and not archived"))
        else:
            report.pending += 1
            report.pending_since = min(report.pending_since or link.sealed_at, link.sealed_at)
    return excused


def _read(report: Report, model: type[Archived], place: Place, first: int, last: int) -> dict[int, Archived | None]:
    """The documents at these places. One that cannot be read is told, and is None."""
    documents = model.objects.filter(position__range=(first, last))
    with outages():
        try:
            return {document.position: document for document in documents}
        except UNREADABLE as error:
            if first == last:
                report.add(Finding(first, place, Fault.ALTERED, None, f"cannot be read: {error}"))
                return {first: None}
    middle = (first + last) // 2
    return _read(report, model, place, first, middle) | _read(report, model, place, middle + 1, last)


def _by_id(model: type[Archived], event_id: uuid.UUID) -> Archived | None:
    with outages():
        try:
            return model.objects.filter(pk=event_id).first()
        except UNREADABLE:
            return None


def _strangers(start: int, last: int) -> Iterator[Finding]:
    """Documents outside of the chain: behind its end, or before its beginning."""
    for model, place in ((AuditLog, Place.AUDIT_LOGS), (BusinessEvent, Place.BUSINESS_EVENTS)):
        with outages():
            rows = model.objects.order_by("-position").values_list("position", "pk")
            outside = list(rows.filter(position__gt=last)[:PAGE])
            outside += list(rows.filter(position__lt=1)[:PAGE]) if start == 1 else []
        # Read after the documents: what was sealed and archived since we began is no stranger.
        sealed = set(Seal.objects.filter(position__in=[row[0] for row in outside]).values_list("position", flat=True))
        for position, event_id in outside:
            if position not in sealed:
                yield _misplaced(position, place, event_id)


def _never_sealed(start: int) -> Iterator[Finding]:
    """Events that are neither sealed nor waiting for it. Looked for on whole walks only: it reads whole tables."""
    if start > 1:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id, count(*) OVER () FROM events_event AS e
               WHERE NOT EXISTS (SELECT FROM events_seal AS s WHERE s.event_id = e.seq)
                 AND NOT EXISTS (SELECT FROM events_unsealed AS u WHERE u.seq = e.seq)
               ORDER BY e.seq LIMIT 1"""
        )
        for event_id, number in cursor.fetchall():
            yield Finding(0, Place.EVENT_LOG, Fault.UNSEALED, event_id, f"{number} events have no place in the chain")


def _compare_head(report: Report, head: Head) -> None:
    report.heads += 1
    value = _hash_at(head.position)
    if value is None:
        report.add(Finding(head.position, Place.HEAD, Fault.MISSING, None, "the chain ends before it"))
    elif value != head.hash:
        report.add(Finding(head.position, Place.HEAD, Fault.ALTERED, None, "the chain up to here was rewritten"))


def _hash_at(position: int) -> str | None:
    if position == 0:
        return FIRST
    value = Seal.objects.filter(position=position).values_list("hash", flat=True).first()
    return bytes(value).hex() if value is not None else None
