"""A chart of columns, drawn like the others of `core.charts`: no script, no inline style, readable without eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 640, 200
_FLOOR = HEIGHT - 34
_CEILING = 30
_MARGIN = 30  # half of a label: nearer to an edge it leans inwards
_LEFT = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """`label` stands under the column, `told` is read out and shown on hovering; `count` is zero or more."""

    label: str
    told: str
    count: int


def bars(found: Sequence[Bar], *, title: str, top_label: str, id_prefix: str = "bars") -> SafeString:
    """One column each, the highest as high as the chart; `top_label` says how much that is.

    Of many labels the first, the last and some between are written; on a narrow screen three. Raises `ValueError` on a
    negative count or without any.
    """
    if not found or any(bar.count < 0 for bar in found):
        raise ValueError("columns are one or more, and do not go down")
    most = max(bar.count for bar in found)
    step = (WIDTH - _LEFT * 2) / len(found)
    return format_html(
        '<svg class="bars" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-title">'
        '<title id="{id}-title">{title}</title>'
        '<line class="grid" x1="0" x2="{width}" y1="{top}" y2="{top}"/>'
        '<line class="grid" x1="0" x2="{width}" y1="{floor}" y2="{floor}"/>'
        '<text x="0" y="{above}">{top_label}</text>{columns}{labels}</svg>',
        width=WIDTH,
        height=HEIGHT,
        id=id_prefix,
        title=title,
        top=_CEILING,
        floor=_FLOOR,
        above=_CEILING - 6,
        top_label=top_label,
        columns=format_html_join("", *_columns(found, most, step)),
        labels=format_html_join("", *_labels(found, step)),
    )


def _columns(found: Sequence[Bar], most: int, step: float) -> tuple[str, list[tuple[object, ...]]]:
    thick = min(step * 0.72, 40)
    drawn: list[tuple[object, ...]] = []
    for place, bar in enumerate(found):
        tall = max(bar.count / most * (_FLOOR - _CEILING), 2) if bar.count else 0
        x = _LEFT + place * step + (step - thick) / 2
        drawn.append((_number(x), _number(_FLOOR - tall), _number(thick), _number(tall), bar.told))
    return '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>', drawn


def _labels(found: Sequence[Bar], step: float) -> tuple[str, list[tuple[object, ...]]]:
    """Seven at most, evenly apart, each under its column; those of class `between` have no room on a narrow screen."""
    last = len(found) - 1
    every = max(1, -(-last // 6))
    places = [*(place for place in range(0, last, every) if last - place >= every), last]
    written: list[tuple[object, ...]] = []
    for place in places:
        middle = _LEFT + (place + 0.5) * step
        anchor = "start" if middle < _MARGIN else "end" if middle > WIDTH - _MARGIN else "middle"
        x = {"start": 0.0, "end": float(WIDTH)}.get(anchor, middle)
        shown = "between" if place not in (0, last, places[len(places) // 2]) else "label"
        written.append((shown, _number(x), HEIGHT - 10, anchor, found[place].label))
    return '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>', written


def _number(value: float) -> str:
    """As SVG reads it: a point whatever the language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
