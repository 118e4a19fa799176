from __future__ import annotations

import csv
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from hypothesis import given, settings
from hypothesis import strategies as st

from core import tables
from core.tables import (
    Column,
    FileFormat,
    Kind,
    Table,
    as_response,
    csv_chunks,
    harmless,
    json_chunks,
    spoken,
    xlsx_file,
)

COLUMNS = (
    Column("at", "Fecha", Kind.MOMENT),
    Column("text", "Nota"),
    Column("amount", "Valor", Kind.MONEY),
    Column("count", "Cuántas", Kind.INTEGER),
    Column("day", "Día", Kind.DAY),
)
ROW = (datetime(2026, 11, 20, 14, 3, tzinfo=UTC), "Año, «ñ»", Decimal("-125000.50"), 7, date(2026, 11, 20))
BOGOTA = ZoneInfo("America/Bogota")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def table(*rows: Sequence[tables.Cell], zone: ZoneInfo = BOGOTA) -> Table:
    return Table("tabla", COLUMNS, rows or (ROW,), zone)


def texts(text: str) -> Table:
    return Table("tabla", (Column("text", "Nota"),), [(text,)], BOGOTA)


def as_csv(wanted: Table) -> list[list[str]]:
    written = b"".join(csv_chunks(wanted)).decode()
    assert written.startswith("\ufeff")
    return list(csv.reader(io.StringIO(written[1:], newline="")))


def as_sheet(wanted: Table, number: int = 1) -> list[list[tuple[str, str]]]:
    """Rows of cells, each its type in the file (`inlineStr`, `n`, `f` for a formula) and its text."""
    with xlsx_file(wanted) as file, zipfile.ZipFile(file) as archive:
        root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
    rows: list[list[tuple[str, str]]] = []
    for row in root.iter(f"{SHEET}row"):
        cells = []
        for cell in row:
            kind = "f" if cell.find(f"{SHEET}f") is not None else cell.get("t", "n")
            cells.append((kind, "".join(cell.itertext())))
        rows.append(cells)
    return rows


def drained(response: StreamingHttpResponse) -> int:
    """How many bytes were sent; what it kept open is closed, without ending a request that there never was."""
    sent = sum(len(chunk) for chunk in response.streaming_content)
    for close in response._resource_closers:
        close()
    return sent


def test_csv_says_what_the_rows_say() -> None:
    assert as_csv(table()) == [
        ["Fecha", "UTC", "Nota", "Valor", "Cuántas", "Día"],
        ["2026-11-20 09:03:00", "-05:00", "Año, «ñ»", "-125000.50", "7", "2026-11-20"],
    ]


def test_a_sheet_says_the_same_with_numbers_as_numbers() -> None:
    head, row = as_sheet(table())
    assert [text for _kind, text in head] == as_csv(table())[0]
    assert [kind for kind, _text in row] == ["n", "inlineStr", "inlineStr", "n", "n", "n"]
    assert (row[1][1], row[2][1], row[3][1], row[4][1]) == ("-05:00", "Año, «ñ»", "-125000.50", "7")


def test_json_lines_say_the_same_with_amounts_as_text() -> None:
    assert json.loads(b"".join(json_chunks(table()))) == {
        "at": "2026-11-20T09:03:00-05:00",
        "text": "Año, «ñ»",
        "amount": "-125000.50",
        "count": 7,
        "day": "2026-11-20",
    }


def test_nothing_is_nothing() -> None:
    nothing = (None,) * len(COLUMNS)
    assert as_csv(table(nothing))[1] == [""] * 6
    assert as_sheet(table(nothing))[1:] == []
    assert set(json.loads(b"".join(json_chunks(table(nothing)))).values()) == {None}


def test_the_two_half_past_ones_of_a_night_are_told_apart() -> None:
    mexico = ZoneInfo("America/Mexico_City")
    first, second = datetime(2022, 10, 30, 6, 30, tzinfo=UTC), datetime(2022, 10, 30, 7, 30, tzinfo=UTC)
    rows = as_csv(table((first, *ROW[1:]), (second, *ROW[1:]), zone=mexico))[1:]
    assert [row[:2] for row in rows] == [["2022-10-30 01:30:00", "-05:00"], ["2022-10-30 01:30:00", "-06:00"]]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+57 300",
        "-2",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1",
        "\n=1",
        "  =1+1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "＝1+1",
        "＋1",
        '=HYPERLINK("http://x","y")',
        "=cmd|' /C calc'!A0",
    ],
)
def test_what_begins_like_a_formula_is_text(text: str) -> None:
    assert harmless(text).startswith("'")
    assert as_csv(texts(text))[1][0].startswith("'")
    (cell,) = as_sheet(texts(text))[1]
    assert cell[0] == "inlineStr"
    assert cell[1].startswith("'")


