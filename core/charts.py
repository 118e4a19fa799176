"""Charts drawn on the server as SVG: no script, no inline style, readable without eyes.

Colour comes from the classes `c1` to `c6` of the style sheet. Numbers in attributes are written with a point whatever
the page's language; numbers in words follow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from babel.numbers import format_decimal, get_currency_symbol
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from core.money import locale_of

COLORS = 6
FULL = Decimal(100)

_TENTH = Decimal("0.1")
_ARC_STEP = Decimal("0.0001")
_GAP = Decimal("0.7")  # of the circle, in hundredths; never more than half of the arc beside it
_CENTRE_WIDTH = 104  # room for the total inside the ring, of the 200 units that the drawing is wide
_MILLIONS = {"pt-br": "mi"}


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole; `amount` is zero or more, all parts of one chart in the same unit."""

    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Slice:
    """A share as it is shown: `percent` has one decimal and a chart's percents add up to exactly 100."""

    label: str
    amount: Decimal
    percent: Decimal
    color_class: str


@dataclass(frozen=True, slots=True)
class Arc:
    """Where a share lies on the circle, in hundredths of it clockwise from the top."""

    start: Decimal
    length: Decimal


def composition(shares: Sequence[Share], *, rest_label: str | None = None, most: int = COLORS) -> list[Slice]:
    """The shares, largest first, as rows of a legend in the colours that `donut` gives them.

    Beyond `most` rows the smallest become one, called `rest_label` ("Otros"). Shares of zero are left out, so a total
    of zero gives no rows. Raises `ValueError` on a negative amount.
    """
    kept = _largest(shares, gettext("Otros") if rest_label is None else rest_label, most)
    percents = percentages([share.amount for share in kept])
    return [
        Slice(share.label, share.amount, percent, f"c{index % COLORS + 1}")
        for index, (share, percent) in enumerate(zip(kept, percents, strict=True))
    ]


def percentages(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Each amount's part of their sum, in percent with one decimal, adding up to exactly 100 (largest remainder)."""
    total = sum(amounts, Decimal(0))
    if not total:
        return [Decimal("0.0")] * len(amounts)
    exact = [amount * FULL / total for amount in amounts]
    rounded = [value.quantize(_TENTH, ROUND_DOWN) for value in exact]
    missing = int((FULL - sum(rounded, Decimal(0))) / _TENTH)
    by_remainder = sorted(range(len(exact)), key=lambda index: rounded[index] - exact[index])
    for index in by_remainder[:missing]:
        rounded[index] += _TENTH
    return rounded


def arcs(amounts: Sequence[Decimal]) -> list[Arc]:
    """The arcs of a full circle: each begins where the one before it ends, the last ends at 100.

    Ends are rounded, not lengths, so that no rounding adds up to a hole. All lengths are zero if the total is.
    """
    total = sum(amounts, Decimal(0))
    found: list[Arc] = []
    reached, start = Decimal(0), Decimal(0)
    for amount in amounts:
        reached += amount
        end = (reached * FULL / total).quantize(_ARC_STEP) if total else Decimal(0)
        found.append(Arc(start, end - start))
        start = end
    return found


def donut(
    shares: Sequence[Share],
    *,
    total_label: str,
    title: str,
    caption: str = "",
    rest_label: str | None = None,
    id_prefix: str = "donut",
) -> SafeString:
    """A ring of the shares with `total_label` (short: `$ 1,2 M`) in the middle and `caption` under it.

    `title` and every share's percent are read to those who do not see it; `id_prefix` keeps two charts on a page
    apart. With nothing to show the ring is empty. Raises `ValueError` on a negative amount.
    """
    slices = composition(shares, rest_label=rest_label)
    return format_html(
        '<svg class="donut" viewBox="0 0 200 200" role="img" aria-labelledby="{id}-title {id}-desc">'
        '<title id="{id}-title">{title}</title><desc id="{id}-desc">{description}</desc>'
        '<circle class="ring" cx="100" cy="100" r="78" fill="none" stroke-width="34"/>{rings}{centre}</svg>',
        id=id_prefix,
        title=title,
        description=_description(slices, total_label),
        rings=_rings(slices),
        centre=_centre(total_label, caption),
    )


def compact_money(amount: Decimal, currency: str, language: str | None = None) -> str:
    """An amount for the middle of a chart: `$ 75.000` below a million, `$ 1,2 M` from there on."""
    language = (language or get_language() or "es").lower()
    locale = locale_of(language)
    if abs(amount) < 1_000_000:
        short = format_decimal(amount.to_integral_value(ROUND_DOWN), format="#,##0", locale=locale)
    else:
        millions = (amount / 1_000_000).quantize(_TENTH, ROUND_HALF_UP)
        short = f"{format_decimal(millions, format='#,##0.0', locale=locale)}\u00a0{_MILLIONS.get(language, 'M')}"
    return f"{get_currency_symbol(currency, locale)}\u00a0{short}"


def _largest(shares: Sequence[Share], rest_label: str, most: int) -> list[Share]:
    if any(share.amount < 0 for share in shares):
        raise ValueError("a share of a whole is not negative")
    ordered = sorted((share for share in shares if share.amount), key=lambda share: -share.amount)
    if len(ordered) <= most:
        return ordered
    rest = sum((share.amount for share in ordered[most - 1 :]), Decimal(0))
    return [*ordered[: most - 1], Share(rest_label, rest)]


def _rings(slices: Sequence[Slice]) -> SafeString:
    found = arcs([piece.amount for piece in slices])
    return format_html_join(
        "",
        '<circle class="arc {}" cx="100" cy="100" r="78" fill="none" stroke-width="34" pathLength="100"'
        ' stroke-dasharray="{} {}" stroke-dashoffset="{}" transform="rotate(-90 100 100)"/>',
        (
            (piece.color_class, _number(drawn), _number(FULL - drawn), _number(-arc.start))
            for piece, arc in zip(slices, found, strict=True)
            if (drawn := arc.length if len(slices) == 1 else arc.length - min(_GAP, arc.length / 2))
        ),
    )


def _centre(total_label: str, caption: str) -> SafeString:
    size = min(28, round(_CENTRE_WIDTH / (max(len(total_label), 1) * 0.6)))
    total = format_html(
        '<text class="total" x="100" y="{}" font-size="{}" text-anchor="middle">{}</text>',
        100 if caption else 109,
        size,
        total_label,
    )
    if not caption:
        return total
    return total + format_html(
        '<text class="caption" x="100" y="120" font-size="13" text-anchor="middle">{}</text>', caption
    )


def _description(slices: Sequence[Slice], total_label: str) -> str:
    locale = locale_of()
    parts = [f"{piece.label} {format_decimal(piece.percent, format='0.0', locale=locale)} %" for piece in slices]
    return "; ".join([total_label, *parts])


def _number(value: Decimal) -> str:
    """As SVG reads it: a point, no exponent, no minus zero."""
    return f"{value.quantize(_ARC_STEP) + 0:f}".rstrip("0").rstrip(".")
