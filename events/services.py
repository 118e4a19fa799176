"""Recording what happened."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import orjson
from django.db import connection

from core import request_context
from core.ids import uuid7
from events.catalogue import CATALOGUE


def record(name: str, payload: Mapping[str, object], *, actor_id: uuid.UUID | None = None) -> uuid.UUID:
    """Write an event into the caller's transaction and return its id; it exists only if that transaction commits.

    The payload must have exactly the fields that `events.catalogue` lists. Raises `ValueError` otherwise.
    """
    version = version_of(name, payload)
    event_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT events_record(%s, %s, %s, %s, %s, %s)",
            [event_id, name, version, actor_id, payload_json(payload), context_json()],
        )
    return event_id


def version_of(name: str, payload: Mapping[str, object]) -> int:
    """The catalogue's version of an event, if the payload is what it lists. Raises `ValueError` otherwise."""
    kind = CATALOGUE.get(name)
    if kind is None or payload.keys() != kind.fields.keys():
        raise ValueError(
            f"{name} takes {sorted(kind.fields) if kind else 'no payload: unknown'}, not {sorted(payload)}"
        )
    return kind.version


def payload_json(payload: Mapping[str, object]) -> str:
    """A payload as SQL functions take it; ids and amounts become text."""
    return orjson.dumps(dict(payload), default=str).decode()


def context_json() -> str:
    """The current request's origin, as SQL functions that record an event take it."""
    return orjson.dumps(request_context.current().as_json()).decode()
