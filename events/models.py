"""The event log and what keeps track of who has heard of which event."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """Something that happened, written once in the transaction in which it happened: audit trail and outbox in one.

    `seq` orders events as they were written. Rows come from `events_record` and are never changed or removed.
    """

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(_("identificador"), unique=True)
    name = models.CharField(_("evento"), max_length=64)
    version = models.PositiveSmallIntegerField(_("versión"))
    actor_id = models.UUIDField(_("actor"), null=True)
    payload = models.JSONField(_("contenido"))
    context = models.JSONField(_("origen"))
    recorded_at = models.DateTimeField(_("fecha"))

    class Meta:
        verbose_name = _("evento")
        verbose_name_plural = _("eventos")
        indexes = [
            models.Index(fields=["actor_id", "-seq"], name="events_by_actor"),
            models.Index(fields=["name", "-seq"], name="events_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class Unsealed(models.Model):
    """An event that has no seal yet: written with the event by `events_record`, removed with its sealing."""

    seq = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "events_unsealed"

    def __str__(self) -> str:
        return str(self.seq)


class Seal(models.Model):
    """An event's link in the chain: its position, without gaps, and the SHA-256 over it and the link before.

    `lane` is one of `LANES`, the same for all events of one holder. Rows are never changed or removed.
    """

    position = models.BigIntegerField(_("posición"), primary_key=True)
    # No constraint: an event is never removed, and one look-up less while sealing.
    event = models.OneToOneField(
        Event, models.PROTECT, related_name="seal", db_constraint=False, verbose_name=_("evento")
    )
    lane = models.PositiveSmallIntegerField()
    hash = models.BinaryField(_("huella"), max_length=32)
    sealed_at = models.DateTimeField(_("sellado"))

    class Meta:
        verbose_name = _("sello")
        verbose_name_plural = _("sellos")
        indexes = [models.Index(fields=["lane", "position"], name="events_lane_order")]

    def __str__(self) -> str:
        return str(self.position)


class Lane(models.Model):
    """How far the sealed events of a lane are published. Whoever publishes holds the lane's advisory lock."""

    lane = models.PositiveSmallIntegerField(primary_key=True)
    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.lane)


class InboxState(models.TextChoices):
    FAILED = "failed", _("Falló, se reintenta")
    DONE = "done", _("Hecho")
    PARKED = "parked", _("Apartado")


class InboxItem(models.Model):
    """What a consumer has made of an event. One row per consumer and event makes a second delivery harmless."""

    consumer = models.CharField(_("consumidor"), max_length=32)
    event_id = models.UUIDField(_("evento"))
    position = models.BigIntegerField(_("posición"))
    state = models.CharField(_("estado"), max_length=6, choices=InboxState)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    reason = models.TextField(_("motivo"), blank=True, default="")
    updated_at = models.DateTimeField(_("fecha"))

    class Meta:
        verbose_name = _("mensaje recibido")
        verbose_name_plural = _("mensajes recibidos")
        constraints = [models.UniqueConstraint(fields=["consumer", "event_id"], name="events_once_per_consumer")]
        indexes = [
            models.Index(fields=["consumer", "-position"], name="events_inbox_progress"),
            models.Index(
                fields=["consumer", "position"], name="events_inbox_trouble", condition=~models.Q(state="done")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id}"


class Progress(models.Model):
    """A note of how far a consumer is: everything up to `position` is done or parked. It may be a little behind."""

    consumer = models.CharField(primary_key=True, max_length=32)
    position = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "events_progress"

    def __str__(self) -> str:
        return f"{self.consumer} {self.position}"
