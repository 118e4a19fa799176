"""Changing one's password, and setting a new one from a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import forms as allauth
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.password_reset import request_password_reset
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.queries.identifiers import user_called
from accounts.services import sign_in
from accounts.services.passwords import UnfitPassword, check_fit, reset_password

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_PASSWORD = 1024


def password_field(label: StrOrPromise, autocomplete: str, help_text: StrOrPromise = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


ADVICE = _("Al menos 8 caracteres. Una frase larga es mejor que un enredo corto; no hace falta mezclar signos.")


class ChangePasswordForm(forms.Form):
    old_password = password_field(_("Contraseña actual"), "current-password")
    new_password = password_field(_("Contraseña nueva"), "new-password", ADVICE)


class AskForResetForm(allauth.ResetPasswordForm):
    """Mails a link to the one address a user has; to whoever has none here, a mail that says so.

    A mail goes out either way, so neither the page nor the time it takes tells who is here.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Correo electrónico")
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        user = user_called(email)
        self.users = [user] if user and user.is_active else []
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        sign_in.reset_requested(email)
        # To the address on file, not to what was typed: other spellings can be other people's mailboxes.
        request_password_reset(
            request, self.users[0].email if self.users else email, self.users, default_token_generator
        )
        return email


class ResetForm(forms.Form):
    """The new password at the end of a mailed link."""

    password1 = password_field(_("Contraseña nueva"), "new-password", ADVICE)

    def __init__(self, *args: Any, user: User | None = None, temp_key: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        assert self.user
        try:
            check_fit(password, self.user)
        except UnfitPassword as refusal:
            raise forms.ValidationError(refusal.faults) from None
        return password

    def save(self) -> None:
        assert self.user
        reset_password(self.user, self.cleaned_data["password1"])
