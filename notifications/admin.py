"""What was sent to whom, every attempt at it, and sending it again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.access import signed_in
from accounts.models import Role
from core.admin_tables import ReadOnlyAdmin, moment_column, named_column
from core.errors import DomainError
from notifications.models import Attempt, Delivery
from notifications.rules import RULES
from notifications.services.notices import DECLINED, OLD, RECENT
from notifications.services.sending import resend

happened_at = moment_column("happened_at", _("fecha del hecho"))
created_at = moment_column("created_at", _("fecha"))
sent_at = moment_column("sent_at", _("enviado"))
next_attempt_at = moment_column("next_attempt_at", _("próximo intento"))
notice = named_column("kind", _("aviso"), {kind: rule.title for kind, rule in RULES.items()})
reason = named_column(
    "reason",
    _("motivo"),
    {
        OLD: _("Pasó hace demasiado tiempo"),
        DECLINED: _("No quiere estos mensajes"),
        RECENT: _("Ya se le avisó hace poco"),
    },
)


class AttemptInline(admin.TabularInline):
    model = Attempt
    extra = 0
    can_delete = False
    ordering = ("id",)
    fields = readonly_fields = (
        moment_column("begun_at", _("fecha")), "channel", "destination", "result", "detail",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Staff from support up may send something once more: it goes to where its person is reached now."""

    list_display = (created_at, notice, "destination", "channel", "state", "attempts_made", sent_at, reason)
    list_display_links = (created_at, notice)
    list_filter = ("state", "channel")
    fields = readonly_fields = (
        "id", "event_id", notice, "user", "client", "channel", "destination", "language", "params", happened_at,
        created_at, "state", reason, "attempts_made", next_attempt_at, sent_at,
    )  # fmt: skip
    inlines = (AttemptInline,)
    ordering = ("-created_at", "-id")
    uuid_fields = ("id", "event_id", "user_id", "client_id")
    text_fields = ("destination", "user__username")
    search_help_text = _("Identificador del envío, del evento o de la persona; usuario o destino exactos")
    actions = ("send_again",)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return Role(signed_in(request).role).reaches(Role.SUPPORT)

    @admin.action(description=_("Enviar de nuevo"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        sent = 0
        for delivery in queryset:
            try:
                resend(delivery_id=delivery.pk, actor_id=signed_in(request).pk)
            except DomainError as refusal:
                self.message_user(request, f"{delivery}: {refusal}", messages.WARNING)
            else:
                sent += 1
        if sent:
            text = ngettext("%(count)s aviso se enviará de nuevo.", "%(count)s avisos se enviarán de nuevo.", sent)
            self.message_user(request, text % {"count": sent}, messages.SUCCESS)
