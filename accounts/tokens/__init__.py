"""Access and refresh tokens for the API, on SimpleJWT.

A password sign-in starts a session (`accounts.models.Session`); every token names it in `sid`. An access token carries
who its bearer is, and the database ends the session when that changes, so a call costs one look at the session and no
user row is fetched. A refresh token works once: used twice, somebody has a copy, and the whole session ends.
"""

from __future__ import annotations

import ipaddress
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import TokenError

from accounts.models import Client, Session, User
from accounts.models.sessions import LONGEST_AGENT
from accounts.queries.clients import NotAClient
from accounts.tokens.kinds import Access, OurToken, Refresh
from core import request_context
from core.errors import DomainError
from core.ids import uuid7
from events.services import record

ACCESS_LIFETIME = Access.lifetime
SESSION_LIFETIME = Refresh.lifetime
RENEWABLE_FOR = timedelta(hours=24)  # after the password: how long an access token alone gets another one
REMEMBERED_AT_MOST = 10_000


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


def start_session(user: User, *, user_agent: str = "") -> TokenPair:
    """The first pair of a new session. The caller has checked the password, and the second factor where there is one.

    Raises `InvalidToken` if the user's password, role or activity is not what it was when `user` was read.
    """
    now = timezone.now()
    session = Session(user=user, refresh_id=uuid7(), created_at=now, expires_at=now + SESSION_LIFETIME)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT accounts_start_session(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                session.pk,
                user.pk,
                user.password,
                user.role,
                session.refresh_id,
                session.created_at,
                session.expires_at,
                _address(),
                user_agent[:LONGEST_AGENT],
            ],
        )
        if not cursor.fetchone()[0]:
            raise InvalidToken
    return _pair(user, session)


def refresh_session(refresh: str) -> TokenPair:
    """A new pair for an unused refresh token; the old one is spent. Raises `InvalidToken`.

    A spent one ends the session, and that stays so although the call is refused.
    """
    claims = _read(refresh, Refresh)
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
            session.last_used_at = timezone.now()
            session.save(update_fields=["refresh_id", "last_used_at"])
        else:
            _revoke(session.pk)
            record("accounts.token_replayed", {"user_id": session.user_id, "session_id": session.pk})
    if not fresh:
        raise InvalidToken
    return _pair(session.user, session)


def renew_access(caller: Caller) -> tuple[str, int]:
    """Another access token for the bearer of one, and its lifetime in seconds: up to 24 hours after the password.

    Raises `InvalidToken` after that, and for whoever is signed in by a browser's cookie.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE accounts_session SET last_used_at = %s
               WHERE id = %s AND revoked_at IS NULL AND created_at > %s RETURNING created_at""",
            [now, caller.session_id, now - RENEWABLE_FOR],
        )
        row = cursor.fetchone()
    if row is None or caller.session_id is None:
        raise InvalidToken
    return _access(caller, ends=row[0] + RENEWABLE_FOR)


def end_session(caller: Caller) -> None:
    """Access and refresh tokens of the caller's session are refused from now on."""
    with transaction.atomic():
        if caller.session_id and _revoke(caller.session_id):
            record("accounts.logged_out", {"user_id": caller.id}, actor_id=caller.id)


def end_all_sessions(user_id: uuid.UUID) -> None:
    """All the tokens a user has out are refused from now on."""
    Session.objects.filter(user_id=user_id, revoked_at=None).update(revoked_at=timezone.now())


def authenticate(access: str) -> Caller:
    """Who bears an access token: its signature, times and session checked, one query. Raises `InvalidToken`."""
    known = _verified.get(access)
    if known is None or known[0] <= time.time():
        known = _verify(access)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM accounts_session WHERE id = %s AND revoked_at IS NULL", [known[1]])
        if cursor.fetchone() is None:
            _verified.pop(access, None)
            raise InvalidToken
    return known[2]


# What a process found out about tokens: when they end, their session as text, their bearer. A signature that was right
# stays right; whether the session still stands is asked of the database every time.
_verified: dict[str, tuple[float, str, Caller]] = {}


def _verify(access: str) -> tuple[float, str, Caller]:
    claims = _read(access, Access)
    client_id = _uuid(claims, "client") if claims.get("client") else None
    caller = Caller(_uuid(claims, "sub"), str(claims.get("role")), client_id, _uuid(claims, "sid"))
    if len(_verified) >= REMEMBERED_AT_MOST:
        _verified.clear()
    _verified[access] = found = float(claims["exp"]), str(caller.session_id), caller
    return found


def _pair(user: User, session: Session) -> TokenPair:
    refresh = Refresh()
    refresh["sub"] = str(user.pk)
    refresh["sid"] = str(session.pk)
    refresh["jti"] = str(session.refresh_id)
    refresh["exp"] = int(session.expires_at.timestamp())
    client_id = Client.objects.filter(user=user).values_list("pk", flat=True).first()
    access, expires_in = _access(Caller(user.pk, user.role, client_id, session.pk), ends=session.expires_at)
    return TokenPair(access, str(refresh), expires_in)


def _access(caller: Caller, *, ends: datetime) -> tuple[str, int]:
    """An access token and its lifetime in seconds, which is never beyond `ends`."""
    access = Access()
    lifetime = min(ACCESS_LIFETIME, ends - timezone.now())
    access.set_exp(lifetime=lifetime)
    access["sub"] = str(caller.id)
    access["sid"] = str(caller.session_id)
    access["role"] = caller.role
    access["client"] = str(caller.client_id) if caller.client_id else None
    return str(access), int(lifetime.total_seconds())


def _read(text: str, kind: type[OurToken]) -> OurToken:
    """A token of the kind asked for; anything else about it that is wrong raises `InvalidToken`."""
    try:
        return kind(text)  # type: ignore[arg-type]
    except TokenError:
        raise InvalidToken from None


def _uuid(claims: OurToken, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(claims.get(name)))
    except ValueError:
        raise InvalidToken from None


def _address() -> str | None:
    try:
        return str(ipaddress.ip_address(request_context.current().ip.partition("%")[0]))
    except ValueError:
        return None


def _revoke(session_id: uuid.UUID) -> bool:
    """Whether the session was still running."""
    return Session.objects.filter(pk=session_id, revoked_at=None).update(revoked_at=timezone.now()) > 0
