from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.admin_tables import ReadOnlyAdmin, moment_column
from events.models import Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("number", "name", "actor_id", moment_column("recorded_at", _("fecha")))
    ordering = ("-seq",)
    uuid_fields = ("id", "actor_id")
    text_fields = ("name",)
    search_help_text = _("Identificador del evento o del actor, o nombre exacto del evento")

    @admin.display(description=_("número"), ordering="seq")
    def number(self, event: Event) -> int:
        return event.seq
