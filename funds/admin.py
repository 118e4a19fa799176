from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin_tables import ReadOnlyAdmin
from funds.models import Fund, Subscription


@admin.register(Fund)
class FundAdmin(admin.ModelAdmin):
    """What is on offer. A minimum binds new subscriptions only; an inactive fund takes none and can still be left."""

    list_display = ("id", "name", "category", "minimum", "currency", "is_active")
    list_display_links = ("id", "name")
    list_filter = ("category", "is_active")
    search_fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Fund | None = None) -> tuple[str, ...]:
        """A fund that somebody has held keeps its currency: the positions are accounts in it."""
        return ("currency",) if obj and obj.positions.exists() else ()

    def has_delete_permission(self, request: HttpRequest, obj: Fund | None = None) -> bool:
        unused = obj is None or not obj.positions.exists()
        return unused and super().has_delete_permission(request, obj)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("transaction_id", "client", "fund", "amount", "currency", "opened_at", "cancelled_at")
    list_select_related = ("client", "fund")
    ordering = ("-opened_at", "-transaction")
    uuid_fields = ("transaction_id", "client_id")
    text_fields = ("client__email",)
    search_help_text = _("Identificador de la suscripción o del cliente, o correo exacto del cliente")
