"""django-allauth's hooks, where signing in on the pages meets our services."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import force_bytes
from django.utils.translation import gettext_lazy as _

from accounts import lockout
from accounts.models import User
from accounts.services import devices, sign_in
from core import request_context

# What allauth mails about is what happened: the mail's template, our event and what its payload says.
SECOND_FACTOR_EVENTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "mfa/email/totp_activated": ("accounts.mfa_enabled", {"kind": "totp"}),
    "mfa/email/totp_deactivated": ("accounts.mfa_disabled", {"kind": "totp", "reason": ""}),
    "mfa/email/webauthn_added": ("accounts.mfa_enabled", {"kind": "webauthn"}),
    "mfa/email/webauthn_removed": ("accounts.mfa_disabled", {"kind": "webauthn", "reason": ""}),
    "mfa/email/recovery_codes_generated": ("accounts.mfa_codes_renewed", {}),
}

DEVICE_COOKIE = "dispositivo"  # by which a browser is known again when somebody signs in
WRONG = _("El usuario o la contraseña no son correctos.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # One for all: neither what was typed nor who is here shows in it.
        "email_password_mismatch": WRONG,
        "username_password_mismatch": WRONG,
        "incorrect_password": _("Esa no es su contraseña."),
    }

    def authenticate(self, request: HttpRequest, **credentials: object) -> AbstractBaseUser | None:
        """The user, if the password is right and the user active; any other reason to refuse looks the same.

        Raises `TooManyRequests` when locked out.
        """
        identifier = str(credentials.get("username") or credentials.get("email") or "")
        return lockout.check_password(request, identifier, str(credentials.get("password") or ""))

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: object) -> HttpResponse:
        assert isinstance(user, User)
        token = request.get_signed_cookie(DEVICE_COOKIE, default=None, salt=DEVICE_COOKIE) or secrets.token_urlsafe(16)
        sign_in.signed_in(user, devices.browser(token, request.headers.get("User-Agent", "")))
        response = super().post_login(request, user, **kwargs)
        response.set_signed_cookie(
            DEVICE_COOKIE,
            token,
            salt=DEVICE_COOKIE,
            max_age=devices.REMEMBERED_FOR,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
        )
        return response

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if user.is_authenticated:
            request_context.called_by(user.role)  # it is they who went, though nobody is here any more
            sign_in.signed_out(user.pk)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, object] | None = None,
        email: str | None = None,
    ) -> None:
        """Records what allauth would write to its user about: they are told by whoever hears of the event."""
        assert isinstance(user, User)
        if change := SECOND_FACTOR_EVENTS.get(template_prefix):
            sign_in.second_factor_changed(user, *change)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seeds of codes are kept encrypted: a copy of the database alone makes none."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("El código no es correcto o ya se usó."),
    }

    def encrypt(self, text: str) -> str:
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _vault().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": settings.SITE_NAME}


def _vault() -> MultiFernet:
    """Keys made from `SECRET_KEY` and, to read what older ones wrote, from `SECRET_KEY_FALLBACKS`."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = (hmac.new(force_bytes(secret), b"fundsite.second-factor.1", hashlib.sha256).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])
