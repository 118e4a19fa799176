"""Transfers to come, by whose they are."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection
from django.utils.translation import gettext_lazy as _

from banking.models import Frequency, RunOutcome, ScheduledRun, ScheduleState
from core.errors import NotFound
from core.ids import receipt_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What a refusal's code tells whoever ordered the transfer and was not there.
REASONS: Mapping[str, StrOrPromise] = {
    "insufficient_funds": _("No había saldo suficiente."),
    "account_not_open": _("Una de las dos cuentas estaba congelada o cerrada."),
    "daily_limit_exceeded": _("Superaba el límite diario para transferir a otras personas."),
}
ANY_OTHER_REASON = _("No se pudo hacer ese día.")
LISTED_AT_MOST = 200
RUNS_SHOWN = 60


class ScheduleNotFound(NotFound):
    code = "scheduled_transfer_not_found"
    message = _("No encontramos esa transferencia programada.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A scheduled transfer; `counterparty` is the other's masked name, absent between own accounts.

    `replayed` says that an earlier call ordered it.
    """

    id: uuid.UUID
    source: str
    target: str
    counterparty: str | None
    amount: Decimal
    currency: str
    memo: str
    frequency: Frequency
    starts_on: date
    ends_on: date | None
    next_due: date | None
    state: ScheduleState
    created_at: datetime
    replayed: bool = False

    @property
    def frequency_label(self) -> str:
        return str(self.frequency.label)

    @property
    def state_label(self) -> str:
        return str(self.state.label)


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one date; `reason` is the code of the refusal where nothing was moved."""

    due_on: date
    outcome: RunOutcome
    reason: str
    transaction_id: uuid.UUID | None
    ran_at: datetime

    @property
    def outcome_label(self) -> str:
        return str(self.outcome.label)

    @property
    def reason_text(self) -> str:
        return str(REASONS.get(self.reason, ANY_OTHER_REASON))

    @property
    def number(self) -> str:
        return receipt_number(self.transaction_id) if self.transaction_id else ""


def schedules_of(client_id: uuid.UUID) -> list[Schedule]:
    """A client's scheduled transfers, those still to come first, then the newest; no more than `LISTED_AT_MOST`."""
    return _schedules("s.client_id = %s", [client_id])


def schedule_for(client_id: uuid.UUID, schedule_id: uuid.UUID) -> Schedule:
    """One of the client's. Raises `ScheduleNotFound`."""
    found = _schedules("s.client_id = %s AND s.id = %s", [client_id, schedule_id])
    if not found:
        raise ScheduleNotFound
    return found[0]


def runs_of(schedule: Schedule) -> list[Run]:
    """What became of its last dates, the latest first."""
    runs = ScheduledRun.objects.filter(schedule_id=schedule.id).order_by("-due_on")[:RUNS_SHOWN]
    return [Run(run.due_on, RunOutcome(run.outcome), run.reason, run.transaction_id, run.ran_at) for run in runs]


def _schedules(condition: str, arguments: list[uuid.UUID]) -> list[Schedule]:
    with connection.cursor() as cur:
        cur.execute(
            f"""SELECT s.id, source.number, target.number,
                       CASE WHEN target.holder_id <> s.client_id THEN banking_masked_name(other.full_name) END,
                       s.amount, s.currency, s.memo, s.frequency, s.starts_on, s.ends_on, s.next_due, s.state,
                       s.created_at
                FROM banking_scheduledtransfer s
                JOIN ledger_account source ON source.id = s.source_id
                JOIN ledger_account target ON target.id = s.target_id
                JOIN accounts_client other ON other.id = target.holder_id
                WHERE {condition} ORDER BY s.next_due IS NULL, s.created_at DESC, s.id DESC LIMIT {LISTED_AT_MOST}""",
            arguments,
        )
        return [
            Schedule(
                id=row[0],
                source=row[1],
                target=row[2],
                counterparty=row[3],
                amount=row[4],
                currency=row[5],
                memo=row[6],
                frequency=Frequency(row[7]),
                starts_on=row[8],
                ends_on=row[9],
                next_due=row[10],
                state=ScheduleState(row[11]),
                created_at=row[12],
            )
            for row in cur.fetchall()
        ]
