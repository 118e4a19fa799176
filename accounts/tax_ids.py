"""Tax ids as states hand them out: one spelling for each, and whether its check digit agrees.

A number whose form is wrong is refused. One whose check digit alone is wrong is kept as not verified: registries have
issued a few percent of theirs so, and their holders have no other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from stdnum.br import cnpj, cpf
from stdnum.co import nit
from stdnum.ec import ruc
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.mx import curp, rfc

from accounts.models.clients import TaxIdKind
from core.errors import DomainError

_SEPARATORS = re.compile(r"[\s./_\-\u2010-\u2015\u2212]+")
_LONGEST_TYPED = 40
# The form of each, after separators are gone. CPF and CNPJ keep their leading zeros; a cédula has none.
_FORMS = {
    TaxIdKind.RFC: r"[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3}",
    TaxIdKind.CURP: r"[A-Z]{4}[0-9]{6}[A-Z]{6}[A-Z0-9][0-9]",
    TaxIdKind.NIT: r"[0-9]{8,11}",
    TaxIdKind.CC: r"[1-9][0-9]{5,9}",
    TaxIdKind.RUC: r"[0-9]{13}",
    TaxIdKind.CPF: r"[0-9]{11}",
    TaxIdKind.CNPJ: r"[A-Z0-9]{12}[0-9]{2}",  # letters since July 2026
}
# Shared by everybody without one of their own: the general public, and foreigners.
_NOBODYS = {"XAXX010101000", "XEXX010101000"}


class InvalidTaxId(DomainError):
    code = "invalid_tax_id"
    field = "tax_id"
    message = _("Este número no es válido como %(kind)s.")


@dataclass(frozen=True, slots=True)
class TaxId:
    """`number` without separators, in capitals; `verified` if its check digit agrees, or if its kind has none."""

    kind: TaxIdKind
    number: str
    verified: bool


def read(kind: TaxIdKind, text: str) -> TaxId:
    """The tax id that a person wrote. Raises `InvalidTaxId`."""
    number = compact(text)
    if len(text) > _LONGEST_TYPED or not re.fullmatch(_FORMS[kind], number) or number in _NOBODYS:
        raise InvalidTaxId(kind=kind.label)
    if len(set(number)) == 1:  # 111.111.111-11 has check digits that agree
        raise InvalidTaxId(kind=kind.label)
    try:
        return TaxId(kind, number, _CHECKS[kind](number))
    except ValidationError:
        raise InvalidTaxId(kind=kind.label) from None


def warnings(kind: str, number: str, *, verified: bool) -> list[str]:
    """What whoever keeps a client should know about the tax id."""
    if not number or verified:
        return []
    text = _("El %(kind)s %(number)s está bien formado, pero su dígito de control no corresponde: verifíquelo.")
    return [text % {"kind": kind, "number": number}]


def compact(text: str) -> str:
    """Without separators, in capitals. Letters that are no capital of a tax id stay as they are, to be refused."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text[:_LONGEST_TYPED]))
    return "".join(letter.upper() if letter.isascii() or letter == "ñ" else letter for letter in plain)


def _agrees(validate: Callable[[str], str]) -> Callable[[str], bool]:
    """A check out of one of stdnum's, which look at everything else before the check digit."""

    def check(number: str) -> bool:
        try:
            validate(number)
        except InvalidChecksum:
            return False
        return True

    return check


def _rfc(number: str) -> bool:
    rfc.validate(number)
    return bool(rfc.is_valid(number, validate_check_digits=True))


def _cedula(number: str) -> bool:
    return True  # it has no check digit


_CHECKS: dict[TaxIdKind, Callable[[str], bool]] = {
    TaxIdKind.RFC: _rfc,
    TaxIdKind.CURP: _agrees(curp.validate),
    TaxIdKind.NIT: _agrees(nit.validate),
    TaxIdKind.CC: _cedula,
    TaxIdKind.RUC: _agrees(ruc.validate),
    TaxIdKind.CPF: _agrees(cpf.validate),
    TaxIdKind.CNPJ: _agrees(cnpj.validate),
}
