"""Signed heads of the chain: taken out now and then, they show later whether history is still what it was.

Ed25519 over the canonical JSON of position, hash and moment. Whoever can rewrite every database still cannot sign.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from events.envelope import canonical

PURPOSE = b"fundsite.audit.head.1"


class Forged(ValueError):
    """No head, or not one that the key at hand has signed."""


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's last link at a moment. `hash` in hex, `at` ISO 8601 in UTC, `key` and `signature` in base64."""

    position: int
    hash: str
    at: str
    key: str
    signature: str

    def to_json(self) -> bytes:
        return orjson.dumps(asdict(self))


def public_key() -> str:
    """What others check our heads with: 32 bytes in base64. Worth writing down outside of this installation."""
    return _text(_private_key().public_key().public_bytes_raw())


def sign(*, position: int, hash: str, at: datetime) -> Head:
    moment = at.astimezone(UTC).isoformat(timespec="seconds")
    signature = _private_key().sign(_content(position, hash, moment))
    return Head(position, hash, moment, public_key(), _text(signature))


def read_heads(text: str, *, key: str) -> list[Head]:
    """The heads in a file of one JSON object per line, each signed by the owner of the public `key`.

    Raises `Forged`, naming the line.
    """
    heads = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            heads.append(_read_head(line, key, f"line {number}"))
    if not heads:
        raise Forged("there is no head in it")
    return heads


def _read_head(line: str, key: str, where: str) -> Head:
    try:
        head = Head(**orjson.loads(line))
        verifier = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        verifier.verify(base64.b64decode(head.signature, validate=True), _content(head.position, head.hash, head.at))
    except InvalidSignature:
        raise Forged(f"{where}: not signed by the key {key}") from None
    except (ValueError, TypeError) as error:
        raise Forged(f"{where}: no head: {error}") from error
    return head


def _content(position: int, hash: str, at: str) -> bytes:
    return canonical({"position": position, "hash": hash, "at": at})


def _private_key() -> Ed25519PrivateKey:
    if given := settings.AUDIT_SIGNING_KEY:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(given))
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(settings.SECRET_KEY.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