@pytest.mark.parametrize("text", ["Arriendo;=1+1", 'Arriendo;"=1+1', "a\t=1", "a,-1", "a; @x", "linea\r\n=1+1"])
def test_no_formula_begins_behind_what_another_spreadsheet_takes_for_the_end_of_a_cell(text: str) -> None:
    (cell,) = as_csv(texts(text))[1]
    assert not any(f"{mark}{sign}" in cell for mark in ';,\t|"\n' for sign in "=+-@")
    assert "\n" not in cell


@pytest.mark.parametrize("text", ["Arriendo", "a=b", "x-y", "a@b.co", "1 + 1", "Año nuevo", "", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.text(max_size=40))
@settings(max_examples=40, deadline=None)
def test_no_text_whatever_becomes_a_formula_or_breaks_a_file(text: str) -> None:
    (cell,) = as_csv(texts(text))[1] or [""]
    assert cell.lstrip()[:1] not in ("=", "+", "-", "@")
    for row in as_sheet(texts(text))[1:]:
        assert [kind for kind, _text in row] == ["inlineStr"]


def test_an_amount_too_long_for_a_spreadsheet_is_written_whole() -> None:
    amount = Decimal("99999999999999999.99")
    row = as_sheet(table((*ROW[:2], amount, *ROW[3:])))[1]
    assert row[3] == ("inlineStr", "99999999999999999.99")


def test_what_is_beyond_a_sheet_is_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_PER_SHEET", 3)
    sheets = [as_sheet(table(*[ROW] * 7), number) for number in (1, 2, 3)]
    assert [len(sheet) for sheet in sheets] == [4, 4, 2]
    assert len({str(sheet[0]) for sheet in sheets}) == 1


@pytest.mark.parametrize("file_format", FileFormat)
def test_a_file_is_an_attachment_that_no_cache_keeps(file_format: FileFormat) -> None:
    response = as_response(table(), file_format)
    assert isinstance(response, StreamingHttpResponse)
    assert response["Content-Disposition"] == f'attachment; filename="tabla.{file_format}"'
    assert response["Cache-Control"] == "no-store"
    assert drained(response)


def test_a_file_keeps_the_language_in_which_it_was_asked_for() -> None:
    def rows() -> Iterator[tuple[str]]:
        yield (str(_("Cuenta")),)

    with translation.override("en"):
        response = as_response(Table("t", (Column("x", _("Fecha")),), rows(), BOGOTA), FileFormat.CSV)
    assert isinstance(response, StreamingHttpResponse)
    assert b"".join(response.streaming_content).decode() == "\ufeffDate\r\nAccount\r\n"


def test_whoever_stops_listening_ends_the_rows() -> None:
    ended = []

    def rows() -> Iterator[tuple[str]]:
        try:
            while True:
                yield ("x" * 1000,)
        finally:
            ended.append(True)

    chunks = spoken(csv_chunks(Table("t", (Column("x", "X"),), rows(), BOGOTA)))
    assert len(next(chunks)) >= tables.CHUNK
    chunks.close()  # as the server does
    assert ended


@pytest.mark.parametrize("file_format", FileFormat)
def test_many_rows_take_the_memory_of_a_few(file_format: FileFormat) -> None:
    """The peak over what was there before, for fifteen times as many rows of two kilobytes: three megabytes."""
    row = (ROW[0], "x" * 2000, *ROW[2:])

    def peak(count: int) -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        response = as_response(Table("t", COLUMNS, (row for _number in range(count)), BOGOTA), file_format)
        assert isinstance(response, StreamingHttpResponse)
        assert drained(response)
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        peak(100)
        few, lots = peak(100), peak(1500)
    finally:
        tracemalloc.stop()
    assert lots < few + 500_000
