"""`/ws/notifications`: what a signed-in page or program is told without asking.

    {"type": "unread", "unread": 2}                                      at once, and every `LOOK_SECONDS`
    {"type": "notification", "unread": 3, "notification": {…}}           a notice, as the API shows it

`unread` is counted up to 100, and null while nobody can tell. The socket only speaks: whoever says something is hung
up on. Refused handshakes are answered 403. A socket outlives what its owner is signed in by for at most `LOOK_SECONDS`,
and carries no notice in that time: it is closed with `SIGNED_OUT`. With one more than `MOST_PER_USER` in a process the
user's oldest is closed with `TOO_MANY`; whoever had it does best not to come back.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

import orjson
import structlog
from channels.db import DatabaseSyncToAsync
from channels.layers import get_channel_layer
from django.conf import settings

from accounts import sockets
from notifications.live import group_of
from notifications.queries import badge

LOOK_SECONDS = settings.LIVE_LOOK_SECONDS  # also what keeps proxies from taking a quiet socket for a dead one
SEND_SECONDS = 10.0  # for whoever does not read what they are sent
MOST_PER_USER = 10
SIGNED_OUT, TOO_MANY, NOTHING_TO_SAY, TRY_LATER = 4401, 4429, 1008, 1013  # close codes
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Result = TypeVar("Result")
log = structlog.get_logger(__name__)

# All sockets of a process look into the database by these, so they hold no more connections than that.
_LOOKERS = ThreadPoolExecutor(4, thread_name_prefix="sockets")
# The sockets of each user, the oldest first: what is done has to go. Touched on the loop's thread alone.
_PLACES: dict[uuid.UUID, list[asyncio.Future[None]]] = {}


async def notices(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application, for one socket."""
    await receive()
    code: int | None = TRY_LATER
    try:
        opened = await _in_thread(sockets.opened, scope)
        if opened is None:
            await send({"type": "websocket.close"})
            return
        with _place_of(opened.user_id) as displaced:
            async with _news_of(opened.user_id) as news:
                await send({"type": "websocket.accept", "subprotocol": opened.subprotocol})
                code = await _speak(opened, news, displaced, receive, send)
    except Exception as error:  # the layer's server, the database, the other side: the page tries again
        log.warning("socket_failed", reason=repr(error))
    if code is not None:
        with suppress(Exception):  # the other side may have gone meanwhile
            await asyncio.wait_for(send({"type": "websocket.close", "code": code}), SEND_SECONDS)


async def _speak(
    opened: sockets.Opened, news: Receive, displaced: asyncio.Future[None], receive: Receive, send: Send
) -> int | None:
    """Tell what there is to tell; the code to close with, once it is time, or `None` if the other side has gone."""
    message: Message = {"type": "unread"}
    heard, arrived = asyncio.ensure_future(receive()), asyncio.ensure_future(news())
    try:
        while True:
            stands, unread = await _in_thread(_look, opened)
            if not stands:
                return SIGNED_OUT
            text = orjson.dumps({**message, "unread": unread}).decode()
            await asyncio.wait_for(send({"type": "websocket.send", "text": text}), SEND_SECONDS)
            ends: set[asyncio.Future[Any]] = {heard, arrived, displaced}
            await asyncio.wait(ends, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if heard.done():
                return None if heard.result()["type"] == "websocket.disconnect" else NOTHING_TO_SAY
            if displaced.done():
                return TOO_MANY
            message = {"type": "unread"}
            if arrived.done():
                message = arrived.result()["message"]
                arrived = asyncio.ensure_future(news())
    finally:
        # The server cannot close a socket on which somebody still waits to hear something, and the layer forgets a
        # channel when whoever waits for news of it is cancelled.
        if arrived.done():
            arrived = asyncio.ensure_future(news())
        await _cancel(heard, arrived)


@contextmanager
def _place_of(user_id: uuid.UUID) -> Iterator[asyncio.Future[None]]:
    """One of a user's places while the block lasts; done once it is wanted for a newer socket."""
    places, place = _PLACES.setdefault(user_id, []), asyncio.get_running_loop().create_future()
    if len(places) == MOST_PER_USER:
        places.pop(0).set_result(None)
    places.append(place)
    try:
        yield place
    finally:
        if not place.done():
            places.remove(place)
            if not places:
                del _PLACES[user_id]


@asynccontextmanager
async def _news_of(user_id: uuid.UUID) -> AsyncIterator[Receive]:
    """While the block lasts, each call gives the next message for this user."""
    layer = get_channel_layer()
    channel = await layer.new_channel()

    async def following() -> Message:
        message: Message = await layer.receive(channel)
        return message

    await layer.group_add(group_of(user_id), channel)
    try:
        yield following
    finally:
        await layer.group_discard(group_of(user_id), channel)


async def _cancel(*waiting: asyncio.Future[Message]) -> None:
    await asyncio.sleep(0)  # what has not begun yet begins
    for one in waiting:
        one.cancel()
    await asyncio.wait(waiting, timeout=SEND_SECONDS)


def _look(opened: sockets.Opened) -> tuple[bool, int | None]:
    """Whether whoever opened the socket is still signed in, and how many notices are unread if anybody can tell."""
    return (True, badge.count(opened.user_id)) if opened.stands() else (False, None)


async def _in_thread(function: Callable[..., Result], *arguments: object) -> Result:
    calling = DatabaseSyncToAsync(function, thread_sensitive=False, executor=_LOOKERS)
    result: Result = await calling(*arguments)
    return result
