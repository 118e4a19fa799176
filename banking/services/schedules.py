"""Ordering transfers for a date to come. `banking.services.due` makes them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from banking.due_dates import next_due
from banking.models import Frequency, ScheduledTransfer, ScheduleState
from banking.models.schedules import UNFINISHED
from banking.numbers import account_number, masked_number
from banking.queries.accounts import BankAccount, account_for, any_account
from banking.queries.schedules import LISTED_AT_MOST, Schedule, ScheduleNotFound, schedule_for
from banking.services.accounts import lock_client
from banking.services.transfers import (
    CurrencyMismatch,
    SameAccount,
    SourceNotFound,
    SourceNotOpen,
    TargetNotFound,
    TargetNotOpen,
    checked_amount,
    checked_memo,
)
from core import idempotency
from core.errors import DomainError
from core.ids import uuid7
from core.periods import today_in, zone_of
from events.services import record
from ledger.models import AccountState
from ledger.services import AccountNotFound

FURTHEST = timedelta(days=3660)


class UnknownFrequency(DomainError):
    code = "unknown_frequency"
    field = "frequency"
    message = _("Elija cada cuánto: una vez, cada semana o cada mes.")


class StartsInThePast(DomainError):
    code = "starts_in_the_past"
    field = "starts_on"
    message = _("La primera fecha debe ser hoy (%(today)s) o posterior, y no más de diez años después.")


class EndsBeforeStart(DomainError):
    code = "ends_before_start"
    field = "ends_on"
    message = _("La última fecha debe ser igual o posterior a la primera.")


class TooManySchedules(DomainError):
    code = "too_many_scheduled_transfers"
    status = 409
    message = _("Ya tiene %(most)s transferencias programadas. Cancele alguna para programar otra.")


class ScheduleOver(DomainError):
    code = "scheduled_transfer_over"
    status = 409
    message = _("Esta transferencia programada ya está %(state)s.")


def schedule_transfer(
    *,
    client_id: uuid.UUID,
    source: str,
    target: str,
    amount: Decimal,
    memo: str = "",
    frequency: str,
    starts_on: date,
    ends_on: date | None = None,
    actor_id: uuid.UUID,
    now: datetime | None = None,
    idempotency_key: str | None = None,
) -> Schedule:
    """Order a transfer for a day, or for it and every week or month after until `ends_on`: days of the client's zone.

    Whether there is money, and whether the day's limit allows it, is seen on each day. Raises `UnknownFrequency`,
    `StartsInThePast`, `EndsBeforeStart`, `TooManySchedules`, a refusal of `core.idempotency`, and of `transfer`'s those
    about amount, memo, numbers and accounts.
    """
    amount, memo, target = checked_amount(amount), checked_memo(memo), account_number(target)
    if frequency not in Frequency.values:
        raise UnknownFrequency
    ends_on = None if frequency == Frequency.ONCE else ends_on
    arguments = (client_id, source, target, amount, memo, frequency, starts_on, ends_on)

    def ordered() -> dict[str, str]:
        _check_dates(starts_on, ends_on, today)
        if ScheduledTransfer.objects.filter(client_id=client_id, state__in=UNFINISHED).count() >= LISTED_AT_MOST:
            raise TooManySchedules(most=LISTED_AT_MOST)
        giver, taker = _parties(client_id, source, target)
        made = ScheduledTransfer.objects.create(
            id=uuid7(),
            client_id=client_id,
            source_id=giver.id,
            target_id=taker.id,
            amount=amount,
            currency=giver.currency,
            memo=memo,
            frequency=frequency,
            starts_on=starts_on,
            ends_on=ends_on,
            next_due=starts_on,
            created_by=actor_id,
        )
        payload = {
            **told(made, source, target),
            "frequency": frequency,
            "starts_on": starts_on,
            "ends_on": ends_on,
        }
        record("banking.transfer_scheduled", payload, actor_id=actor_id)
        return {"id": str(made.pk)}

    with transaction.atomic():
        # Against the account being closed meanwhile: closing it locks the client's row as well.
        client = lock_client(client_id)
        today = today_in(zone_of(client.time_zone), now or timezone.now())
        request = idempotency.request_hash("schedule_transfer", *arguments)
        answer = idempotency.once(ordered, actor_id=actor_id, key=idempotency_key, request=request)
        return replace(schedule_for(client_id, uuid.UUID(str(answer["id"]))), replayed="replayed" in answer)


def preview_schedule(
    *,
    client_id: uuid.UUID,
    source: str,
    target: str,
    amount: Decimal,
    memo: str = "",
    frequency: str,
    starts_on: date,
    ends_on: date | None = None,
    actor_id: uuid.UUID,
) -> Schedule:
    """What `schedule_transfer` would answer now, with the holder's masked name: the real thing, undone. Raises as it
    does.
    """
    with transaction.atomic():
        try:
            return schedule_transfer(
                client_id=client_id,
                source=source,
                target=target,
                amount=amount,
                memo=memo,
                frequency=frequency,
                starts_on=starts_on,
                ends_on=ends_on,
                actor_id=actor_id,
            )
        finally:
            transaction.set_rollback(True)


def pause_schedule(*, client_id: uuid.UUID, schedule_id: uuid.UUID, actor_id: uuid.UUID) -> Schedule:
    """Let dates go by without a transfer; paused already, it stays so. Raises `ScheduleNotFound`, `ScheduleOver`."""
    with transaction.atomic():
        schedule = _unfinished(client_id, schedule_id)
        if schedule.state == ScheduleState.ACTIVE:
            ScheduledTransfer.objects.filter(pk=schedule_id).update(state=ScheduleState.PAUSED)
            payload = {"schedule_id": schedule_id, "client_id": client_id}
            record("banking.schedule_paused", payload, actor_id=actor_id)
        return schedule_for(client_id, schedule_id)


def resume_schedule(
    *, client_id: uuid.UUID, schedule_id: uuid.UUID, actor_id: uuid.UUID, now: datetime | None = None
) -> Schedule:
    """Go on with the first date from today on; those that went by in the pause are not made up for.

    Without a date left it is finished. Raises `ScheduleNotFound`, `ScheduleOver`.
    """
    with transaction.atomic():
        schedule = _unfinished(client_id, schedule_id)
        if schedule.state == ScheduleState.PAUSED:
            today = today_in(zone_of(schedule.client.time_zone), now or timezone.now())
            due = schedule.next_due
            if due is not None and due < today:
                due = due_after(schedule, today - timedelta(days=1))
            state = ScheduleState.ACTIVE if due else ScheduleState.FINISHED
            ScheduledTransfer.objects.filter(pk=schedule_id).update(state=state, next_due=due)
            payload = {"schedule_id": schedule_id, "client_id": client_id, "next_due": due}
            record("banking.schedule_resumed", payload, actor_id=actor_id)
        return schedule_for(client_id, schedule_id)


def cancel_schedule(*, client_id: uuid.UUID, schedule_id: uuid.UUID, actor_id: uuid.UUID) -> None:
    """Make none of the dates still to come. Raises `ScheduleNotFound`, `ScheduleOver`."""
    with transaction.atomic():
        _unfinished(client_id, schedule_id)
        ScheduledTransfer.objects.filter(pk=schedule_id).update(state=ScheduleState.CANCELLED, next_due=None)
        payload = {"schedule_id": schedule_id, "client_id": client_id}
        record("banking.schedule_cancelled", payload, actor_id=actor_id)


def due_after(schedule: ScheduledTransfer, after: date) -> date | None:
    return next_due(Frequency(schedule.frequency), schedule.starts_on, schedule.ends_on, after=after)


def told(schedule: ScheduledTransfer, source: str, target: str) -> dict[str, object]:
    """What every event about a scheduled transfer says of it."""
    return {
        "schedule_id": schedule.pk,
        "client_id": schedule.client_id,
        "amount": schedule.amount,
        "currency": schedule.currency,
        "account": masked_number(source),
        "counterparty_account": masked_number(target),
    }


def _unfinished(client_id: uuid.UUID, schedule_id: uuid.UUID) -> ScheduledTransfer:
    """Locked, so that no date is run meanwhile."""
    schedule = (
        ScheduledTransfer.objects.select_for_update(of=("self",), no_key=True)
        .select_related("client")
        .filter(client_id=client_id, pk=schedule_id)
        .first()
    )
    if schedule is None:
        raise ScheduleNotFound
    if schedule.state not in UNFINISHED:
        raise ScheduleOver(state=schedule.get_state_display().lower())
    return schedule


def _check_dates(starts_on: date, ends_on: date | None, today: date) -> None:
    if not today <= starts_on <= today + FURTHEST:
        raise StartsInThePast(today=today.isoformat())
    if ends_on is not None and ends_on < starts_on:
        raise EndsBeforeStart


def _parties(client_id: uuid.UUID, source: str, target: str) -> tuple[BankAccount, BankAccount]:
    """What can be told beforehand of the accounts. (A frozen one may be free again by then.)"""
    try:
        giver = account_for(client_id, source)
    except AccountNotFound:
        raise SourceNotFound from None
    try:
        taker = any_account(target)
    except AccountNotFound:
        raise TargetNotFound from None
    if giver.id == taker.id:
        raise SameAccount
    if giver.currency != taker.currency:
        raise CurrencyMismatch(source_currency=giver.currency, target_currency=taker.currency)
    if giver.state == AccountState.CLOSED:
        raise SourceNotOpen(number=source)
    if taker.state == AccountState.CLOSED:
        raise TargetNotOpen(number=target)
    return giver, taker
