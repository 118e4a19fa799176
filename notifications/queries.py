"""Reading notices, each user's own; whom an event concerns; and how somebody wants to be told."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, FormerAddress, Language, NotifyChannel, User
from core.errors import DomainError, NotFound
from core.paging import LARGEST_PAGE, Page, decode_moment_cursor, encode_moment_cursor
from events.documents.models import Notification
from events.documents.outages import outages
from events.envelope import Envelope
from events.inbox import Unavailable
from ledger.models import Entry
from notifications.models import Declined
from notifications.rules import RULES, To
from notifications.texts import Shown, show

COUNTED_AT_MOST = 100  # unread ones; a badge that says 99+ says enough
PATIENCE = 30.0  # seconds for which a store that was down is not asked for a mere count


class NoticeNotFound(NotFound):
    code = "notification_not_found"
    message = _("No encontramos ese aviso.")


class NoticesUnavailable(DomainError):
    """The document store is down. Money does not need it."""

    code = "notifications_unavailable"
    status = 503
    message = _("No podemos mostrar sus avisos en este momento. Su dinero y sus operaciones no se ven afectados.")


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as its reader sees it, in the language that was active."""

    id: uuid.UUID
    kind: str
    params: Mapping[str, object]
    happened_at: datetime
    read_at: datetime | None
    shown: Shown

    @classmethod
    def of(cls, document: Notification) -> Notice:
        shown = show(document.kind, document.params, document.ts)
        return cls(document.pk, document.kind, document.params, document.ts, document.read_at, shown)


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a user is told. `can_choose` is false for staff, who are told at the address they sign in with."""

    channel: NotifyChannel
    destination: str
    language: Language
    declined: Sequence[str]
    can_choose: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to tell: a user, a client, or one who is both."""

    user: User | None
    client: Client | None

    @property
    def id(self) -> uuid.UUID:
        found = self.user or self.client
        assert found is not None
        return found.pk

    @property
    def language(self) -> str:
        return self.user.language if self.user else Language.ES

    @property
    def own_address(self) -> str:
        """The one they sign in with; of who does not sign in, the one that staff know."""
        found = self.user or self.client
        assert found is not None
        return found.email

    @property
    def chosen(self) -> tuple[NotifyChannel, str]:
        """How they want to be told."""
        if self.client is None:
            return NotifyChannel.EMAIL, self.own_address
        return NotifyChannel(self.client.notify_channel), self.client.notify_destination


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is told of an event; `number` is that of their own account in it, where the event names none."""

    person: Person
    number: str


@contextmanager
def store() -> Iterator[None]:
    """Raises `NoticesUnavailable` while the documents are out of reach."""
    try:
        with outages():
            yield
    except Unavailable as error:
        raise NoticesUnavailable from error


def notices_of(user_id: uuid.UUID, *, unread: bool = False, cursor: str | None = None, limit: int = 20) -> Page[Notice]:
    """A user's notices, newest first. Raises `InvalidCursor`, `NoticesUnavailable`."""
    limit = max(1, min(limit, LARGEST_PAGE))
    wanted = Notification.objects.filter(user_id=user_id)
    if unread:
        wanted = wanted.filter(read_at=None)
    if cursor:
        ts, last = decode_moment_cursor(cursor)
        wanted = wanted.filter(Q(ts__lt=ts) | Q(ts=ts, pk__lt=last))
    with store():
        found = list(wanted.order_by("-ts", "-pk")[: limit + 1])
    following = encode_moment_cursor(found[limit - 1].ts, found[limit - 1].pk) if len(found) > limit else None
    return Page([Notice.of(document) for document in found[:limit]], following)


def notice_of(user_id: uuid.UUID, notice_id: uuid.UUID) -> Notice:
    """One of a user's notices. Raises `NoticeNotFound`, `NoticesUnavailable`."""
    with store():
        found = Notification.objects.filter(pk=notice_id, user_id=user_id).first()
    if found is None:
        raise NoticeNotFound
    return Notice.of(found)


