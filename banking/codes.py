"""Codes that people read off paper: twelve symbols of Crockford's base32, in groups of four.

Sixty random bits: with guesses counted per address, nobody comes upon one. The alphabet has no I, L, O or U; whoever
types one of the first three meant 1, 1 and 0 (https://www.crockford.com/base32.html).
"""

from __future__ import annotations

import re
import secrets

from banking.models.documents import CODE_SYMBOLS

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("ILO", "110", " -\u2010\u2011\u2012\u2013\u2014\u00a0")
_CODE = re.compile(f"[{ALPHABET}]{{{CODE_SYMBOLS}}}")
LONGEST_TYPED = 40


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _symbol in range(CODE_SYMBOLS))


def read_code(typed: str) -> str | None:
    """The code in what somebody typed, with or without its groups, in either case; `None` if there is none in it."""
    if len(typed) > LONGEST_TYPED:
        return None
    code = typed.strip().upper().translate(_MEANT)
    return code if _CODE.fullmatch(code) else None


def grouped(code: str) -> str:
    """`7Q2M-0RX4-K9TB`: as it is printed."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
