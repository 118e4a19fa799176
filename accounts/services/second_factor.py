"""The second factor: codes of an authenticator app, recovery codes, and the API's wait between password and code.

Setting one up is a matter of the pages (django-allauth); passkeys work there only, so that the API takes a recovery
code from those who have nothing else.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import TokenError

from accounts.models import SecondFactorTicket, User
from accounts.tokens.kinds import Ticket
from core.errors import DomainError

TRIES = 5
LONGEST_CODE = 64


class InvalidTicket(DomainError):
    """Unknown, used, out of time or tried too often."""

    code = "invalid_ticket"
    status = 401
    message = _("Este ingreso venció. Inicie sesión de nuevo.")


class InvalidCode(DomainError):
    code = "invalid_code"
    status = 401
    field = "code"
    message = _("El código no es correcto o ya se usó.")


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """`expires_in` in seconds."""

    token: str
    expires_in: int


def is_required(user: User) -> bool:
    return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]))


def open_ticket(user: User) -> OpenTicket:
    """For somebody whose password was right: five minutes and five tries to give a code."""
    now = timezone.now()
    SecondFactorTicket.objects.filter(user=user, expires_at__lte=now).delete()
    row = SecondFactorTicket.objects.create(user=user, expires_at=now + Ticket.lifetime, tries_left=TRIES)
    token = Ticket()
    token["sub"] = str(user.pk)
    token["jti"] = str(row.pk)
    return OpenTicket(str(token), int(Ticket.lifetime.total_seconds()))


def begin_try(ticket: str) -> tuple[uuid.UUID, User]:
    """Whose ticket it is, with one try less on it from now on. Raises `InvalidTicket`."""
    try:
        ticket_id = uuid.UUID(str(Ticket(ticket)["jti"]))  # type: ignore[arg-type]
    except (TokenError, ValueError):
        raise InvalidTicket from None
    with transaction.atomic():
        row = (
            SecondFactorTicket.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(pk=ticket_id, tries_left__gt=0, expires_at__gt=timezone.now(), user__is_active=True)
            .first()
        )
        if row is None:
            raise InvalidTicket
        row.tries_left -= 1
        row.save(update_fields=["tries_left"])
    return row.pk, row.user


def close_ticket(ticket_id: uuid.UUID) -> None:
    """Use a ticket up; of two at once, one. Raises `InvalidTicket` for the other."""
    deleted, _rows = SecondFactorTicket.objects.filter(pk=ticket_id).delete()
    if not deleted:
        raise InvalidTicket


def spend_code(user: User, code: str) -> Authenticator | None:
    """The authenticator whose code it is. Neither an app's code nor a recovery code works twice."""
    if not code.isascii() or len(code) > LONGEST_CODE:
        return None
    with transaction.atomic():
        # One after another: of two who bring the same code at once, the second finds it spent.
        for authenticator in (
            Authenticator.objects.select_for_update()
            .filter(user=user, type__in=[Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES])
            .order_by("-type")
        ):
            if authenticator.type == Authenticator.Type.RECOVERY_CODES:
                fits = authenticator.wrap().validate_code(code)
            else:
                fits = _spend_app_code(authenticator, code)
            if fits:
                authenticator.record_usage()
                return authenticator
    return None


def _spend_app_code(authenticator: Authenticator, code: str) -> bool:
    """allauth remembers a code for one period, in the cache; with a tolerance it would be good for longer than that."""
    digits = "".join(character for character in code if character.isdigit())
    valid_for = settings.MFA_TOTP_TOLERANCE * 2 + 1
    spent = {known: until for known, until in authenticator.data.get("spent", {}).items() if until > time.time()}
    if digits in spent or not authenticator.wrap().validate_code(code):
        return False
    until = time.time() + timedelta(seconds=30 * (valid_for + 1)).total_seconds()
    authenticator.data["spent"] = {**spent, digits: until}
    authenticator.save(update_fields=["data"])
    return True
