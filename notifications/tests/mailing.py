"""What the tests of notices share: events on their way to the consumer, and the mails that come out of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from django.core import mail
from django.core.mail import EmailMultiAlternatives

from accounts.models import Client
from core.ids import uuid7
from events.envelope import Envelope
from events.inbox import deliver
from events.models import Seal
from events.relay import drain
from events.sealing import envelopes_of, seal
from events.services import record
from events.transport import Direct
from funds.queries import Receipt
from funds.services import subscribe
from notifications.consumers import Notifications


def settle_past() -> None:
    """Whatever the world did before the test is handled and forgotten."""
    drain(Direct([Notifications()]))
    mail.outbox.clear()


def arrive() -> None:
    """Everything recorded since goes to the consumer, and what is due is sent."""
    drain(Direct([Notifications()]))


def told() -> list[EmailMultiAlternatives]:
    """The mails sent since the last call."""
    sent = list(mail.outbox)
    mail.outbox.clear()
    return sent  # type: ignore[return-value]


def subscribed(client: Client, amount: str = "125000", fund_id: int = 2) -> Receipt:
    return subscribe(client_id=client.pk, fund_id=fund_id, amount=Decimal(amount), actor_id=client.user_id)


def envelope(name: str, payload: Mapping[str, object]) -> Envelope:
    """An event that has just happened, sealed."""
    event_id = record(name, payload)
    while seal():
        pass
    return next(iter(envelopes_of(Seal.objects.filter(event__id=event_id).select_related("event"))))


def invented(like: Envelope, name: str, payload: Mapping[str, object]) -> Envelope:
    """An event that nothing here records yet."""
    return replace(like, id=uuid7(), position=like.position + 1_000_000, name=name, payload=payload)


def earlier(one: Envelope, by: timedelta) -> Envelope:
    return replace(one, recorded_at=(one.moment() - by).isoformat(timespec="microseconds"))


def hand_over(*envelopes: Envelope) -> None:
    consumer = Notifications()
    assert not deliver(consumer, envelopes)
    consumer.after()


def notice_id(event_id: uuid.UUID, user_id: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(event_id, str(user_id))
