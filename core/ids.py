"""Public identifiers: UUIDv7 (RFC 9562), so that new rows land at the end of their index."""

from __future__ import annotations

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """A new UUIDv7 from this machine's clock; its last 62 bits are random."""
    return uuid_utils.compat.uuid7()


def receipt_number(transaction_id: uuid.UUID) -> str:
    """What a person reads out over the telephone: `TX-8F3A-22C1`, from the random end of the id."""
    tail = transaction_id.hex[-8:].upper()
    return f"TX-{tail[:4]}-{tail[4:]}"
