"""One spelling for what people write in many: `Cía.  Ñandú` and `cia. nandu` are the same words."""

from __future__ import annotations

import re
import unicodedata

from django.db.models import Func, TextField

# What does not show: soft hyphen, joiners, marks of direction, variation selectors.
_INVISIBLE = re.compile("[\u00ad\u034f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_ACCENT = re.compile("[\u0300-\u036f]")
_BLANKS = re.compile("[\t-\r \u0085\u1680\u2028\u2029]+")
_LETTERS = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩςАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЄІЇЂЈЉЊЋЏØøĐđŁłÐðĦħŦŧŊŋı",
    "abcdefghijklmnopqrstuvwxyzαβγδεζηθικλμνξοπρστυφχψωσабвгдежзийклмнопрстуфхцчшщъыьэюяєіїђјљњћџooddllddhhttnni",
)
_LIGATURES = str.maketrans({"Æ": "ae", "æ": "ae", "Œ": "oe", "œ": "oe", "ẞ": "ss", "ß": "ss", "Þ": "th", "þ": "th"})
LONGEST_SLUG = 60


class Folded(Func):
    """`fold` in the database: `core_fold`, for generated columns and indexes."""

    function = "core_fold"
    output_field = TextField(db_collation="C")


def fold(text: str) -> str:
    """`text` without what searching and telling names apart must not depend on: case, accents, blanks, what is unseen.

    `core_fold` does the same in SQL, whatever the database's own collation; folding twice is folding once.
    """
    plain = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text))
    plain = _ACCENT.sub("", plain).translate(_LETTERS).translate(_LIGATURES)
    return _BLANKS.sub(" ", plain).strip(" ")


def slug(text: str) -> str:
    """`text` as part of an address: `cia-nandu`, at most `LONGEST_SLUG` long, cut between words where it can be.

    Empty if nothing of it can be said in ASCII letters and digits.
    """
    whole = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")
    if len(whole) <= LONGEST_SLUG:
        return whole
    cut = whole[: LONGEST_SLUG + 1]
    return cut.rpartition("-")[0][:LONGEST_SLUG] or cut[:LONGEST_SLUG]


def trigrams(words: list[str]) -> list[str]:
    """What `core_trigrams` of a text must contain for each folded word to be in it.

    A word of three characters or more may be anywhere in the text (whoever asks checks that it is there in one piece);
    one or two characters are how a word begins.
    """
    found = {word[at : at + 3] for word in words for at in range(len(word) - 2)}
    return sorted(found | {f" {word}" for word in words if len(word) < 3})
