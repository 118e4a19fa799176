"""Account numbers as people type them."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from core.errors import DomainError

LONGEST_TYPED = 40  # characters
_NUMBER = re.compile(r"\d{10,19}", re.ASCII)  # nine digits of an id or more, and the check digit
_BETWEEN = str.maketrans("", "", " \u00a0\u202f.-")


class InvalidAccountNumber(DomainError):
    code = "invalid_account_number"
    field = "target"
    message = _("Ese número de cuenta no es correcto: revise que no falte ni sobre un dígito.")


def account_number(typed: str) -> str:
    """The number in `0000 0001 08`, its check digit (Luhn, as `ledger_account_number` makes it) looked at.

    Raises `InvalidAccountNumber`.
    """
    number = typed.strip().translate(_BETWEEN) if len(typed) <= LONGEST_TYPED else ""
    if not _NUMBER.fullmatch(number) or not luhn.is_valid(number):
        raise InvalidAccountNumber
    return number


def masked_number(number: str) -> str:
    """`...1234`, as `banking_masked_number` writes it."""
    return f"...{number[-4:]}"
