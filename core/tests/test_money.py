from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core.money import LARGEST, AmbiguousAmount, InvalidAmount, format_money, parse_amount, parse_amount_text

amounts = st.decimals(min_value="0.01", max_value=LARGEST, places=2, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (125000, "125000.00"),
        ("125000", "125000.00"),
        ("125000.5", "125000.50"),
        ("0.01", "0.01"),
        ("007", "7.00"),
        (Decimal("50000.00"), "50000.00"),
        (Decimal("0.1"), "0.10"),
        (int(LARGEST), "99999999999999999.00"),
        (str(LARGEST), "99999999999999999.99"),
    ],
)
def test_reads_whole_numbers_and_two_places(value: object, amount: str) -> None:
    assert str(parse_amount(value)) == amount


@pytest.mark.parametrize(
    "value",
    [
        -1,
        0,
        "0.00",
        "-0",
        Decimal("-0.01"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Decimal("1e309"),
        Decimal("1e3"),
        "1e3",
        "1E2",
        "0.001",
        Decimal("1.005"),
        "1" * 40,
        10**40,
        "1_000",
        "١٢٣",
        "１２３",
        "125.000",
        "125,50",
        "$ 100",
        " 100",
        "100\n",
        "+100",
        ".5",
        "5.",
        "",
        "0x10",
        "NaN",
        "Infinity",
        True,
        False,
        None,
        125000.0,
        [125000],
        {"amount": 1},
        b"100",
    ],
)
def test_refuses_what_could_be_a_guess(value: object) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(value)


@given(amounts)
def test_every_amount_survives_being_written_and_read(amount: Decimal) -> None:
    assert parse_amount(str(amount)) == parse_amount(amount) == amount


@given(amounts, st.sampled_from(["es", "pt-br", "en"]))
def test_what_is_shown_can_be_typed(amount: Decimal, language: str) -> None:
    shown = format_money(amount, "COP", language).replace("COP", "").replace("$", "")
    assert parse_amount_text(shown.replace("\u00a0", " ").strip(), language) == amount


@given(st.text())
def test_any_text_is_an_amount_or_a_refusal(text: str) -> None:
    for read in (parse_amount, parse_amount_text):
        with suppress(InvalidAmount):
            assert 0 < read(text) <= LARGEST


@pytest.mark.parametrize(
    ("text", "language", "amount"),
    [
        ("125.000", "es", "125000.00"),
        ("125.000,50", "es", "125000.50"),
        ("$ 125.000", "es", "125000.00"),
        ("125000", "es", "125000.00"),
        ("1.250.000,5", "pt-br", "1250000.50"),
        ("125,000.50", "en", "125000.50"),
        ("COP 125000", "en", "125000.00"),
        ("\u00a0125.000 ", "es", "125000.00"),
    ],
)
def test_forms_read_amounts_as_people_write_them(text: str, language: str, amount: str) -> None:
    assert str(parse_amount_text(text, language)) == amount


@pytest.mark.parametrize(
    ("text", "language"), [("125.5", "es"), ("125,000", "es"), ("12.50.000", "es"), ("125.000", "en"), ("1,25", "en")]
)
def test_separators_that_read_otherwise_elsewhere_are_ambiguous(text: str, language: str) -> None:
    with pytest.raises(AmbiguousAmount) as refusal:
        parse_amount_text(text, language)
    assert text in str(refusal.value)


@pytest.mark.parametrize(
    ("language", "shown"),
    [("es", "$\u00a0125.000,50"), ("pt-br", "COP\u00a0125.000,50"), ("en", "COP\u00a0125,000.50")],
)
def test_money_is_shown_as_each_language_expects(language: str, shown: str) -> None:
    with translation.override(language):
        assert format_money(Decimal("125000.50"), "COP") == shown
