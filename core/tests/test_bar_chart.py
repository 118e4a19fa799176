from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bar_chart import HEIGHT, WIDTH, Bar, bars

SVG = "{http://www.w3.org/2000/svg}"


def drawn(counts: list[int]) -> ElementTree.Element:
    found = [Bar(f"{n} nov", f"{n} nov 2026: {count}", count) for n, count in enumerate(counts, start=1)]
    svg = str(bars(found, title="Por <día>", top_label="7 & más"))
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=62))
@settings(max_examples=40, deadline=None)
def test_columns_are_as_high_as_their_counts_and_inside_the_drawing(counts: list[int]) -> None:
    columns = drawn(counts).findall(f"{SVG}rect")
    heights = [float(column.get("height", "")) for column in columns]
    assert len(columns) == len(counts)
    for one, height in zip(counts, heights, strict=True):
        assert (height == 0) == (one == 0)
        assert height <= max(heights)
        assert one < max(counts) or height == max(heights)
    for column in columns:
        x, y = float(column.get("x", "")), float(column.get("y", ""))
        assert 0 <= x <= x + float(column.get("width", "")) <= WIDTH
        assert 0 <= y <= y + float(column.get("height", "")) <= HEIGHT


@pytest.mark.parametrize(("count", "most"), [(1, 1), (2, 2), (7, 7), (31, 7), (62, 7)])
def test_few_labels_are_written_the_first_and_the_last_among_them(count: int, most: int) -> None:
    written = [text.text for text in drawn([1] * count).findall(f"{SVG}text")[1:]]
    assert written[0] == "1 nov"
    assert written[-1] == f"{count} nov"
    assert len(written) == len(set(written)) <= most


def test_it_is_read_to_those_who_do_not_see_it_and_numbers_have_points() -> None:
    with translation.override("es"):
        chart = drawn([1, 2, 3])
    title = chart.find(f"{SVG}title")
    assert title is not None
    assert title.text == "Por <día>"
    assert next(column[0].text for column in chart.findall(f"{SVG}rect")) == "1 nov 2026: 1"
    assert not re.search(r'="\d+,\d+"', ElementTree.tostring(chart, encoding="unicode"))


@pytest.mark.parametrize("counts", [[], [1, -1]])
def test_what_cannot_be_drawn_is_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="columns"):
        drawn(counts)
