"""The catalogue for people (`docs/events.md`) and for programs (`docs/asyncapi.json`, AsyncAPI 3.0)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from events.catalogue import CATALOGUE, EventType, Kind

EXCHANGE = "sofipo_events_exchange"
UTC = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}\+00:00$"
HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
UUID = {"type": "string", "format": "uuid"}
JSON_TYPES: Mapping[Kind, Mapping[str, object]] = {
    Kind.UUID: UUID,
    Kind.MAYBE_UUID: {"type": ["string", "null"], "format": "uuid"},
    Kind.TEXT: {"type": "string"},
    Kind.AMOUNT: {"type": "string", "pattern": r"^-?\d{1,17}\.\d{2}$"},
    Kind.CURRENCY: {"type": "string", "pattern": "^[A-Z]{3}$"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.MAYBE_DATE: {"type": ["string", "null"], "format": "date"},
    Kind.INTEGER: {"type": "integer"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.NAMES: {"type": "array", "items": {"type": "string"}},
}
# What travels around a payload: name, its schema, what it says.
ENVELOPE: tuple[tuple[str, Mapping[str, object], str], ...] = (
    ("position", {"type": "integer", "minimum": 1}, "Place in the chain: 1, 2, 3 … without gaps."),
    ("id", UUID, "The event's own; handle each id once. Also the AMQP message id."),
    ("name", {"type": "string"}, "What happened; also the routing key."),
    ("version", {"type": "integer", "minimum": 1}, "Of the payload's fields."),
    (
        "actor_id",
        {"type": ["string", "null"], "format": "uuid"},
        "The user who did it; null where nobody is signed in.",
    ),
    (
        "role",
        {"enum": ["", "user", "reader", "support", "admin", "system"]},
        "The actor's at that moment; `system` is a command of the operators.",
    ),
    ("ip", {"type": "string"}, "Where the call came from, as the outermost of our proxies saw it."),
    ("path", {"type": "string"}, "What was called: a path, or `manage.py` and the command."),
    ("request_id", {"type": "string"}, "`X-Request-ID` of the call."),
    ("payload", {"type": "object"}, "The fields below."),
    ("recorded_at", {"type": "string", "pattern": UTC}, "ISO 8601 in UTC with six places."),
    ("previous", HASH, "`hash` of the event before; 64 zeros for the first."),
    ("hash", HASH, "SHA-256, in hex, over the canonical JSON of everything else here."),
)

INTRODUCTION = f"""# Events

Made by `manage.py catalogue` from `events/catalogue.py`; please change that. For programs there is
[asyncapi.json](asyncapi.json).

Everything that happens leaves an event, written in the transaction in which it happened. With a broker, events go to
the durable topic exchange `{EXCHANGE}` (`EVENTS_EXCHANGE`); the routing key is the event's name, so that a
queue of yours is bound with `funds.*`, `#` or a single name. Messages are persistent JSON.

- **At least once.** The same event may come again: handle each `id` once.
- **In order per holder.** Events with the same `client_id` (else `user_id`) come in the order of their `position`.
- **A chain.** Each event names the SHA-256 of the one before. Canonical JSON is UTF-8 with names in order and no
  blanks; `manage.py verify_audit` walks it.
- **Versions.** A field that changes its meaning, or goes, makes a new version. New events may come at any time: pass
  over names you do not know.
- **No secrets.** Payloads carry ids and amounts: no passwords, no tokens, no full tax ids. An `amount` is text in major
  units with two places, a `currency` its ISO 4217 code, a `date` ISO 8601, `names` a list of texts.
"""


def markdown() -> str:
    """`docs/events.md`."""
    parts = [INTRODUCTION, "\n## What every event carries\n\n| field | type | meaning |\n|---|---|---|\n"]
    parts += [f"| `{name}` | {_in_words(schema)} | {meaning} |\n" for name, schema, meaning in ENVELOPE]
    for room in dict.fromkeys(name.partition(".")[0] for name in CATALOGUE):
        parts.append(f"\n## {room}\n\n| event | in the audit log | when | payload |\n|---|---|---|---|\n")
        parts += [_row(kind) for kind in CATALOGUE.values() if kind.name.startswith(f"{room}.")]
    return "".join(parts)


def asyncapi() -> str:
    """`docs/asyncapi.json`."""
    description = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fundsite events",
            "version": "1.0.0",
            "description": "What happened, published after it was committed: at least once, in order per holder.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "rabbitmq": {
                "host": "{host}",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "The broker of BROKER_URL.",
                "variables": {"host": {"default": "localhost:5672"}},
            }
        },
        "channels": {kind.name: _channel(kind) for kind in CATALOGUE.values()},
        "operations": {kind.name: _operation(kind) for kind in CATALOGUE.values()},
        "components": {
            "messages": {kind.name: _message(kind) for kind in CATALOGUE.values()},
            "schemas": {
                "Envelope": _object({name: {**schema, "description": meaning} for name, schema, meaning in ENVELOPE})
            },
        },
    }
    return json.dumps(description, ensure_ascii=False, indent=2) + "\n"


def _object(fields: Mapping[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _channel(kind: EventType) -> dict[str, object]:
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": kind.name,
        "messages": {"event": {"$ref": f"#/components/messages/{kind.name}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _operation(kind: EventType) -> dict[str, object]:
    channel = f"#/channels/{kind.name}"
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "summary": kind.about,
        "messages": [{"$ref": f"{channel}/messages/event"}],
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "timestamp": True, "bindingVersion": "0.3.0"}},
    }


def _message(kind: EventType) -> dict[str, object]:
    return {
        "name": kind.name,
        "title": kind.audit,
        "summary": kind.about,
        "contentType": "application/json",
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Envelope"},
                {
                    "properties": {
                        "name": {"const": kind.name},
                        "version": {"const": kind.version},
                        "payload": _object({name: JSON_TYPES[field] for name, field in kind.fields.items()}),
                    }
                },
            ]
        },
    }


def _row(kind: EventType) -> str:
    version = f" v{kind.version}" if kind.version > 1 else ""
    return f"| `{kind.name}`{version} | `{kind.audit}` | {kind.about} | {_payload(kind.fields.items())} |\n"


def _payload(fields: Iterable[tuple[str, Kind]]) -> str:
    return ", ".join(f"`{name}` {kind.value}" for name, kind in fields)


def _in_words(schema: Mapping[str, object]) -> str:
    if "enum" in schema:
        return "text"
    if schema.get("format") == "uuid":
        return "uuid or null" if schema["type"] != "string" else "uuid"
    return {"string": "text", "integer": "integer", "object": "object"}[str(schema["type"])]
