from __future__ import annotations

from django.contrib import admin
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from core.admin_tables import ReadOnlyAdmin, json_column, moment_column
from events.models import Event, InboxItem

recorded_at = moment_column("recorded_at", _("fecha"))
updated_at = moment_column("updated_at", _("fecha"))


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("number", "name", "actor_id", recorded_at)
    list_filter = ("recorded_at",)
    fields = readonly_fields = (
        "number", "id", "name", "version", "actor_id", recorded_at,
        json_column("payload", _("contenido")), json_column("context", _("origen")),
    )  # fmt: skip
    ordering = ("-seq",)
    uuid_fields = ("id", "actor_id")
    text_fields = ("name",)
    search_help_text = _("Identificador del evento o del actor, o nombre exacto del evento")

    @admin.display(description=_("número"), ordering="seq")
    def number(self, event: Event) -> int:
        return event.seq


@admin.register(InboxItem)
class InboxItemAdmin(ReadOnlyAdmin):
    """What each consumer has made of each event, and why it has set one aside."""

    list_display = ("event_id", "consumer", "position", "state", "attempts", "reason_in_short", updated_at)
    list_filter = ("state",)
    fields = readonly_fields = ("event_id", "consumer", "position", "state", "attempts", "reason", updated_at)
    ordering = ("-position", "-pk")
    uuid_fields = ("event_id",)
    text_fields = ("consumer",)
    search_help_text = _("Identificador del evento, o nombre exacto del consumidor")

    @admin.display(description=_("motivo"))
    def reason_in_short(self, item: InboxItem) -> str:
        return Truncator(item.reason).chars(100)
