"""Amounts of money: read strictly, kept as `Decimal` with two places, shown in the reader's language.

The library fields read `1_000`, Arabic digits, `1E2` and `125.000` as numbers; for money each of those is a guess, so
both readers here accept a closed grammar and refuse the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_currency, format_decimal, get_currency_symbol
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

CENT = Decimal("0.01")
LARGEST = Decimal("99999999999999999.99")  # numeric(19, 2)

_PLAIN = re.compile(r"\d{1,17}(\.\d{1,2})?", re.ASCII)
_DRESSING = re.compile(r"[\s\u00a0\u202f]*(?:\$|COP)?[\s\u00a0\u202f]*", re.IGNORECASE)
_LOCALES = {"es": "es_CO", "pt-br": "pt_BR", "en": "en_US"}


class InvalidAmount(DomainError):
    code = "invalid_amount"
    field = "amount"
    message = _("Escriba un monto mayor que cero, con dos decimales como máximo.")


class AmbiguousAmount(InvalidAmount):
    code = "ambiguous_amount"
    message = _("No es claro cuánto es «%(text)s». Escriba los miles y los decimales así: %(example)s.")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its currency (ISO 4217), printed in the language of whoever reads it."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return format_money(self.amount, self.currency)


def parse_amount(value: object) -> Decimal:
    """A positive amount out of JSON: an integer, a decimal number or a plain string such as `"125000.00"`.

    Floats never get here: the API's parser reads JSON numbers as `Decimal`. Raises `InvalidAmount`.
    """
    match value:
        case bool():
            raise InvalidAmount
        case int():
            text = str(value)
        case Decimal():
            text = f"{value:f}" if value.is_finite() and -2 <= value.adjusted() <= 17 else ""
            if _exponent(value) > 0:
                text = ""
        case str():
            text = value
        case _:
            raise InvalidAmount
    return _positive(text)


def parse_amount_text(text: str, language: str | None = None) -> Decimal:
    """A positive amount as a person writes it in a form: `125.000,50` in Spanish, `125,000.50` in English.

    Thousands may be left out but, once used, must come in threes. Raises `InvalidAmount`, or `AmbiguousAmount` where
    the separators read otherwise in another language (`125.5` in Spanish).
    """
    english = (language or get_language() or "es").startswith("en")
    thousands, decimals = (",", ".") if english else (".", ",")
    bare = text[_DRESSING.match(text).end() :].strip()  # type: ignore[union-attr]
    grouped = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d+"
    if re.fullmatch(rf"(?:{grouped})(?:{re.escape(decimals)}\d{{1,2}})?", bare, re.ASCII):
        return _positive(bare.replace(thousands, "").replace(decimals, "."))
    if re.fullmatch(r"[\d.,]+", bare, re.ASCII) and any(map(str.isdigit, bare)):
        raise AmbiguousAmount(text=bare[:40], example="125,000.50" if english else "125.000,50")
    raise InvalidAmount


def format_money(amount: Decimal, currency: str, language: str | None = None) -> str:
    """`$ 125.000,00` for COP in Spanish; in each language the symbols and separators its readers expect."""
    locale = locale_of(language)
    symbol = get_currency_symbol(currency, locale)
    # `$ 125.000,00` and `COP 125,000.00`: people write the space, the CLDR's patterns do not.
    pattern = "¤\u00a0#,##0.00" if locale == "es_CO" or symbol.isalpha() else None
    return str(format_currency(amount, currency, pattern, locale=locale))


def plain_amount(amount: Decimal, language: str | None = None) -> str:
    """`125.000,50`: as `parse_amount_text` reads it back in the same language."""
    return str(format_decimal(amount, format="#,##0.00", locale=locale_of(language)))


def locale_of(language: str | None = None) -> str:
    """The CLDR locale in which a language of ours writes numbers; without one, the current language's."""
    return _LOCALES.get((language or get_language() or "es").lower(), "es_CO")


def _positive(text: str) -> Decimal:
    if not _PLAIN.fullmatch(text):
        raise InvalidAmount
    amount = Decimal(text).quantize(CENT)
    if not 0 < amount <= LARGEST:
        raise InvalidAmount
    return amount


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 1
