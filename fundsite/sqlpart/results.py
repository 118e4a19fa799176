"""What a run returned, for people (as psql shows it), as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import orjson

from fundsite.sqlpart.runner import Report, Result
from fundsite.sqlpart.script import Echo


def as_text(report: Report) -> str:
    """Aligned tables, each under the file and line of its statement, and what `\\echo` says, in order."""
    return "".join(one.text if isinstance(one, Echo) else _table(one) for one in report.shown)


def as_json(report: Report) -> str:
    """`{"statements": n, "results": [{"file", "line", "columns": […], "rows": [[…]]}]}`.

    Whole numbers and truth values are JSON's; everything else is text as PostgreSQL writes it.
    """
    results = [
        {"file": str(one.statement.path), "line": one.statement.line, "columns": one.columns, "rows": one.rows}
        for one in _results(report)
    ]
    return (
        orjson.dumps(
            {"statements": report.statements, "results": results}, default=str, option=orjson.OPT_INDENT_2
        ).decode()
        + "\n"
    )


def as_csv(report: Report) -> str:
    """One table with its heading; further ones each after an empty line. NULL is an empty field."""
    tables = []
    for one in _results(report):
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(one.columns)
        writer.writerows([_word(value) for value in row] for row in one.rows)
        tables.append(written.getvalue())
    return "\n".join(tables)


def _results(report: Report) -> list[Result]:
    return [one for one in report.shown if isinstance(one, Result)]


def _table(result: Result) -> str:
    heading = [_visible(name) for name in result.columns]
    rows = [[_visible(_word(value)) for value in row] for row in result.rows]
    widths = [max(len(line[number]) for line in [heading, *rows]) for number in range(len(heading))]
    numbers = [
        bool(result.rows) and all(_is_number(row[number]) for row in result.rows) for number in range(len(heading))
    ]
    lines = [
        f"{result.statement.path}:{result.statement.line}",
        " " + " | ".join(name.center(width) for name, width in zip(heading, widths, strict=True)),
        "-" + "-+-".join("-" * width for width in widths) + "-",
        *(" " + _line(row, widths, numbers) for row in rows),
        f"({len(rows)} row{'' if len(rows) == 1 else 's'})",
    ]
    return "".join(f"{line.rstrip()}\n" for line in [*lines, ""])


def _line(row: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    cells = zip(row, widths, numbers, strict=True)
    return " | ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in cells)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    return "" if value is None else str(value)


def _visible(text: str) -> str:
    """A value cannot move the cursor or break the table."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
