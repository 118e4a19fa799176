"""Everything at one address: sockets as ASGI, pages and API as WSGI in a pool of threads.

Django's own ASGI handler would serve the pages too, three to five times slower (docs/performance.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, cast

from a2wsgi import WSGIMiddleware

from notifications import live
from notifications.socket import notices

THREADS = 8
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SOCKETS: dict[str, Application] = {"/ws/notifications": notices}


class Companion(Protocol):
    """What runs beside the server, in threads of its own."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """Returns once it has ended."""


class Gateway:
    """The ASGI application of a process. Its threads stay, and with them their database connections."""

    def __init__(self, pages: Callable[..., Any], companion: Companion | None = None) -> None:
        self._pages = cast(Application, WSGIMiddleware(pages, workers=THREADS))
        self._companion = companion

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._pages(scope, _coroutines(receive), send)
            case "websocket":
                await SOCKETS.get(scope["path"].rstrip("/"), _refuse)(scope, receive, send)
            case "lifespan":
                await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        live.serve_from(asyncio.get_running_loop())
        if self._companion:
            self._companion.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._companion:
            await asyncio.to_thread(self._companion.stop)
        await send({"type": "lifespan.shutdown.complete"})


def _coroutines(receive: Receive) -> Receive:
    """The server's own awaitables are no coroutines, which the pages' threads need."""

    async def receive_one() -> Any:
        return await receive()

    return receive_one


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close"})
