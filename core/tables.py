"""Tables on their way out: CSV, XLSX or JSON lines, from rows that are read once and never kept.

A million rows take no more memory than ten. CSV and JSON lines are sent while they are read; a sheet is written to a
temporary file first, because a ZIP archive is not finished before its last byte.

Text is somebody else's: what a spreadsheet would take for a formula is made harmless. Numbers stay numbers. A moment is
written as its zone's clocks showed it, beside its distance from UTC: twice a year that alone tells two moments apart.
"""

from __future__ import annotations

import csv
import enum
import io
import re
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING
from zoneinfo import ZoneInfo

import orjson
import xlsxwriter
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import translation
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from core import replicas
from core.periods import offset_text

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Cell = str | int | Decimal | datetime | date | None
Row = Sequence[Cell]

CHUNK = 64 * 1024  # characters that are sent at once
ROWS_PER_SHEET = 1_000_000  # a sheet holds 1 048 576
EXACT_DIGITS = 15  # spreadsheets keep numbers as floats; what has more digits is written as text, whole
BOM = "\ufeff"
UTC_TITLE = "UTC"
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSONL_TYPE = "application/x-ndjson"

# What begins a formula, in ASCII or full width, whatever blanks stand before it.
_FORMULA = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
# The same behind what a spreadsheet set to another language takes for the end of a cell.
_FORMULA_INSIDE = re.compile(r"([;,\t|][\s\"']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_BREAKS = re.compile(r"[\t\r\n\v\f\x1c-\x1e\u0085\u2028\u2029]+")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Kind(enum.Enum):
    TEXT = enum.auto()
    MONEY = enum.auto()
    INTEGER = enum.auto()
    MOMENT = enum.auto()
    DAY = enum.auto()


class FileFormat(enum.StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is for programs, `title` for people; `width` of a sheet's column is in characters."""

    name: str
    title: StrOrPromise
    kind: Kind = Kind.TEXT
    width: int = 14


@dataclass(frozen=True, slots=True)
class Table:
    """`file_name` is ASCII, without its suffix. `rows` are read once; moments are shown in `zone`."""

    file_name: str
    columns: Sequence[Column]
    rows: Iterable[Row]
    zone: ZoneInfo


def harmless(text: str) -> str:
    """`text` in one line, and such that no spreadsheet takes it for a formula: an apostrophe before what begins one."""
    if _FORMULA.match(text):
        text = f"'{text}"
    return _FORMULA_INSIDE.sub(r"\1'", _BREAKS.sub(" ", text))


def as_response(table: Table, file_format: FileFormat) -> HttpResponseBase:
    """The table as a file to keep."""
    response: HttpResponseBase
    match file_format:
        case FileFormat.CSV:
            response = StreamingHttpResponse(spoken(csv_chunks(table)), content_type=CSV_TYPE)
        case FileFormat.JSONL:
            response = StreamingHttpResponse(spoken(json_chunks(table)), content_type=JSONL_TYPE)
        case FileFormat.XLSX:
            response = FileResponse(xlsx_file(table), content_type=XLSX_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{table.file_name}.{file_format}"'
    response["Cache-Control"] = "no-store"
    return response


def spoken(chunks: Iterator[bytes]) -> Generator[bytes, None, None]:
    """The chunks in the language, and from the database, of now: they are made after the request has put both away."""
    return _spoken(chunks, translation.get_language(), replicas.alias())


def _spoken(chunks: Iterator[bytes], language: str | None, database: str) -> Generator[bytes, None, None]:
    try:
        while True:
            with translation.override(language), replicas.pinned(database):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk
    finally:
        if hasattr(chunks, "close"):
            chunks.close()  # whoever stopped listening also ends the query


def csv_chunks(table: Table) -> Iterator[bytes]:
    """RFC 4180 in UTF-8; begins with a byte order mark, by which Excel knows."""
    buffer = io.StringIO(newline="")
    buffer.write(BOM)
    writer = csv.writer(buffer)
    writer.writerow(titles(table.columns))
    kinds = [column.kind for column in table.columns]
    for row in table.rows:
        writer.writerow(_csv_cells(row, kinds, table.zone))
        if buffer.tell() >= CHUNK:
            yield _emptied(buffer)
    yield _emptied(buffer)


def json_chunks(table: Table) -> Iterator[bytes]:
    """One JSON object per line: amounts as text in major units, moments in ISO 8601 with their distance from UTC."""
    names = [column.name for column in table.columns]
    lines: list[bytes] = []
    size = 0
    for row in table.rows:
        cells = [cell.astimezone(table.zone) if isinstance(cell, datetime) else cell for cell in row]
        lines.append(orjson.dumps(dict(zip(names, cells, strict=True)), default=str, option=orjson.OPT_APPEND_NEWLINE))
        size += len(lines[-1])
        if size >= CHUNK:
            yield b"".join(lines)
            lines, size = [], 0
    yield b"".join(lines)


def xlsx_file(table: Table) -> IO[bytes]:
    """A sheet in a temporary file, which goes when it is closed; what is beyond a million rows is on another sheet."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 # whoever sends it closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.use_zip64()
        writer = _Sheets(book, table)
        for row in table.rows:
            writer.write(row)
    file.seek(0)
    return file


def titles(columns: Sequence[Column]) -> list[str]:
    """As they stand above the table: a moment is two columns."""
    found: list[str] = []
    for column in columns:
        found += [str(column.title), UTC_TITLE] if column.kind is Kind.MOMENT else [str(column.title)]
    return found


def _emptied(buffer: io.StringIO) -> bytes:
    chunk = buffer.getvalue().encode("utf-8", "replace")
    buffer.seek(0)
    buffer.truncate()
    return chunk


def _csv_cells(row: Row, kinds: Sequence[Kind], zone: ZoneInfo) -> list[object]:
    cells: list[object] = []
    for cell, kind in zip(row, kinds, strict=True):
        if kind is Kind.MOMENT:
            local = cell.astimezone(zone) if isinstance(cell, datetime) else None
            cells += [local.strftime("%Y-%m-%d %H:%M:%S"), offset_text(local)] if local else ["", ""]
        else:
            cells.append(harmless(cell) if isinstance(cell, str) else cell)
    return cells


class _Sheets:
    """Writes rows, in order, each once: what constant memory takes."""

    def __init__(self, book: xlsxwriter.Workbook, table: Table) -> None:
        self.book, self.table = book, table
        self.header = book.add_format(
            {"bold": True, "font_color": "#FFFFFF", "bg_color": "#0B6B5F", "valign": "vcenter"}
        )
        self.money = book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._begin()

    def write(self, row: Row) -> None:
        if self.at > ROWS_PER_SHEET:
            self._begin()
        place = 0
        for cell, column in zip(row, self.table.columns, strict=True):
            place += self._cell(place, cell, column.kind)
        self.at += 1

    def _begin(self) -> None:
        """Widths and what stays in sight go before the first row."""
        self.sheet: Worksheet = self.book.add_worksheet()
        self.sheet.freeze_panes(1, 0)
        place = 0
        for column in self.table.columns:
            self.sheet.set_column(place, place, column.width)
            place += 1
            if column.kind is Kind.MOMENT:
                self.sheet.set_column(place, place, 8)
                place += 1
        self.sheet.set_row(0, 22)
        for place, title in enumerate(titles(self.table.columns)):
            self.sheet.write_string(0, place, title, self.header)
        self.at = 1

    def _cell(self, place: int, cell: Cell, kind: Kind) -> int:
        """Writes one value and returns how many columns it took."""
        if cell is None:
            return 2 if kind is Kind.MOMENT else 1
        if isinstance(cell, datetime):
            local = cell.astimezone(self.table.zone)
            self.sheet.write_datetime(self.at, place, local.replace(tzinfo=None), self.moment)
            self.sheet.write_string(self.at, place + 1, offset_text(local))
            return 2
        if isinstance(cell, date):
            self.sheet.write_datetime(self.at, place, datetime(cell.year, cell.month, cell.day), self.day)
        elif isinstance(cell, str):
            self.sheet.write_string(self.at, place, _NOT_IN_XML.sub("", harmless(cell)))
        elif len(str(abs(cell)).replace(".", "")) > EXACT_DIGITS:
            self.sheet.write_string(self.at, place, str(cell))
        else:
            self.sheet.write_number(self.at, place, cell, self._format(kind))
        return 1

    def _format(self, kind: Kind) -> Format | None:
        return self.money if kind is Kind.MONEY else None
