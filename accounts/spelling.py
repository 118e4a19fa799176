"""One spelling for what people write in many."""

from __future__ import annotations

import unicodedata


def normalised_email(email: str) -> str:
    """One spelling per address: NFKC, no blanks around, lower case."""
    return unicodedata.normalize("NFKC", email).strip().lower()
