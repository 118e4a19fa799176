"""Where somebody is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Session, User

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrom": "Chrome", "Safari": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "Mac"}
SYSTEMS["Linux"] = "Linux"  # last: Android says it too


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One place: a browser, or a program that uses the API."""

    device: str | Promise
    is_api: bool
    ip: str
    since: datetime
    last_used: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class SecondFactors:
    has_app: bool
    passkeys: int
    codes_left: int

    @property
    def any(self) -> bool:
        return self.has_app or self.passkeys > 0


def sessions_of(user: User, *, current_key: str | None) -> list[SignedIn]:
    """The current browser first, then by last use."""
    browsers = [
        SignedIn(
            device(row.user_agent),
            False,
            row.ip,
            row.created_at,
            row.last_seen_at,
            row.session_key == current_key,
        )
        for row in UserSession.objects.purge_and_list(user)
    ]
    programs = [
        SignedIn(device(row.user_agent), True, row.ip or "", row.created_at, row.last_used_at, False)
        for row in Session.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now())
    ]
    return sorted([*browsers, *programs], key=lambda place: (place.is_current, place.last_used), reverse=True)


def second_factors_of(user: User) -> SecondFactors:
    rows = list(Authenticator.objects.filter(user=user))
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return SecondFactors(
        has_app=any(row.type == Authenticator.Type.TOTP for row in rows),
        passkeys=sum(row.type == Authenticator.Type.WEBAUTHN for row in rows),
        codes_left=len(codes.wrap().get_unused_codes()) if codes else 0,
    )


def device(user_agent: str) -> str | Promise:
    """What a person calls it: `Firefox, Windows`; a program by its first word."""
    return browser_and_system(user_agent) or user_agent.partition(" ")[0][:60] or _("Desconocido")


def browser_and_system(user_agent: str) -> str:
    """`Firefox, Windows`, or as much of it as is said; nothing for a program."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return ", ".join(filter(None, [browser, system]))
