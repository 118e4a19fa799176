"""Access and refresh tokens for the API, on SimpleJWT.

A password sign-in starts a session (`accounts.models.Session`); every token names it in `sid`. An access token carries
who its bearer is, so that a call costs one look at the session and no user row is fetched. A refresh token works once:
used twice, somebody has a copy, and the whole session ends.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts.models import Client, Session, User
from accounts.queries.clients import NotAClient
from core.errors import DomainError
from core.ids import uuid7
from events.services import record

ACCESS_LIFETIME = timedelta(minutes=30)
SESSION_LIFETIME = timedelta(days=14)


class InvalidToken(DomainError):
    code = "invalid_token"
    status = 401
    message = _("Su sesión no es válida o terminó. Inicie sesión de nuevo.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes an API call, as REST framework's `request.user`."""

    id: uuid.UUID
    role: str
    client_id: uuid.UUID | None
    session_id: uuid.UUID | None = None
    is_authenticated: bool = True
    is_active: bool = True

    @property
    def pk(self) -> uuid.UUID:
        return self.id

    @classmethod
    def of(cls, user: object) -> Caller:
        """A view's `request.user`, behind the permission that lets none but callers in."""
        assert isinstance(user, cls)
        return user

    def require_client(self) -> uuid.UUID:
        """The id of the client that the caller is. Raises `NotAClient` for staff."""
        if self.client_id is None:
            raise NotAClient
        return self.client_id


@dataclass(frozen=True, slots=True)
class TokenPair:
    """`expires_in` is the access token's, in seconds."""

    access: str
    refresh: str
    expires_in: int


def start_session(user: User) -> TokenPair:
    """The first pair of a new session. The caller has checked the password."""
    now = timezone.now()
    session = Session(user=user, refresh_id=uuid7(), created_at=now, expires_at=now + SESSION_LIFETIME)
    session.save(force_insert=True)
    return _pair(user, session)


def refresh_session(refresh: str) -> TokenPair:
    """A new pair for an unused refresh token; the old one is spent. Raises `InvalidToken`.

    A spent one ends the session, and that stays so although the call is refused.
    """
    claims = _read(refresh, RefreshToken)
    with transaction.atomic():
        session = (
            Session.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(pk=_uuid(claims, "sid"))
            .first()
        )
        if session is None or session.revoked_at or session.expires_at <= timezone.now() or not session.user.is_active:
            raise InvalidToken
        if fresh := session.refresh_id == _uuid(claims, "jti"):
            session.refresh_id = uuid7()
            session.save(update_fields=["refresh_id"])
        else:
            _revoke(session.pk)
            record("accounts.token_replayed", {"user_id": session.user_id, "session_id": session.pk})
    if not fresh:
        raise InvalidToken
    return _pair(session.user, session)


def end_session(caller: Caller) -> None:
    """Access and refresh tokens of the caller's session are refused from now on."""
    with transaction.atomic():
        if caller.session_id and _revoke(caller.session_id):
            record("accounts.logged_out", {"user_id": caller.id}, actor_id=caller.id)


def authenticate(access: str) -> Caller:
    """Who bears an access token: its signature, times and session checked, one query. Raises `InvalidToken`."""
    claims = _read(access, AccessToken)
    session_id = _uuid(claims, "sid")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT u.id, u.role FROM accounts_session s JOIN accounts_user u ON u.id = s.user_id
               WHERE s.id = %s AND s.revoked_at IS NULL AND u.is_active""",
            [session_id],
        )
        row = cursor.fetchone()
    if row is None or row[1] != claims.get("role"):
        raise InvalidToken
    return Caller(row[0], row[1], _uuid(claims, "client") if claims.get("client") else None, session_id)


def _pair(user: User, session: Session) -> TokenPair:
    refresh = RefreshToken()
    refresh["sub"] = str(user.pk)
    refresh["sid"] = str(session.pk)
    refresh["jti"] = str(session.refresh_id)
    refresh["exp"] = int(session.expires_at.timestamp())
    access = AccessToken()
    lifetime = min(ACCESS_LIFETIME, session.expires_at - timezone.now())  # never beyond its session
    access.set_exp(lifetime=lifetime)
    access["sub"] = str(user.pk)
    access["sid"] = str(session.pk)
    access["role"] = user.role
    client_id = Client.objects.filter(user=user).values_list("pk", flat=True).first()
    access["client"] = str(client_id) if client_id else None
    return TokenPair(str(access), str(refresh), int(lifetime.total_seconds()))


def _read(text: str, kind: type[Token]) -> Token:
    """A token of the kind asked for: SimpleJWT checks signature, algorithm, `exp`, `iss`, `aud` and `token_type`."""
    try:
        return kind(text)  # type: ignore[arg-type]
    except TokenError:
        raise InvalidToken from None


def _uuid(claims: Token, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(claims.get(name)))
    except ValueError:
        raise InvalidToken from None


def _revoke(session_id: uuid.UUID) -> bool:
    """Whether the session was still running."""
    return Session.objects.filter(pk=session_id, revoked_at=None).update(revoked_at=timezone.now()) > 0
