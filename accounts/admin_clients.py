"""Clients in the admin, changed through their services. They come to be by registering or in the directory."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.access import signed_in
from accounts.models import Client, User
from accounts.services.clients import ClientChanges, update_client
from core.admin_tables import BoundedAdmin, moment_column
from core.errors import DomainError
from core.forms import show_refusal


class ClientForm(forms.ModelForm):
    """Tries the service before the admin saves, so that a refusal is beside its field."""

    actor: User

    def changes(self) -> ClientChanges:
        return cast(ClientChanges, {name: self.cleaned_data[name] for name in self.changed_data})

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] | None = super().clean()
        if not self.errors:
            try:
                with transaction.atomic():
                    update_client(client_id=self.instance.pk, actor_id=self.actor.pk, changes=self.changes())
                    transaction.set_rollback(True)
            except DomainError as refusal:
                show_refusal(self, refusal)
        return cleaned

    def validate_unique(self) -> None:
        """The service has said it."""

    def validate_constraints(self) -> None:
        """The service has said it, of the tidied values that it writes."""


@admin.register(Client)
class ClientAdmin(BoundedAdmin):
    """Nobody is deleted; letting a client go, or back in, is done in the directory, which asks first."""

    form = ClientForm
    list_display = (
        "full_name",
        "email",
        "tax_id_kind",
        "tax_id",
        "is_active",
        "cash_account",
        moment_column("created_at", _("alta")),
    )
    list_filter = ("is_active",)
    list_select_related = ("cash_account",)
    uuid_fields = ("id", "user_id")
    text_fields = ("email__iexact", "cash_account__number", "tax_id", "full_name__icontains")
    search_help_text = _("Nombre, o correo, identificación, número de cuenta o identificador exactos")
    ordering = ("-created_at",)
    readonly_fields = ("id", "user", "cash_account", "tax_id_verified", "is_active", "deactivated_at", "created_at")
    fields = (
        "id",
        "full_name",
        "email",
        "tax_id_kind",
        "tax_id",
        "tax_id_verified",
        "notify_channel",
        "notify_destination",
        "time_zone",
        "is_active",
        "deactivated_at",
        "user",
        "cash_account",
        "created_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Client | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)  # a class made for this request
        form.actor = signed_in(request)
        return form

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        update_client(client_id=obj.pk, actor_id=signed_in(request).pk, changes=form.changes())

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What somebody else did between the form's check and the save is said above the page."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(request.get_full_path())
