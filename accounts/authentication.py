"""How REST framework learns who calls: a bearer token, or the session cookie of a browser."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts import tokens
from accounts.models import Client, User
from accounts.tokens import Caller
from core import request_context
from core.errors import CHALLENGE, DomainError


class CsrfFailed(DomainError):
    code = "csrf_failed"
    status = 403
    message = _("La solicitud no vino de una página nuestra. Vuelva a cargar la página e inténtelo de nuevo.")


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        try:
            caller = bearer(request)
        except tokens.InvalidToken as refusal:
            raise AuthenticationFailed(str(refusal), refusal.code) from None
        return (caller, None) if caller else None

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def bearer(request: Request) -> Caller | None:
    """Whose access token a request carries; `None` if it carries none. Raises `InvalidToken`."""
    scheme, _blank, token = get_authorization_header(request).partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    try:
        caller = tokens.authenticate(token.strip().decode("ascii"))
    except UnicodeDecodeError:
        raise tokens.InvalidToken from None
    _remember(request, caller)
    return caller


class BrowserAuthentication(SessionAuthentication):
    """The browsable API, signed in on the pages; CSRF is enforced."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user: User = found[0]
        client_id = Client.objects.filter(user=user).values_list("pk", flat=True).first()
        caller = Caller(user.pk, user.role, client_id)
        _remember(request, caller)
        return caller, None

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise CsrfFailed from None


def _remember(request: Request, caller: Caller) -> None:
    """For the access log, which sees Django's request only, and for the events of this call."""
    inner: HttpRequest = request._request
    inner.caller_id = caller.id  # type: ignore[attr-defined]
    request_context.called_by(caller.role)
