"""One spelling for what people write in many."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.text import fold

LONGEST_FOLDED = 400  # characters; one character may fold to eighteen, and an index takes 2.7 kB


def normalised_email(email: str) -> str:
    """One spelling per address: NFKC, no blanks around, lower case."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def is_printable(text: str) -> bool:
    """Whether nothing in it is a control character, a mark of direction, or otherwise without a shape."""
    return not any(unicodedata.category(character).startswith("C") for character in text)


def one_line(name: str) -> str:
    """A name as it is kept: NFC, single blanks, none around."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def check_name(name: str) -> None:
    """Raises `ValidationError` for a name that cannot be shown, said or told apart from others."""
    if not is_printable(name):
        raise ValidationError(_("El nombre tiene caracteres que no se pueden mostrar."), "unprintable")
    if not any(character.isalnum() for character in name):
        raise ValidationError(_("Escriba un nombre con letras o números."), "nameless")
    if len(fold(name)) > LONGEST_FOLDED:
        raise ValidationError(_("El nombre es demasiado largo."), "too_long")
