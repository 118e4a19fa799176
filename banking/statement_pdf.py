"""A statement on paper: letter size, drawn with reportlab in Inter, the same bytes for the same content.

The fonts are the weights 400 and 650 of the product's own (`static/fonts`) as TrueType, with figures of one width.
Measures are in points, from the lower left corner of the page.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

LAYOUT = "1"  # what changes when the drawing does, so that no two drawings pass for one document

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = "Inter", "Inter-Bold"
BRAND, TINT = HexColor("#0b6b5f"), HexColor("#e0f2ee")
TEXT, MUTED, LINE = HexColor("#171c1b"), HexColor("#57615e"), HexColor("#d5dad7")
WHITE = HexColor("#ffffff")
UP, DOWN = HexColor("#0b7442"), HexColor("#b3201b")

WIDTH, HEIGHT = letter
MARGIN = 48.0
RIGHT = WIDTH - MARGIN
AT_DATE, AT_CONCEPT, AT_RECEIPT, AT_AMOUNT = MARGIN + 6, MARGIN + 92, MARGIN + 276, MARGIN + 338
END_AMOUNT, END_BALANCE = RIGHT - 98, RIGHT - 6
ROW = 29.0
FOOT = 64.0
FIRST_TABLE, NEXT_TABLE = HEIGHT - 272, HEIGHT - 92
QR_SIZE = 96.0
_MARK = ((3, 4, 21, 4), (6, 8, 6, 12), (10, 8, 10, 19), (14, 8, 14, 15), (18, 8, 18, 13))


@dataclass(frozen=True, slots=True)
class Ink:
    font: str
    size: float
    color: Color


@dataclass(frozen=True, slots=True)
class PdfRow:
    """A line as it is printed; `sign` is -1, 0 or 1."""

    date: str
    under_date: str
    concept: str
    note: str
    receipt: str
    amount: str
    balance: str
    sign: int


@dataclass(frozen=True, slots=True)
class PdfContent:
    """All that is printed but the document's own code, as text in the reader's language."""

    product: str
    holder: str
    facts: Sequence[tuple[str, str]]
    figures: Sequence[tuple[str, str]]
    rows: Sequence[PdfRow]
    closing: str
    address: str


@dataclass(frozen=True, slots=True)
class Seal:
    """What the document says about itself: its code as printed, where that is confirmed, when it was issued."""

    code: str
    url: str
    issued_at: datetime
    issued: str


def draw(content: PdfContent, seal: Seal) -> bytes:
    """The document. The same content and seal are the same bytes."""
    _load_fonts()
    file = io.BytesIO()
    page = Canvas(file, pagesize=letter, invariant=1, lang=None)
    stamp = seal.issued_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
    page.setDateFormatter(lambda *_clock: stamp)
    title = _("Extracto de cuenta")
    page.setTitle(f"{title} · {content.holder}")
    page.setAuthor(content.product)
    page.setSubject(seal.code)
    page.setCreator(content.product)
    sheets = _sheets(content.rows)
    for number, rows in enumerate(sheets, start=1):
        top = FIRST_TABLE if number == 1 else NEXT_TABLE
        _head(page, content, title)
        if number == 1:
            _front(page, content, seal)
        else:
            _again(page, content)
        _table(page, content, rows, top, is_last=number == len(sheets))
        _foot(page, content, seal, number, len(sheets))
        page.showPage()
    page.save()
    return file.getvalue()


@cache
def _load_fonts() -> None:
    pdfmetrics.registerFont(TTFont(REGULAR, FONTS / "Inter-Regular.ttf"))
    pdfmetrics.registerFont(TTFont(BOLD, FONTS / "Inter-Bold.ttf"))


def _sheets(rows: Sequence[PdfRow]) -> list[Sequence[PdfRow]]:
    """The rows of each page. One row's place is kept on every page for the closing balance."""
    first = int((FIRST_TABLE - 24 - FOOT) // ROW) - 1
    more = int((NEXT_TABLE - 24 - FOOT) // ROW) - 1
    return [rows[:first], *(rows[at : at + more] for at in range(first, len(rows), more))]


def _head(page: Canvas, content: PdfContent, title: str) -> None:
    """The mark of the product (`static/img/logo.svg`, 24 units wide), its name, and what this is."""
    page.setStrokeColor(BRAND)
    page.setLineWidth(2)
    page.setLineCap(1)
    unit, base = 21 / 24, HEIGHT - 62
    for x1, y1, x2, y2 in _MARK:
        page.line(MARGIN + x1 * unit, base + y1 * unit, MARGIN + x2 * unit, base + y2 * unit)
    page.setLineCap(0)
    _text(page, MARGIN + 28, HEIGHT - 56, content.product, Ink(BOLD, 15, TEXT))
    _text(page, RIGHT, HEIGHT - 55, title, Ink(BOLD, 12, BRAND), end=True)
    page.setStrokeColor(BRAND)
    page.setLineWidth(1.2)
    page.line(MARGIN, HEIGHT - 68, RIGHT, HEIGHT - 68)


def _front(page: Canvas, content: PdfContent, seal: Seal) -> None:
    qr_left = RIGHT - QR_SIZE
    _text(page, MARGIN, HEIGHT - 94, content.holder, Ink(BOLD, 13, TEXT), fit=qr_left - MARGIN - 16)
    y = HEIGHT - 114.0
    for label, value in [*content.facts, (_("Expedido"), seal.issued)]:
        _text(page, MARGIN, y, label, Ink(REGULAR, 8.5, MUTED))
        _text(page, MARGIN + 78, y, value, Ink(REGULAR, 8.5, TEXT), fit=qr_left - MARGIN - 94)
        y -= 15
    widget = QrCodeWidget(seal.url, barLevel="M", barBorder=2, barWidth=QR_SIZE, barHeight=QR_SIZE)
    drawing = Drawing(QR_SIZE, QR_SIZE)
    drawing.add(widget)
    renderPDF.draw(drawing, page, qr_left, HEIGHT - 76 - QR_SIZE)
    page.linkURL(seal.url, (qr_left, HEIGHT - 190, RIGHT, HEIGHT - 76), relative=0)
    _text(page, qr_left + QR_SIZE / 2, HEIGHT - 182, seal.code, Ink(BOLD, 8.5, TEXT), middle=True)
    _figures(page, content.figures)


def _figures(page: Canvas, figures: Sequence[tuple[str, str]]) -> None:
    gap = 8.0
    wide = (RIGHT - MARGIN - gap * (len(figures) - 1)) / len(figures)
    for place, (label, value) in enumerate(figures):
        x = MARGIN + place * (wide + gap)
        last = place == len(figures) - 1
        page.setFillColor(BRAND if last else TINT)
        page.roundRect(x, HEIGHT - 254, wide, 48, 7, stroke=0, fill=1)
        ink = WHITE if last else TEXT
        _text(page, x + 10, HEIGHT - 223, label, Ink(REGULAR, 8, ink if last else MUTED), fit=wide - 20)
        _text(page, x + 10, HEIGHT - 242, value, Ink(BOLD, _size_for(value, BOLD, 12, wide - 20), ink))


def _again(page: Canvas, content: PdfContent) -> None:
    told = " · ".join(value for _label, value in content.facts[:3])
    _text(page, MARGIN, HEIGHT - 82, told, Ink(REGULAR, 8, MUTED), fit=RIGHT - MARGIN)


def _table(page: Canvas, content: PdfContent, rows: Sequence[PdfRow], top: float, *, is_last: bool) -> None:
    page.setFillColor(TINT)
    page.roundRect(MARGIN, top - 18, RIGHT - MARGIN, 18, 4, stroke=0, fill=1)
    for x, label, end in (
        (AT_DATE, _("Fecha"), False),
        (AT_CONCEPT, _("Concepto"), False),
        (AT_RECEIPT, _("Comprobante"), False),
        (END_AMOUNT, _("Valor"), True),
        (END_BALANCE, _("Saldo"), True),
    ):
        _text(page, x, top - 12, label, Ink(BOLD, 7.5, MUTED), end=end)
    y = top - 20
    for row in rows:
        _row(page, row, y)
        y -= ROW
        page.setStrokeColor(LINE)
        page.setLineWidth(0.4)
        page.line(MARGIN, y + 1, RIGHT, y + 1)
    if not content.rows:
        _text(page, AT_DATE, y - 14, _("No hubo movimientos en este período."), Ink(REGULAR, 8.5, MUTED))
        y -= ROW
    if is_last:
        _text(page, AT_CONCEPT, y - 17, _("Saldo final"), Ink(BOLD, 9.5, TEXT))
        _text(page, END_BALANCE, y - 17, content.closing, Ink(BOLD, 9.5, TEXT), end=True)


def _row(page: Canvas, row: PdfRow, y: float) -> None:
    first, second = (y - 12, y - 22) if row.note or row.under_date else (y - 16, y - 22)
    _text(page, AT_DATE, first, row.date, Ink(REGULAR, 8, TEXT), fit=AT_CONCEPT - AT_DATE - 4)
    _text(page, AT_DATE, second, row.under_date, Ink(REGULAR, 7, MUTED))
    _text(page, AT_CONCEPT, first, row.concept, Ink(REGULAR, 8, TEXT), fit=AT_RECEIPT - AT_CONCEPT - 8)
    _text(page, AT_CONCEPT, second, row.note, Ink(REGULAR, 7, MUTED), fit=AT_RECEIPT - AT_CONCEPT - 8)
    _text(page, AT_RECEIPT, first, row.receipt, Ink(REGULAR, 7.5, MUTED))
    size = _size_for(row.amount, REGULAR, 8, END_AMOUNT - AT_AMOUNT)
    _text(page, END_AMOUNT, first, row.amount, Ink(REGULAR, size, (DOWN, TEXT, UP)[row.sign + 1]), end=True)
    size = _size_for(row.balance, REGULAR, 8, END_BALANCE - END_AMOUNT - 8)
    _text(page, END_BALANCE, first, row.balance, Ink(REGULAR, size, TEXT), end=True)


def _foot(page: Canvas, content: PdfContent, seal: Seal, number: int, count: int) -> None:
    page.setStrokeColor(LINE)
    page.setLineWidth(0.6)
    page.line(MARGIN, 46, RIGHT, 46)
    told = _("Compruebe este documento en %(address)s con el código %(code)s.")
    _text(page, MARGIN, 34, told % {"address": content.address, "code": seal.code}, Ink(REGULAR, 7.5, MUTED))
    counted = _("Página %(number)s de %(count)s") % {"number": number, "count": count}
    _text(page, RIGHT, 34, counted, Ink(REGULAR, 7.5, MUTED), end=True)


def _text(
    page: Canvas,
    x: float,
    y: float,
    text: str,
    ink: Ink,
    *,
    end: bool = False,
    middle: bool = False,
    fit: float | None = None,
) -> None:
    """From `x` on, or up to it, or around it; what does not fit ends in an ellipsis."""
    if fit is not None and pdfmetrics.stringWidth(text, ink.font, ink.size) > fit:
        while text and pdfmetrics.stringWidth(f"{text}…", ink.font, ink.size) > fit:
            text = text[:-1]
        text = f"{text.rstrip()}…"
    page.setFont(ink.font, ink.size)
    page.setFillColor(ink.color)
    put = page.drawRightString if end else page.drawCentredString if middle else page.drawString
    put(x, y, text)


def _size_for(text: str, font: str, most: float, width: float) -> float:
    """`most` points, or as many as let the whole amount be seen: nobody wants the end of one cut off."""
    needed: float = pdfmetrics.stringWidth(text, font, most)
    return min(most, most * width / max(needed, 1.0))
