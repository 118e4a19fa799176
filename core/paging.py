"""Keyset paging: a page is addressed by the last row before it, so new rows neither repeat nor hide old ones."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

LARGEST_PAGE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class InvalidCursor(DomainError):
    code = "invalid_cursor"
    field = "cursor"
    message = _("El enlace a esta página ya no es válido. Vuelva al inicio de la lista.")


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    next_cursor: str | None


def encode_cursor(position: int) -> str:
    """Opaque on purpose: clients hand it back, they do not compute with it."""
    return base64.urlsafe_b64encode(position.to_bytes(8, "big")).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> int:
    """The position in a cursor from `encode_cursor`. Raises `InvalidCursor`."""
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise InvalidCursor from None
    position = int.from_bytes(raw, "big")
    if len(raw) != 8 or position >= 2**63 or encode_cursor(position) != cursor:
        raise InvalidCursor
    return position


def encode_moment_cursor(at: datetime, id: uuid.UUID) -> str:
    """The same for rows in the order of their moments, and of their ids within one."""
    return base64.urlsafe_b64encode(((at - _EPOCH) // _MICROSECOND).to_bytes(8, "big") + id.bytes).decode()


def decode_moment_cursor(cursor: str) -> tuple[datetime, uuid.UUID]:
    """The moment and the id in a cursor from `encode_moment_cursor`. Raises `InvalidCursor`."""
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        if len(raw) != 24:
            raise InvalidCursor
        return _EPOCH + int.from_bytes(raw[:8], "big") * _MICROSECOND, uuid.UUID(bytes=raw[8:])
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidCursor from None
