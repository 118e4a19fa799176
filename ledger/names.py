"""What people call the kinds that the books know by a code. The rooms above choose them: these are those of now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ACCOUNT_KINDS: Mapping[str, StrOrPromise] = {
    "cash": _("Efectivo"),
    "position": _("Posición en un fondo"),
    "house": _("De la casa"),
}
TRANSACTION_KINDS: Mapping[str, StrOrPromise] = {
    "OPENING_GRANT": _("Saldo inicial"),
    "DEPOSIT": _("Depósito"),
    "TRANSFER": _("Transferencia"),
    "SUBSCRIPTION": _("Suscripción"),
    "CANCELLATION": _("Cancelación"),
    "REVERSAL": _("Reversión"),
}
HOUSE_PURPOSES: Mapping[str, StrOrPromise] = {
    "imports": _("Importaciones"),
    "opening-grants": _("Saldos iniciales otorgados"),
}


def account_kind(code: str) -> str:
    return str(ACCOUNT_KINDS.get(code, code))


def transaction_kind(code: str) -> str:
    return str(TRANSACTION_KINDS.get(code, code))


def house_purpose(code: str) -> str:
    return str(HOUSE_PURPOSES.get(code, code))
