"""Passwords that everybody can read in the documentation open nothing that matters."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User


class KnownPasswordBackend:
    """Stands before the backend that checks passwords. In production it ends the attempt, wherever the user came from:
    a database that began as a demonstration still has their hashes.
    """

    def authenticate(self, request: HttpRequest | None, password: str | None = None, **credentials: object) -> None:
        if settings.PRODUCTION and password in settings.DEMO_PASSWORDS:
            raise PermissionDenied


class KnownPasswordValidator:
    """Lets nobody choose one of them, anywhere."""

    def validate(self, password: str, user: User | None = None) -> None:
        if password in settings.DEMO_PASSWORDS:
            raise ValidationError(_("Esta contraseña es de la demostración y todo el mundo la conoce."), "known")

    def get_help_text(self) -> str:
        return _("No puede ser una de las contraseñas de la demostración.")
