"""The way into the database's own functions: one statement, one JSON answer, refusals as `DomainError`.

A SQL function refuses by `core_refuse(code, detail)`, which raises SQLSTATE `FS000`: whatever the function had written
is undone by PostgreSQL itself, so no caller can commit half an operation by overlooking an answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import DatabaseError, connection, connections, transaction

from core import replicas
from core.errors import DomainError
from core.money import Money

REFUSED = "FS000"

ROWS_AT_ONCE = 2_000

Refusals = tuple[type[DomainError], ...]
Value = bool | int | str | Decimal | date | datetime | uuid.UUID | list[int] | None


def call(function: str, arguments: Sequence[object], refusals: Refusals = ()) -> object:
    """The value of `SELECT function(arguments)`; a refusal with the code of one of `refusals` is raised as it.

    `function` is a name from our own code, never input.
    """
    places = ", ".join(["%s"] * len(arguments))
    # In autocommit the statement is a transaction by itself. Inside one, a savepoint keeps a refusal from taking the
    # caller's own work along.
    undo = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with undo, connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}({places})", list(arguments))  # type: ignore[arg-type]
            row = cursor.fetchone()
    except DatabaseError as error:
        raise _refusal(error, refusals) or error from error
    return row[0] if row else None


def call_json(function: str, arguments: Sequence[object], refusals: Refusals = ()) -> dict[str, object] | None:
    """The same for a function that answers a JSON object, or nothing."""
    answer = call(function, arguments, refusals)
    return orjson.loads(answer) if isinstance(answer, str) else None


def stream(sql: str, arguments: Mapping[str, Value]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, from a cursor of the server's own: a few at a time, all of one moment.

    The query's transaction stays open until the last row is read or the iterator is closed.
    """
    database = replicas.alias()
    with transaction.atomic(using=database), connections[database].chunked_cursor() as cursor:
        cursor.execute(sql, arguments)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def _refusal(error: DatabaseError, refusals: Refusals) -> DomainError | None:
    cause = error.__cause__
    if getattr(cause, "pgcode", None) != REFUSED:
        return None
    diagnosis = cause.diag  # type: ignore[union-attr]
    kind = next((refusal for refusal in refusals if refusal.code == diagnosis.message_primary), None)
    if kind is None:
        return None
    return kind(**_context(orjson.loads(diagnosis.message_detail or "{}")))


def _context(detail: dict[str, str]) -> dict[str, object]:
    """Amounts arrive as text beside their `currency`; the message shows them as money."""
    currency = detail.get("currency")
    amounts = {"minimum", "available", "limit"}
    return {
        name: Money(Decimal(value), currency) if currency and name in amounts else value
        for name, value in detail.items()
    }
