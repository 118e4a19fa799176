from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.admin_tables import ReadOnlyAdmin
from events.models import Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("seq", "name", "actor_id", "recorded_at")
    ordering = ("-seq",)
    uuid_fields = ("id", "actor_id")
    text_fields = ("name",)
    search_help_text = _("Identificador del evento o del actor, o nombre exacto del evento")
