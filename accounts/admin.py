from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from allauth.account import admin as allauth_admin
from allauth.account.models import EmailAddress
from allauth.mfa import admin as factors_admin
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as sessions_admin
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import admin_clients, admin_places
from accounts.access import signed_in
from accounts.models import User
from accounts.services.registration import EmailTaken
from accounts.services.second_factor import is_required
from accounts.services.users import UserChanges, create_staff, update_user
from accounts.spelling import check_name, normalised_email, one_line
from core.admin_tables import BoundedAdmin, moment_column
from core.errors import DomainError
from core.forms import show_refusal
from events.services import record

# What a user may do follows from their role, and their one address is on their own page.
admin.site.unregister(Group)
# Whoever reads the key of a session is who it belongs to; and a second factor that is changed here tells nobody.
assert allauth_admin  # these are imported to have registered what is taken away here
assert factors_admin
assert sessions_admin
admin.site.unregister((EmailAddress, Authenticator, UserSession))
assert admin_clients  # imported to have their tables registered
assert admin_places


class Person:
    """Keeps the one spelling of names and addresses that registering keeps."""

    cleaned_data: dict[str, Any]
    instance: User

    def clean_email(self) -> str:
        email = normalised_email(self.cleaned_data["email"])
        if User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(EmailTaken.message)
        return email

    def clean_full_name(self) -> str:
        name = one_line(self.cleaned_data["full_name"])
        check_name(name)
        return name


class UserForm(Person, UserChangeForm):
    """Never shows or takes a password's hash. Tries the service before the admin saves, so that a refusal is beside
    its field.
    """

    actor: User

    def changes(self) -> UserChanges:
        known = UserChanges.__annotations__
        return cast(UserChanges, {name: self.cleaned_data[name] for name in self.changed_data if name in known})

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] | None = super().clean()
        if not self.errors:
            try:
                with transaction.atomic():
                    update_user(user_id=self.instance.pk, changes=self.changes(), actor_id=self.actor.pk)
                    transaction.set_rollback(True)
            except DomainError as refusal:
                show_refusal(self, refusal)
        return cleaned


class NewUserForm(Person, AdminUserCreationForm):
    """For staff; clients come to be by registering."""


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
        (_("Perfil"), {"fields": ("gender", "birth_date", "city", "xp_total")}),
        (_("Permisos"), {"fields": ("role", "is_active")}),
        (_("Fechas"), {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "full_name", "role", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)  # a class made for this request
        form.actor = signed_in(request)
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        actor_id = signed_in(request).pk
        if change:
            update_user(user_id=obj.pk, changes=form.changes(), actor_id=actor_id)
        else:
            create_staff(obj, actor_id=actor_id)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What somebody else did between the form's check and the save is said above the page."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(request.get_full_path())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """With the way to the page where a lost second factor is taken away, for whoever may."""
        person: User | None = context.get("original")
        if person and person != request.user and self.has_change_permission(request) and is_required(person):
            context["second_factor_url"] = reverse("users:second_factor", args=[person.username])
        return super().render_change_form(request, context, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            if request.method == "POST" and answer.status_code == HTTPStatus.FOUND:
                record("accounts.password_reset", {"user_id": id}, actor_id=signed_in(request).pk)
        return answer
