from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin_tables import ReadOnlyAdmin, moment_column, money_column
from core.ids import receipt_number
from funds.models import Fund, Subscription

amount = money_column("amount", _("valor"))
opened_at = moment_column("opened_at", _("fecha"))
cancelled_at = moment_column("cancelled_at", _("fecha de cancelación"))


@admin.register(Fund)
class FundAdmin(admin.ModelAdmin):
    """What is on offer. A minimum binds new subscriptions only; an inactive fund takes none and can still be left."""

    list_display = ("id", "name", "category", money_column("minimum", _("monto mínimo")), "is_active")
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
    list_display = ("receipt", "client", "fund", amount, opened_at, cancelled_at)
    fields = readonly_fields = (
        "receipt", "transaction", "client", "fund", amount, opened_at, "cancellation", cancelled_at,
    )  # fmt: skip
    list_select_related = ("client", "fund")
    ordering = ("-opened_at", "-transaction")
    uuid_fields = ("transaction_id", "client_id")
    text_fields = ("client__email",)
    search_help_text = _("Identificador de la suscripción o del cliente, o correo exacto del cliente")

    @admin.display(description=_("Comprobante"))
    def receipt(self, subscription: Subscription) -> str:
        return receipt_number(subscription.pk)
