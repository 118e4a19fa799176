from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as allauth
from django.forms import BaseForm
from django.utils.translation import gettext_lazy as _

from accounts import lockout
from accounts.models import User


class CheckedCode(BaseForm):
    """A code counted, locked out and spent as the API's are."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Código")
        field.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 64}

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        found = lockout.check_code(context.request, self.user, code)
        if found is None:
            raise get_adapter().validation_error("incorrect_code")
        found.user = self.user
        self.authenticator = found
        return code


class SignInCodeForm(CheckedCode, allauth.AuthenticateForm):
    pass


class ConfirmCodeForm(CheckedCode, allauth.ReauthenticateForm):
    pass
