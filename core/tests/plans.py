"""What a query costs, by PostgreSQL's own account of running it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True)
class Read:
    """One query: the rows its scans produced or threw away, the blocks it looked at, milliseconds, and its text."""

    rows: int
    blocks: int
    milliseconds: float
    sql: str


def costs(ask: Callable[[], object]) -> Iterator[Read]:
    """Each SELECT from tables that `ask` sends, run once more and explained; a call of a function may write."""
    with CaptureQueriesContext(connection) as sent:
        ask()
    with connection.cursor() as cursor:
        for sql in [query["sql"] for query in sent.captured_queries]:
            if not sql.lstrip("( ").startswith("SELECT") or " FROM " not in " ".join(sql.split()):
                continue
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql)
            found = cursor.fetchone()[0]
            explained = (json.loads(found) if isinstance(found, str) else found)[0]
            plan = explained["Plan"]
            blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            yield Read(_rows_read(plan), blocks, explained["Execution Time"], sql)


def _rows_read(plan: dict[str, Any]) -> int:
    thrown_away = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    scanned = plan["Actual Rows"] if "Scan" in plan["Node Type"] and "Plans" not in plan else 0
    below = sum(_rows_read(child) for child in plan.get("Plans", []))
    return round(plan["Actual Loops"] * (scanned + thrown_away)) + below
