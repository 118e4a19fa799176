from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.text import LONGEST_SLUG, fold, slug

FOLDED = {
    "": "",
    " \t\n ": "",
    "Cañar": "canar",
    "CAÑAR": "canar",
    "Can\u0303ar": "canar",
    "  Santo \u00a0 Domingo\tde los\nTsáchilas ": "santo domingo de los tsachilas",
    "Ｆｕｌｌ": "full",
    "Ğüneş İstanbul ısı": "gunes istanbul isi",
    "Łódź, Ørsted, Đakovo, Ðorn": "lodz, orsted, dakovo, dorn",
    "Straße STRAẞE Æsop œuvre Þór": "strasse strasse aesop oeuvre thor",
    "ΑΘΉΝΑ Σίσυφος": "αθηνα σισυφοσ",
    "Москва Йод Ёлка": "москва иод елка",
    "ﬁn 1ª Nº №": "fin 1a no no",
    "Ac\u00adme\u200b\u202e\ufeff": "acme",
    "Acme\u034f": "acme",
    "東京 サガ": unicodedata.normalize("NFKD", "東京 サガ"),
    "100 % _x_ \\ <b>'\"": "100 % _x_ \\ <b>'\"",
    "👩\u200d🚀": "👩🚀",
}
KNOWN = [point for point in range(1, sys.maxunicode + 1) if unicodedata.category(chr(point)) not in ("Cn", "Cs")]


def in_the_database(texts: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(core_fold(t) ORDER BY n) FROM unnest(%s) WITH ORDINALITY AS u(t, n)", [texts])
        folded: list[str] = cursor.fetchone()[0]
    return folded


@pytest.mark.parametrize(("text", "folded"), FOLDED.items())
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_the_database_folds_every_character_alike(db: None) -> None:
    characters = [chr(point) for point in KNOWN]
    texts = [f"a{character}b" for character in characters] + list(FOLDED)
    theirs = in_the_database(texts)
    differ = [f"U+{ord(text[1]):04X}" for text, folded in zip(texts, theirs, strict=True) if fold(text) != folded]
    assert not differ


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.sampled_from([chr(point) for point in KNOWN])), min_size=1, max_size=50))
def test_the_database_folds_every_text_alike_and_twice_is_once(db: None, texts: list[str]) -> None:
    ours = [fold(text) for text in texts]
    assert in_the_database(texts) == ours
    assert [fold(text) for text in ours] == ours


def test_nothing_folds_to_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT core_fold(NULL)")
        assert cursor.fetchone() == (None,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cía. Ñandú & Hijos, S.A.", "cia-nandu-hijos-s-a"),
        ("  --  ", ""),
        ("東京", ""),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("x" * 10_000, "x" * LONGEST_SLUG),
        ("palabra " * 20, "palabra-palabra-palabra-palabra-palabra-palabra-palabra"),
        ("a" * LONGEST_SLUG + " b", "a" * LONGEST_SLUG),
    ],
)
def test_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(text=st.text())
def test_a_slug_is_fit_for_an_address(text: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug(text))
    assert len(slug(text)) <= LONGEST_SLUG
