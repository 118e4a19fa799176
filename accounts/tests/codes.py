"""Second factors for tests: Ana with an authenticator app."""

from __future__ import annotations

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings

from accounts.models import User

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PERIOD = 30


def set_up_app(user: User) -> list[str]:
    """Gives a user an authenticator app; the recovery codes that come with it."""
    TOTP.activate(user, SEED)
    return list(RecoveryCodes.activate(user).get_unused_codes())


def code(periods: int = 0) -> str:
    """What the app shows now, or so many periods later."""
    return str(format_hotp_value(hotp_value(SEED, int(time.time()) // PERIOD + periods)))


def wrong_code() -> str:
    """One that is not right now, nor within the tolerance."""
    around = {code(periods) for periods in range(-3, 4)}
    return next(f"{number:06}" for number in range(100) if f"{number:06}" not in around)


def stored_seed(user: User) -> str:
    return str(Authenticator.objects.get(user=user, type="totp").data["secret"])


TOLERANCE = settings.MFA_TOTP_TOLERANCE