def unread_count(user_id: uuid.UUID) -> int:
    """How many of a user's notices are unread, counted up to `COUNTED_AT_MOST`. Raises `NoticesUnavailable`."""
    with store():
        return Notification.objects.filter(user_id=user_id, read_at=None)[:COUNTED_AT_MOST].count()


class Badge:
    """The count for pages that show it in passing: a store that is down neither breaks nor delays them."""

    def __init__(self) -> None:
        self._ask_again_at = 0.0

    def count(self, user_id: uuid.UUID) -> int | None:
        """`None` where nobody can tell at the moment."""
        if time.monotonic() < self._ask_again_at:
            return None
        try:
            return unread_count(user_id)
        except NoticesUnavailable:
            self._ask_again_at = time.monotonic() + PATIENCE
            return None


badge = Badge()


def preferences_of(user_id: uuid.UUID) -> Preferences:
    person = _people(users={user_id}, clients=set())[user_id]
    channel, destination = person.chosen
    declined = Declined.objects.filter(user_id=user_id).order_by("topic").values_list("topic", flat=True)
    assert person.user is not None
    language = Language(person.user.language)
    return Preferences(channel, destination, language, tuple(declined), person.client is not None)


def concerned(envelopes: Sequence[Envelope]) -> dict[uuid.UUID, list[Told]]:
    """Who is told of each event, by the event's id. Whom the payload does not name is nobody."""
    moved = _accounts_moved(envelopes)
    users: set[uuid.UUID] = set()
    clients: set[uuid.UUID] = set()
    named: dict[uuid.UUID, Mapping[uuid.UUID, str]] = {}
    for envelope in envelopes:
        to, subject = RULES[envelope.name].to, _subject(envelope)
        ids: Mapping[uuid.UUID, str] = {}
        if subject:
            ids = moved.get(subject, {}) if to == To.PARTIES else {subject: ""}
        named[envelope.id] = ids
        (users if to == To.USER else clients).update(ids)
    people = _people(users=users, clients=clients)
    return {
        event: [Told(people[one], number) for one, number in sorted(ids.items()) if one in people]
        for event, ids in named.items()
    }


def former_addresses(envelopes: Sequence[Envelope]) -> dict[uuid.UUID, str]:
    """The address that an event has replaced, by the event's id."""
    changed = [envelope.id for envelope in envelopes if envelope.name == "accounts.email_changed"]
    if not changed:
        return {}
    return dict(FormerAddress.objects.filter(event_id__in=changed).values_list("event_id", "email"))


def _subject(envelope: Envelope) -> uuid.UUID | None:
    value = envelope.payload.get(RULES[envelope.name].to.value)
    return uuid.UUID(str(value)) if value else None


def _accounts_moved(envelopes: Sequence[Envelope]) -> dict[uuid.UUID, dict[uuid.UUID, str]]:
    """Per transaction its holders, each with the number of an account of theirs that it moved.

    Clients hold accounts under their own ids, the house under none.
    """
    wanted = [_subject(one) for one in envelopes if RULES[one.name].to == To.PARTIES]
    if not wanted:
        return {}
    moved: dict[uuid.UUID, dict[uuid.UUID, str]] = {}
    entries = Entry.objects.filter(transaction_id__in=[one for one in wanted if one]).order_by("-id")
    for transaction, holder, number in entries.values_list("transaction_id", "account__holder_id", "account__number"):
        if holder:
            moved.setdefault(transaction, {})[holder] = number
    return moved


def _people(*, users: set[uuid.UUID], clients: set[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """By the ids that were asked for."""
    found: dict[uuid.UUID, Person] = {}
    for client in Client.objects.select_related("user").filter(Q(pk__in=clients) | Q(user_id__in=users)):
        found[client.pk] = Person(client.user, client)
        if client.user:
            found[client.user.pk] = found[client.pk]
    for user in User.objects.filter(pk__in=users - found.keys()):
        found[user.pk] = Person(user, None)
    return found
