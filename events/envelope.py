"""An event as it travels: what happened, who did it from where, and its link in the chain of the audit trail."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

import orjson

FIRST = "0" * 64  # what the first link of the chain names as the link before it


class Malformed(ValueError):
    """Bytes that are no envelope of ours."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One sealed event. `recorded_at` is ISO 8601 in UTC with six places; `previous` and `hash` are SHA-256 in hex."""

    position: int
    id: uuid.UUID
    name: str
    version: int
    actor_id: uuid.UUID | None
    role: str
    ip: str
    path: str
    request_id: str
    payload: Mapping[str, object]
    recorded_at: str
    previous: str
    hash: str

    def moment(self) -> datetime:
        return datetime.fromisoformat(self.recorded_at)

    def to_json(self) -> bytes:
        return orjson.dumps(self)

    def sealed_hash(self) -> str:
        """What `hash` has to be: SHA-256 over the canonical JSON of everything else, the previous link included."""
        content = {name: getattr(self, name) for name in _SEALED}
        return hashlib.sha256(canonical(content)).hexdigest()


_SEALED = tuple(one.name for one in fields(Envelope) if one.name != "hash")


def canonical(content: Mapping[str, object]) -> bytes:
    """JSON that has one spelling: UTF-8, names in order, no blanks. What goes in holds no fractions of numbers."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def sealed(
    *,
    position: int,
    previous: str,
    id: uuid.UUID,
    name: str,
    version: int,
    actor_id: uuid.UUID | None,
    context: Mapping[str, object],
    payload: Mapping[str, object],
    recorded_at: datetime,
) -> Envelope:
    """The envelope of an event at its place in the chain."""
    open_envelope = Envelope(
        position=position,
        id=id,
        name=name,
        version=version,
        actor_id=actor_id,
        role=str(context.get("role", "")),
        ip=str(context.get("ip", "")),
        path=str(context.get("path", "")),
        request_id=str(context.get("request_id", "")),
        payload=payload,
        recorded_at=recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        previous=previous,
        hash="",
    )
    return with_hash(open_envelope, open_envelope.sealed_hash())


def with_hash(envelope: Envelope, value: str) -> Envelope:
    return replace(envelope, hash=value)


def from_json(body: bytes) -> Envelope:
    """The envelope in a message. Raises `Malformed`."""
    try:
        found = orjson.loads(body)
        found["id"] = uuid.UUID(found["id"])
        found["actor_id"] = uuid.UUID(found["actor_id"]) if found["actor_id"] else None
        envelope = Envelope(**found)
        _check_kinds(envelope)
        envelope.moment()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Malformed(f"not an envelope: {error}") from error
    return envelope


def _check_kinds(envelope: Envelope) -> None:
    texts = (
        *(envelope.name, envelope.role, envelope.ip, envelope.path, envelope.request_id),
        *(envelope.recorded_at, envelope.previous, envelope.hash),
    )
    numbers = (envelope.position, envelope.version)
    sound = all(type(one) is str for one in texts) and all(type(one) is int and 0 < one < 2**63 for one in numbers)
    if not sound or type(envelope.payload) is not dict:
        raise ValueError("a field is not of its kind")
