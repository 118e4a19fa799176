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
