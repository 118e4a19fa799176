from __future__ import annotations

from allauth.account import admin as allauth_admin
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import admin_places
from accounts.models import Client, User
from accounts.services.registration import EmailTaken
from accounts.spelling import normalised_email
from core.admin_tables import BoundedAdmin, moment_column

# What a user may do follows from their role, and their one address is on their own page.
admin.site.unregister(Group)
assert allauth_admin  # imported to have registered what is taken away here
admin.site.unregister(EmailAddress)
assert admin_places  # imported to have its tables registered


class OneEmail:
    """Keeps the one spelling per address that registering keeps."""

    cleaned_data: dict[str, str]
    instance: User

    def clean_email(self) -> str:
        email = normalised_email(self.cleaned_data["email"])
        if User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(EmailTaken.message)
        return email


class UserForm(OneEmail, UserChangeForm):
    """Never shows or takes a password's hash."""


class NewUserForm(OneEmail, AdminUserCreationForm):
    pass


@admin.register(User)
class UserAdmin(BoundedAdmin, DjangoUserAdmin):
    """Nobody is deleted: a user who leaves is made inactive, and what they did stays theirs."""

    form = UserForm
    add_form = NewUserForm
    list_display = ("username", "email", "full_name", "role", "is_active", moment_column("date_joined", _("registro")))
    list_filter = ("role", "is_active")
    uuid_fields = ("id",)
    text_fields = ("username__iexact", "email__iexact", "full_name__icontains")
    search_help_text = _("Nombre, o usuario, correo o identificador exactos")
    ordering = ("-id",)
    filter_horizontal = ()
    readonly_fields = ("id", "date_joined", "last_login")
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
class ClientAdmin(BoundedAdmin):
    """Clients come to be by registering, which opens their account."""

    list_display = ("full_name", "email", "cash_account", "notify_channel", moment_column("created_at", _("alta")))
    list_select_related = ("cash_account",)
    uuid_fields = ("id", "user_id")
    text_fields = ("email__iexact", "cash_account__number", "full_name__icontains")
    search_help_text = _("Nombre, o correo, número de cuenta o identificador exactos")
    ordering = ("-created_at",)
    readonly_fields = ("id", "user", "cash_account", "created_at")
    fields = ("id", "full_name", "email", "notify_channel", "notify_destination", "user", "cash_account", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return False
