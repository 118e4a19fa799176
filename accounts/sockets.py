"""Who opens a socket: a page of ours with its session, or a program with an access token."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from accounts import tokens
from accounts.models import User

BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Opened:
    """A socket that may be opened. `stands()` asks whether whoever opened it is still signed in; two queries at most.

    `subprotocol` is to be agreed to when accepting.
    """

    user_id: uuid.UUID
    stands: Callable[[], bool]
    subprotocol: str | None = None


def opened(scope: Mapping[str, Any]) -> Opened | None:
    """Who opens the socket of an ASGI scope; `None` if nobody whom it is for.

    A token comes in `Authorization: Bearer <token>` or, from scripts, which cannot set that, as the second of two
    subprotocols `bearer, <token>`. What shows a token is judged by it alone.
    """
    request = _request(scope)
    origin = request.headers.get("Origin")
    if not _allowed(request, origin):
        return None
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    match list(scope.get("subprotocols", ())):
        case _ if scheme:
            return _by_token(token.strip(), None) if scheme.lower() == BEARER else None
        case [protocol, shown] if protocol == BEARER:
            return _by_token(shown, BEARER)
    # A browser sends its cookies along whoever's page opens the socket, so it has to be ours and to say so.
    return _by_session(request) if origin and origin == _ours(request) else None


def _request(scope: Mapping[str, Any]) -> HttpRequest:
    """The handshake as Django reads any request: hosts, proxies and cookies by the settings for all of them."""
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    return ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())


def _allowed(request: HttpRequest, origin: str | None) -> bool:
    """Whether it came to a host of ours, encrypted where we insist on it, and not from somebody else's page."""
    try:
        ours = _ours(request)
    except DisallowedHost:
        return False
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return False
    return origin is None or origin == ours or origin in settings.CORS_ALLOWED_ORIGINS


def _ours(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _by_token(token: str, subprotocol: str | None) -> Opened | None:
    try:
        caller = tokens.authenticate(token)
    except tokens.InvalidToken:
        return None
    return Opened(caller.id, partial(_token_stands, token), subprotocol)


def _token_stands(token: str) -> bool:
    try:
        tokens.authenticate(token)
    except tokens.InvalidToken:
        return False
    return True


def _by_session(request: HttpRequest) -> Opened | None:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    user_id = _user_of_session(key)
    return Opened(user_id, partial(_session_stands, key, user_id)) if user_id else None


def _session_stands(key: str, user_id: uuid.UUID) -> bool:
    return _user_of_session(key) == user_id


def _user_of_session(key: str) -> uuid.UUID | None:
    """Whose session it is, by the same checks as on the pages: it runs, they are active, the password is the same."""
    request = HttpRequest()
    request.session = SessionStore(key)
    user = get_user(request)
    return user.pk if isinstance(user, User) else None
