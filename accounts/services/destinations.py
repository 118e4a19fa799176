"""Where notices go."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.models import NotifyChannel

_PHONE = re.compile(r"\+?\d[\d -]{5,18}\d", re.ASCII)


def destination_fault(channel: str, destination: str) -> tuple[str, str] | None:
    """The field at fault and why, if notices cannot go there."""
    match channel:
        case NotifyChannel.EMAIL:
            try:
                validate_email(destination)
            except ValidationError:
                return "notify_destination", _("Escriba el correo electrónico que recibirá los avisos.")
        case NotifyChannel.SMS:
            if not _PHONE.fullmatch(destination):
                return "notify_destination", _(
                    "Escriba el número de celular con indicativo, por ejemplo +57 300 123 4567."
                )
        case _:
            return "notify_channel", _("Elija correo electrónico o mensaje de texto.")
    return None
