"""Documents are written by consumers of events and never changed, but for a notification that is read.

Keys are given (Mongo's own `_id`), so whatever is written twice is one document. JSON is looked up by its keys only.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BusinessEvent(models.Model):
    """An event as it was published, for whoever wants to know what happened."""

    id = models.UUIDField(_("identificador"), primary_key=True, db_column="_id")
    position = models.BigIntegerField(_("posición"), unique=True)
    name = models.CharField(_("evento"), max_length=64)
    version = models.PositiveSmallIntegerField(_("versión"))
    holder_id = models.UUIDField(_("titular"), null=True)
    actor_id = models.UUIDField(_("actor"), null=True)
    payload = models.JSONField(_("contenido"))
    ts = models.DateTimeField(_("fecha"))

    class Meta:
        verbose_name = _("evento de negocio")
        verbose_name_plural = _("eventos de negocio")
        db_table = "business_events"
        indexes = [
            models.Index(fields=["-ts", "-position"], name="business_events_ts"),
            models.Index(fields=["name", "-ts", "-position"], name="business_events_name"),
            models.Index(fields=["holder_id", "-ts", "-position"], name="business_events_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class AuditLog(models.Model):
    """A link of the chain: who did what from where. `recorded_at` is the exact moment, `ts` one to search by."""

    id = models.UUIDField(_("identificador"), primary_key=True, db_column="_id")
    position = models.BigIntegerField(_("posición"), unique=True)
    event_type = models.CharField(_("hecho"), max_length=64)
    name = models.CharField(_("evento"), max_length=64)
    version = models.PositiveSmallIntegerField(_("versión"))
    user_id = models.UUIDField(_("usuario"), null=True)
    role = models.CharField(_("rol"), max_length=10, blank=True)
    ip = models.CharField(_("dirección IP"), max_length=64, blank=True)
    path = models.CharField(_("ruta"), max_length=2048, blank=True)
    request_id = models.CharField(_("petición"), max_length=64, blank=True)
    payload = models.JSONField(_("contenido"))
    ts = models.DateTimeField(_("fecha"))
    recorded_at = models.CharField(_("instante"), max_length=32)
    previous = models.CharField(_("huella anterior"), max_length=64)
    hash = models.CharField(_("huella"), max_length=64)

    class Meta:
        verbose_name = _("registro de auditoría")
        verbose_name_plural = _("registros de auditoría")
        db_table = "audit_logs"
        indexes = [
            models.Index(fields=["-ts", "-position"], name="audit_logs_ts"),
            models.Index(fields=["user_id", "-ts", "-position"], name="audit_logs_user"),
            models.Index(fields=["event_type", "-ts", "-position"], name="audit_logs_type"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.event_type}"


class Notification(models.Model):
    """Something told to a user: which rule, with what to fill its text in; shown in the language of who reads it."""

    id = models.UUIDField(_("identificador"), primary_key=True, db_column="_id")
    user_id = models.UUIDField(_("usuario"))
    event_id = models.UUIDField(_("evento"))
    kind = models.CharField(_("aviso"), max_length=64)
    params = models.JSONField(_("contenido"))
    ts = models.DateTimeField(_("fecha"))
    read_at = models.DateTimeField(_("leído"), null=True)

    class Meta:
        verbose_name = _("aviso")
        verbose_name_plural = _("avisos")
        db_table = "notifications"
        indexes = [
            models.Index(fields=["user_id", "-ts"], name="notifications_user"),
            models.Index(fields=["user_id", "read_at"], name="notifications_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
