"""Where a call came from, for logs and events, without handing requests to services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class RequestContext:
    """`role` is that of whoever calls, empty for nobody; where finding out costs something, `ask_role` does.

    Path and address come from outside: of either, as much is kept as a log has room for.
    """

    request_id: str = ""
    ip: str = ""
    path: str = ""
    role: str = ""
    ask_role: Callable[[], str] | None = None

    def as_json(self) -> dict[str, str]:
        """Only what is known, ready for an event's `context`."""
        role = self.role or (self.ask_role() if self.ask_role else "")
        known = {"request_id": self.request_id, "ip": self.ip[:64], "path": self.path[:2048], "role": role}
        return {name: value.replace("\0", "") for name, value in known.items() if value}


_NOWHERE = RequestContext()
_current: ContextVar[RequestContext] = ContextVar("request_context", default=_NOWHERE)


def current() -> RequestContext:
    return _current.get()


def called_by(role: str) -> None:
    """From here on, it is somebody of this role who calls. Nothing outside of `bound`: there is no call to speak of."""
    context = _current.get()
    if context is not _NOWHERE:
        _current.set(replace(context, role=role))


@contextmanager
def bound(context: RequestContext) -> Iterator[None]:
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
