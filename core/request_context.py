"""Where a call came from, for logs and events, without handing requests to services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    request_id: str = ""
    ip: str = ""
    path: str = ""

    def as_json(self) -> dict[str, str]:
        """Only what is known, ready for an event's `context`."""
        known = {"request_id": self.request_id, "ip": self.ip, "path": self.path}
        return {name: value for name, value in known.items() if value}


_NOWHERE = RequestContext()
_current: ContextVar[RequestContext] = ContextVar("request_context", default=_NOWHERE)


def current() -> RequestContext:
    return _current.get()


@contextmanager
def bound(context: RequestContext) -> Iterator[None]:
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
