"""Guessing made slow, for passwords and second factors alike, by django-axes.

Five failures of one account from one address lock that pair out for a quarter of an hour, on the pages, in the API and
at the admin's door, which all count together. The account stays open from everywhere else: nobody can lock somebody
else out. An account that does not exist is counted like one that does.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping

from allauth.mfa.models import Authenticator
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.queries.identifiers import user_called
from accounts.services import second_factor, sign_in
from accounts.spelling import normalised_email
from core import rate_limits
from core.errors import TooManyRequests


def account_of(request: HttpRequest, credentials: Mapping[str, object] | None) -> str:
    """What failures are counted under: one name per account, whichever of its own were typed."""
    typed = str((credentials or {}).get("username") or (credentials or {}).get("email") or "")
    user = user_called(typed)
    return str(user.pk) if user else normalised_email(typed).replace("\x00", "")[:255]


def address_of(request: HttpRequest) -> str | None:
    """Where from: a network of IPv6 by its first address, as other limits count it."""
    counted = rate_limits.address(request).partition("/")[0]
    try:
        return str(ipaddress.ip_address(counted))
    except ValueError:  # whatever a proxy called it
        return None


def check_password(request: HttpRequest, identifier: str, password: str) -> User | None:
    """Whose password it is, `None` for any reason there may be. Raises `TooManyRequests` when locked out."""
    user = authenticate(request, username=identifier, password=password)
    if isinstance(user, User):
        return user
    sign_in.sign_in_failed(normalised_email(identifier))
    _refuse_if_locked(request, identifier)
    return None


def check_code(request: HttpRequest, user: User, code: str) -> Authenticator | None:
    """The authenticator whose code it is; the code is spent. Raises `TooManyRequests` when locked out."""
    credentials = {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        raise _locked(request, user.username)
    found = second_factor.spend_code(user, code)
    if found is None:
        sign_in.second_factor_failed(user)
        AxesProxyHandler.user_login_failed(sender=__name__, credentials=credentials, request=request)
        _refuse_if_locked(request, user.username)
    return found


def forget_failures(request: HttpRequest, user: User) -> None:
    """Signed in at last; the pages' own sign-in does this by itself."""
    AxesProxyHandler.user_logged_in(sender=__name__, request=request, user=user)


def _refuse_if_locked(request: HttpRequest, identifier: str) -> None:
    if not getattr(request, "axes_locked_out", False):
        return
    if getattr(request, "axes_failures_since_start", None):  # it was this failure that locked, not an earlier one
        sign_in.locked_out(normalised_email(identifier))
    raise _locked(request, identifier)


class LockedOut(TooManyRequests):
    message = _("Demasiados intentos fallidos. Espere %(minutes)s minutos y vuelva a intentarlo.")

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.context = {"minutes": math.ceil(retry_after / 60)}


def _locked(request: HttpRequest, identifier: str) -> LockedOut:
    attempts = AccessAttempt.objects.filter(
        username=account_of(request, {"username": identifier}), ip_address=address_of(request)
    )
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    return LockedOut(retry_after=max(1, math.ceil((last + get_cool_off(request) - timezone.now()).total_seconds())))
