"""Carrying what is to be sent: each attempt is written down before it begins and when it has ended."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, NotFound
from events.services import record
from notifications.channels import Carriers, ChannelDown, NotCarried
from notifications.models import Attempt, AttemptResult, Delivery, DeliveryState
from notifications.queries import Person

# After a failed attempt the next one is so much later; after the last of these nobody tries any more.
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
MOST_ATTEMPTS = len(BACKOFF) + 1
# Longer than any attempt lasts: after it, whoever had begun is taken for dead.
LEASE = timedelta(minutes=2)
ROUND = 5.0  # seconds; others wait for whoever calls us
COOL_DOWN = 60.0  # seconds for which a channel that nobody answers at is left alone
LONGEST_DETAIL = 500
KILLED = "the last attempt ended without a word: the process was killed"
log = structlog.get_logger(__name__)


class DeliveryNotFound(NotFound):
    code = "delivery_not_found"
    message = _("No encontramos ese envío.")


class StillPending(DomainError):
    code = "delivery_pending"
    status = 409
    message = _("Ese aviso todavía está por enviarse.")


class Postman:
    """Sends what is due. Any number of them may work at once: each delivery is one's at a time.

    A delivery may arrive twice only if its postman is killed between sending it and writing that down.
    """

    def __init__(self) -> None:
        self._down_until: dict[str, float] = {}

    def round(self) -> int:
        """Send what is due, for `ROUND` seconds at most, and return how many were sent. Outside of any transaction."""
        _bury_the_deadly()
        carriers, until, sent = Carriers(), time.monotonic() + ROUND, 0
        try:
            while time.monotonic() < until and (taken := _take(self._down())):
                sent += self._try(carriers, *taken)
        finally:
            carriers.close()
        return sent

    def _down(self) -> list[str]:
        now = time.monotonic()
        return [channel for channel, until in self._down_until.items() if until > now]

    def _try(self, carriers: Carriers, delivery: Delivery, attempt: Attempt) -> bool:
        try:
            detail = carriers.carry(delivery)
        except ChannelDown as error:
            self._down_until[delivery.channel] = time.monotonic() + COOL_DOWN
            _failed(delivery, attempt, str(error))
        except NotCarried as error:
            _failed(delivery, attempt, str(error))
        except Exception as error:  # a text that cannot be made: nobody else's notice waits for it
            log.exception("notice_failed", delivery=str(delivery.pk))
            _failed(delivery, attempt, f"{type(error).__name__}: {error}")
        else:
            _sent(delivery, attempt, detail)
            return True
        return False


def resend(*, delivery_id: uuid.UUID, actor_id: uuid.UUID) -> None:
    """Have a delivery sent once more, to where its person is reached now. Raises `DeliveryNotFound`, `StillPending`."""
    with transaction.atomic():
        found = Delivery.objects.select_for_update(of=("self",)).select_related("user", "client")
        delivery = found.filter(pk=delivery_id).first()
        if delivery is None:
            raise DeliveryNotFound
        if delivery.state == DeliveryState.PENDING:
            raise StillPending
        person = Person(delivery.user, delivery.client)
        if delivery.to_own_address:
            delivery.destination = person.own_address
        else:
            delivery.channel, delivery.destination = person.chosen
        delivery.language = person.language
        delivery.state, delivery.reason, delivery.attempts_made = DeliveryState.PENDING, "", 0
        delivery.next_attempt_at, delivery.sent_at = timezone.now(), None
        delivery.save()
        about = {
            "delivery_id": delivery.pk,
            "notice": delivery.kind,
            "user_id": delivery.user_id,
            "client_id": delivery.client_id,
        }
        record("notifications.resent", about, actor_id=actor_id)


def _bury_the_deadly() -> None:
    """What nobody has lived to tell of after all its attempts would kill for ever."""
    now = timezone.now()
    deadly = Delivery.objects.filter(
        state=DeliveryState.PENDING, next_attempt_at__lte=now, attempts_made__gte=MOST_ATTEMPTS
    )
    if count := deadly.update(state=DeliveryState.FAILED, next_attempt_at=None, reason=KILLED):
        log.error("notices_given_up", count=count, reason=KILLED)


def _take(down: list[str]) -> tuple[Delivery, Attempt] | None:
    """The delivery that is due for longest, ours until the lease ends, and the attempt that now begins."""
    with transaction.atomic():
        now = timezone.now()
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("user", "client")
            .filter(state=DeliveryState.PENDING, next_attempt_at__lte=now)
            .exclude(channel__in=down)
            .order_by("next_attempt_at")
            .first()
        )
        if delivery is None:
            return None
        delivery.attempts_made += 1
        delivery.next_attempt_at = now + LEASE
        delivery.save(update_fields=["attempts_made", "next_attempt_at"])
        attempt = Attempt.objects.create(
            delivery=delivery, begun_at=now, channel=delivery.channel, destination=delivery.destination
        )
        return delivery, attempt


def _sent(delivery: Delivery, attempt: Attempt, detail: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        _end(attempt, AttemptResult.SENT, detail, now)
        _ours(delivery, state=DeliveryState.SENT, sent_at=now, next_attempt_at=None, reason="")


def _failed(delivery: Delivery, attempt: Attempt, detail: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        _end(attempt, AttemptResult.FAILED, detail, now)
        if delivery.attempts_made < MOST_ATTEMPTS:
            _ours(delivery, next_attempt_at=now + BACKOFF[delivery.attempts_made - 1])
            return
        _ours(delivery, state=DeliveryState.FAILED, next_attempt_at=None, reason=detail[:LONGEST_DETAIL])
    log.error("notice_given_up", delivery=str(delivery.pk), kind=delivery.kind, channel=delivery.channel)


def _end(attempt: Attempt, result: AttemptResult, detail: str, now: datetime) -> None:
    attempt.result, attempt.detail, attempt.ended_at = result, detail[:LONGEST_DETAIL], now
    attempt.save(update_fields=["result", "detail", "ended_at"])


def _ours(delivery: Delivery, **changes: object) -> None:
    """Write it down, unless the lease has ended and somebody else has begun since."""
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING, attempts_made=delivery.attempts_made).update(
        **changes
    )
