"""Transfers to come: what a client has ordered for a date, and what became of it on each."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from banking.models.transfers import LONGEST_MEMO
from core.ids import uuid7
from ledger.models import Account, Transaction


class Frequency(models.TextChoices):
    ONCE = "once", _("Una vez")
    WEEKLY = "weekly", _("Cada semana")
    MONTHLY = "monthly", _("Cada mes")


class ScheduleState(models.TextChoices):
    ACTIVE = "active", _("Activa")
    PAUSED = "paused", _("En pausa")
    FINISHED = "finished", _("Terminada")
    CANCELLED = "cancelled", _("Cancelada")


UNFINISHED = (ScheduleState.ACTIVE, ScheduleState.PAUSED)


class RunOutcome(models.TextChoices):
    MADE = "made", _("Realizada")
    SKIPPED = "skipped", _("No realizada")


class ScheduledTransfer(models.Model):
    """An order to transfer on a date, or on it and every week or month after. Dates are days of the client's own zone.

    `next_due` is the first date not yet run, null once there is none.
    """

    id = models.UUIDField(_("identificador"), primary_key=True, default=uuid7, editable=False)
    client = models.ForeignKey(Client, models.PROTECT, related_name="+", db_index=False, verbose_name=_("cliente"))
    source = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("cuenta de origen"))
    target = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("cuenta de destino"))
    amount = models.DecimalField(_("valor"), max_digits=19, decimal_places=2)
    currency = models.CharField(_("moneda"), max_length=3)
    memo = models.CharField(_("concepto"), max_length=LONGEST_MEMO, blank=True)
    frequency = models.CharField(_("frecuencia"), max_length=7, choices=Frequency)
    starts_on = models.DateField(_("primera fecha"))
    ends_on = models.DateField(_("última fecha"), null=True)
    next_due = models.DateField(_("próxima fecha"), null=True)
    state = models.CharField(_("estado"), max_length=9, choices=ScheduleState, default=ScheduleState.ACTIVE)
    created_by = models.UUIDField(_("ordenada por"), editable=False)
    created_at = models.DateTimeField(_("alta"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("transferencia programada")
        verbose_name_plural = _("transferencias programadas")
        indexes = [
            models.Index(fields=["client", "-created_at"], name="banking_schedules"),
            models.Index(fields=["next_due", "id"], condition=Q(state="active"), name="banking_due"),
        ]
        constraints = [
            models.CheckConstraint(name="banking_schedule_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="banking_schedule_between_two", condition=~Q(source=F("target"))),
            models.CheckConstraint(
                name="banking_schedule_dates", condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="banking_schedule_state",
                condition=Q(state__in=["active", "paused"], next_due__isnull=False)
                | Q(state__in=["finished", "cancelled"], next_due__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ScheduledRun(models.Model):
    """What became of a scheduled transfer on one of its dates; a date has one run, so it is paid once."""

    schedule = models.ForeignKey(
        ScheduledTransfer, models.PROTECT, related_name="runs", db_index=False, verbose_name=_("programación")
    )
    due_on = models.DateField(_("fecha debida"))
    outcome = models.CharField(_("resultado"), max_length=7, choices=RunOutcome)
    reason = models.CharField(_("motivo"), max_length=64, blank=True, help_text=_("Código de la negativa."))
    transaction = models.OneToOneField(
        Transaction, models.PROTECT, null=True, related_name="+", verbose_name=_("transacción")
    )
    ran_at = models.DateTimeField(_("momento"), default=timezone.now)

    class Meta:
        verbose_name = _("ejecución programada")
        verbose_name_plural = _("ejecuciones programadas")
        constraints = [
            models.UniqueConstraint(fields=["schedule", "due_on"], name="banking_one_run_per_date"),
            models.CheckConstraint(
                name="banking_run_outcome",
                condition=Q(outcome="made", transaction__isnull=False, reason="")
                | (Q(outcome="skipped", transaction__isnull=True) & ~Q(reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.due_on}"
