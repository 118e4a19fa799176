from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core import charts
from core.charts import Share

amounts = st.decimals(min_value=0, max_value=Decimal("99999999999999999.99"), places=2)


def shares(*values: str) -> list[Share]:
    return [Share(f"Fondo {index}", Decimal(value)) for index, value in enumerate(values, 1)]


def draw(found: list[Share], **options: str) -> ElementTree.Element:
    return ElementTree.fromstring(charts.donut(found, **{"total_label": "$ 1,2 M", "title": "Composición", **options}))


def arcs_of(svg: ElementTree.Element) -> list[ElementTree.Element]:
    return [circle for circle in svg.iter("circle") if "arc" in circle.get("class", "")]


@given(st.lists(amounts, min_size=1, max_size=40))
def test_arcs_close_the_circle_without_holes(values: list[Decimal]) -> None:
    found = charts.arcs(values)
    assert all(arc.length >= 0 for arc in found)
    for before, after in pairwise(found):
        assert before.start + before.length == after.start
    assert sum(arc.length for arc in found) == (100 if sum(values) else 0)


@given(st.lists(amounts, max_size=40))
def test_percents_add_up_to_exactly_a_hundred(values: list[Decimal]) -> None:
    found = charts.percentages(values)
    assert sum(found) == (100 if sum(values) else 0)
    assert all(0 <= percent <= 100 and percent.as_tuple().exponent == -1 for percent in found)


@given(st.lists(amounts, max_size=12))
def test_a_drawing_is_well_formed_and_never_overlaps(values: list[Decimal]) -> None:
    drawn = [arc.get("stroke-dasharray", "").split() for arc in arcs_of(draw([Share("x", value) for value in values]))]
    assert sum((Decimal(length) for length, _ in drawn), Decimal(0)) <= 100
    assert all(Decimal(length) + Decimal(rest) == 100 for length, rest in drawn)


def test_one_share_is_a_whole_ring() -> None:
    (arc,) = arcs_of(draw(shares("75000.00")))
    assert arc.get("stroke-dasharray") == "100 0"


def test_a_total_of_zero_is_an_empty_ring_with_its_label() -> None:
    svg = draw(shares("0", "0"), total_label="$ 0")
    assert arcs_of(svg) == []
    assert "$ 0" in "".join(svg.itertext())


def test_shares_keep_their_order_by_size_and_their_colours() -> None:
    rows = charts.composition(shares("50", "300", "150"))
    assert [(row.label, row.percent, row.color_class) for row in rows] == [
        ("Fondo 2", Decimal("60.0"), "c1"),
        ("Fondo 3", Decimal("30.0"), "c2"),
        ("Fondo 1", Decimal("10.0"), "c3"),
    ]


def test_many_tiny_shares_become_one() -> None:
    rows = charts.composition(shares("1000000", *["0.01"] * 30), rest_label="Otros")
    assert len(rows) == charts.COLORS
    assert (rows[-1].label, rows[-1].amount) == ("Otros", Decimal("0.26"))
    assert sum(row.percent for row in rows) == 100


def test_a_negative_share_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        charts.composition(shares("10", "-1"))


def test_text_is_escaped_and_no_style_is_inline() -> None:
    svg = charts.donut([Share("<b>&", Decimal(1))], total_label="<i>", title='"><script>', id_prefix="a")
    assert not [text for text in ("<b>", "<i>", "<script>", "style=") if text in svg]
    ElementTree.fromstring(svg)


def test_it_says_what_it_shows() -> None:
    with translation.override("es"):
        svg = draw(shares("300", "100"), id_prefix="cartera")
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == "cartera-title cartera-desc"
    assert "Fondo 1 75,0 %; Fondo 2 25,0 %" in (svg.findtext("desc") or "")


@pytest.mark.parametrize("language", ["es", "pt-br", "en"])
def test_attributes_keep_the_point_in_every_language(language: str) -> None:
    with translation.override(language):
        svg = charts.donut(shares("2000000.50", "1000000.25", "333.33"), total_label="", title="")
    for value in re.findall(r' (?:stroke-dasharray|stroke-dashoffset|r|cx|cy|font-size)="([^"]*)"', svg):
        assert re.fullmatch(r"-?\d+(\.\d+)?( -?\d+(\.\d+)?)?", value), value


@pytest.mark.parametrize(
    ("amount", "language", "expected"),
    [
        ("0", "es", "$ 0"),
        ("75000.00", "es", "$ 75.000"),
        ("999999.99", "es", "$ 999.999"),
        ("1240500.00", "es", "$ 1,2 M"),
        ("1475000.00", "es", "$ 1,5 M"),
        ("1500000000.00", "es", "$ 1.500,0 M"),
        ("1240500.00", "en", "COP 1.2 M"),
        ("1240500.00", "pt-br", "COP 1,2 mi"),
    ],
)
def test_compact_money(amount: str, language: str, expected: str) -> None:
    assert charts.compact_money(Decimal(amount), "COP", language).replace("\u00a0", " ") == expected
