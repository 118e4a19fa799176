"""Looking documents up; nobody writes them here. The same in PostgreSQL and in MongoDB."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.admin_tables import ReadOnlyAdmin, json_column, moment_column
from events.documents.models import AuditLog, BusinessEvent, Notification

ts = moment_column("ts", _("fecha"))
payload = json_column("payload", _("contenido"))


@admin.register(BusinessEvent)
class BusinessEventAdmin(ReadOnlyAdmin):
    list_display = ("position", "name", "holder_id", "actor_id", ts)
    list_filter = ("ts",)
    fields = readonly_fields = ("position", "id", "name", "version", "holder_id", "actor_id", "ts", payload)
    ordering = ("-position",)
    uuid_fields = ("id", "holder_id", "actor_id")
    text_fields = ("name",)
    search_help_text = _("Identificador del evento, del titular o del actor, o nombre exacto del evento")


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnlyAdmin):
    list_display = ("position", "event_type", "user_id", "role", "ip", ts)
    list_filter = ("ts",)
    fields = readonly_fields = (
        "position", "id", "event_type", "name", "version", "user_id", "role", "ip", "path", "request_id",
        "recorded_at", payload, "previous", "hash",
    )  # fmt: skip
    ordering = ("-position",)
    uuid_fields = ("id", "user_id")
    text_fields = ("event_type", "name")
    search_help_text = _("Identificador del evento o del usuario, o nombre exacto del hecho")


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("kind", "user_id", ts, moment_column("read_at", _("leído")))
    list_display_links = ("kind",)
    list_filter = ("ts",)
    fields = readonly_fields = ("id", "kind", "user_id", "event_id", "ts", "read_at", json_column("params", _("datos")))
    ordering = ("-ts", "pk")
    uuid_fields = ("id", "user_id", "event_id")
    text_fields = ("kind",)
    search_help_text = _("Identificador del aviso, del usuario o del evento, o nombre exacto del aviso")
