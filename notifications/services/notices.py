"""From events to notices: one document per person to read, one delivery per address to send it to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from accounts.models import NotifyChannel
from events.documents.models import Notification
from events.documents.outages import outages
from events.envelope import Envelope
from notifications import live
from notifications.models import Declined, Delivery, DeliveryState
from notifications.queries import Notice, Person, Told, concerned, former_addresses
from notifications.rules import RULES, Rule

OLD = "old"
DECLINED = "declined"
RECENT = "recent"
NEVER_KEPT = frozenset({"client_id", "user_id", "correlation_id"})  # whose it is, they know


def tell(envelopes: Sequence[Envelope]) -> None:
    """Write the notices of these events, and what is to be sent of them. In the caller's transaction.

    The documents may be in another database and stay if that transaction does not: whatever is written twice is written
    once. Raises `events.inbox.Unavailable`.
    """
    ruled = [envelope for envelope in envelopes if envelope.name in RULES]
    concerns = concerned(ruled)
    with outages():
        new = _add([_document(one, told) for one in ruled for told in concerns[one.id] if told.person.user])
    people = [told.person for group in concerns.values() for told in group]
    declined = _declined(people)
    former = former_addresses(ruled)
    waiting: list[Delivery] = []
    for envelope in ruled:
        if RULES[envelope.name].quiet:  # whether it is sent depends on those before it
            waiting = _write(waiting)
        for told in concerns[envelope.id]:
            waiting += _deliveries(envelope, told, declined, former.get(envelope.id, ""))
    _write(waiting)
    languages = {person.id: person.language for person in people}
    transaction.on_commit(partial(_push, new, languages), robust=True)


def _document(envelope: Envelope, told: Told) -> Notification:
    return Notification(
        id=uuid.uuid5(envelope.id, str(told.person.id)),
        user_id=told.person.id,
        event_id=envelope.id,
        kind=envelope.name,
        params=_params(envelope, told),
        ts=envelope.moment(),
        read_at=None,
    )


def _params(envelope: Envelope, told: Told) -> dict[str, object]:
    rule = RULES[envelope.name]
    params = {name: value for name, value in envelope.payload.items() if name not in rule.withheld | NEVER_KEPT}
    if told.number:
        params["number"] = told.number
    if rule.is_security and envelope.ip and envelope.actor_id in (None, told.person.id):  # not where staff sit
        params["ip"] = envelope.ip
    return params


def _add(documents: Sequence[Notification]) -> list[Notification]:
    """Insert those that are not there yet (one may have been read since) and return them."""
    there = set(Notification.objects.filter(pk__in=[one.pk for one in documents]).values_list("pk", flat=True))
    new = [one for one in documents if one.pk not in there]
    Notification.objects.bulk_create(new)
    return new


def _write(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Those that are there already stay as they are. Returns an empty list: nothing waits to be written any more."""
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    return []


def _declined(people: Sequence[Person]) -> set[tuple[uuid.UUID, str]]:
    users = {person.user.pk for person in people if person.user}
    return set(Declined.objects.filter(user_id__in=users).values_list("user_id", "topic"))


def _deliveries(
    envelope: Envelope, told: Told, declined: set[tuple[uuid.UUID, str]], former: str
) -> Iterator[Delivery]:
    rule, person, now = RULES[envelope.name], told.person, timezone.now()
    reason = _why_not(envelope, rule, person, declined, now)
    for name, channel, destination, to_own_address in _addresses(rule, person, former):
        yield Delivery(
            id=uuid.uuid5(envelope.id, f"{person.id}:{name}"),
            event_id=envelope.id,
            kind=envelope.name,
            user=person.user,
            client=person.client,
            channel=channel,
            destination=destination,
            to_own_address=to_own_address,
            language=person.language,
            params=_params(envelope, told),
            happened_at=envelope.moment(),
            state=DeliveryState.SKIPPED if reason else DeliveryState.PENDING,
            reason=reason,
            next_attempt_at=None if reason else now,
        )


def _addresses(rule: Rule, person: Person, former: str) -> Iterator[tuple[str, NotifyChannel, str, bool]]:
    """Where it goes. Who takes over an account may well change where notices go first: security is told at both, and
    a change of the address they sign in with at the `former` one."""
    channel, destination = person.chosen
    if former and former.casefold() != destination.casefold():
        yield "former", NotifyChannel.EMAIL, former, False
    own = person.own_address
    same = channel == NotifyChannel.EMAIL and destination.casefold() == own.casefold()
    if same or not rule.is_security:
        yield "chosen", channel, destination, person.client is None
        return
    yield "chosen", channel, destination, False
    yield "own", NotifyChannel.EMAIL, own, True


def _why_not(
    envelope: Envelope, rule: Rule, person: Person, declined: set[tuple[uuid.UUID, str]], now: datetime
) -> str:
    """Why it is not sent; empty if it is."""
    if envelope.moment() < now - settings.NOTIFY_WITHIN:
        return OLD
    if not rule.is_mandatory and (person.id, rule.topic) in declined:
        return DECLINED
    if rule.quiet and _told_lately(envelope, rule, person):
        return RECENT
    return ""


def _told_lately(envelope: Envelope, rule: Rule, person: Person) -> bool:
    assert rule.quiet is not None
    moment = envelope.moment()
    told = Delivery.objects.filter(user=person.user, kind=envelope.name).exclude(state=DeliveryState.SKIPPED)
    return told.exclude(event_id=envelope.id).filter(happened_at__range=(moment - rule.quiet, moment)).exists()


def _push(documents: Sequence[Notification], languages: dict[uuid.UUID, str]) -> None:
    for document in documents:
        with translation.override(languages[document.user_id]):
            live.push(document.user_id, as_message(Notice.of(document)))


def as_message(notice: Notice) -> dict[str, object]:
    """A notice for programs, in JSON's own kinds."""
    return {
        "id": str(notice.id),
        "kind": notice.kind,
        "topic": notice.shown.topic.value,
        "title": notice.shown.title,
        "text": notice.shown.text,
        "path": notice.shown.path,
        "data": dict(notice.params),
        "created_at": notice.happened_at.isoformat(),
        "read_at": notice.read_at.isoformat() if notice.read_at else None,
    }
