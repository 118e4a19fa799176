from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, User
from accounts.services import normalised_email
from core.admin_tables import BoundedPaginator


class UserForm(forms.ModelForm):
    def clean_email(self) -> str:
        return normalised_email(self.cleaned_data["email"])


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Nobody is deleted: a user who leaves is made inactive, and what they did stays theirs."""

    form = UserForm
    list_display = ("username", "email", "full_name", "role", "is_active", "date_joined")
    list_filter = ("role", "is_active")
    search_fields = ("=username", "=email", "full_name")
    ordering = ("-id",)
    filter_horizontal = ()
    readonly_fields = ("id", "date_joined", "last_login")
    paginator = BoundedPaginator
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("id", "username", "email", "full_name", "password")}),
        (_("Permisos"), {"fields": ("role", "is_active")}),
        (_("Fechas"), {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "full_name", "role", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(Client)
class ClientAdmin(admin.ModelAdmin):
    """Clients come to be by registering, which opens their account."""

    list_display = ("full_name", "email", "cash_account", "notify_channel", "created_at")
    list_select_related = ("cash_account",)
    search_fields = ("=email", "=cash_account__number", "full_name")
    search_help_text = _("Nombre, correo exacto o número de cuenta exacto")
    ordering = ("-created_at",)
    readonly_fields = ("id", "user", "cash_account", "created_at")
    fields = ("id", "full_name", "email", "notify_channel", "notify_destination", "user", "cash_account", "created_at")
    paginator = BoundedPaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return False
