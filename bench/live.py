"""One process for everything, as `./run` has it, against pages in a process of their own; and how fast news travels.

    python -m bench.live [--seconds 3] [--rounds 4] [--sockets 200]

Servers with eight threads each and one keep-alive client, in turns within one run, medians of the rounds. Then, with so
many sockets open, how long a notice takes from `push` in this process through Redis (REDIS_URL) to its socket.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median, quantiles

os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/9")  # before the settings are read

from bench import database, world
from bench.subscribe import _call, _connect, per_second

PUSHES = 500

from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from accounts.tokens import start_session
from fundsite.tests.processes import free_port
from notifications import live

SERVERS = {
    "WSGI": ("wsgi", ("--blocking-threads", "8", "--no-ws", "fundsite.wsgi:application")),
    "one process": ("asgi", ("fundsite.asgi:application",)),
    "Django's ASGI": ("asgi", ("django.core.asgi:get_asgi_application", "--factory")),
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=3, help="per measurement")
    options.add_argument("--rounds", type=int, default=4)
    options.add_argument("--sockets", type=int, default=200)
    asked = options.parse_args()
    with database.fresh():
        here = world.make()
        print(database.conditions())
        with ExitStack() as running:
            ports = {name: running.enter_context(server(*how)) for name, how in SERVERS.items()}
            compare({name: calls(port, here) for name, port in ports.items()}, asked.seconds, asked.rounds)
            news(ports["one process"], User.objects.get(pk=here.user_id), asked.sockets)
    return 0


@contextmanager
def server(interface: str, application: tuple[str, ...]) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", interface, "--port", str(port), "--http", "1"]
    process = subprocess.Popen([*command, *application], env=os.environ, stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


Calls = dict[str, Callable[[], object]]


def calls(port: int, here: world.World) -> Calls:
    client = _connect(port)
    token = _call(client, "POST", "/api/v1/auth/login", {"email": world.EMAIL, "password": world.PASSWORD})
    headers, body = {"Authorization": f"Bearer {token['access_token']}"}, {"amount": str(world.AMOUNT)}
    return {
        "GET /healthz": lambda: _call(client, "GET", "/healthz", None),
        "GET funds": lambda: _call(client, "GET", "/api/v1/funds", None, headers),
        "POST subscription": lambda: _call(client, "POST", f"/api/v1/subscriptions/{here.fund_id}", body, headers),
    }


def compare(servers: dict[str, Calls], seconds: int, rounds: int) -> None:
    names = list(next(iter(servers.values())))
    speeds: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for name in names:
            for which, offered in servers.items():
                speeds.setdefault((name, which), []).append(per_second(offered[name], seconds))
    print(f"\n| calls/s, one connection | {' | '.join(servers)} |\n|{'---|' * (len(servers) + 1)}")
    for name in names:
        middles = [median(speeds[name, which]) for which in servers]
        print(f"| {name} | " + " | ".join(f"{middle:.0f} ({middle / middles[0]:.2f})" for middle in middles) + " |")


def news(port: int, user: User, count: int) -> None:
    names = [f"idle{number}" for number in range(count)]
    others = [User(username=name, email=f"{name}@example.com", full_name=name, password="!") for name in names]
    User.objects.bulk_create(others)
    with ExitStack() as opened:
        for other in others:
            opened.enter_context(socket_of(port, other))
        page = opened.enter_context(socket_of(port, user))
        waits = []
        for _ in range(PUSHES):
            began = time.perf_counter()
            live.push(user.pk, {"title": "x"})
            until_notice(page)
            waits.append((time.perf_counter() - began) * 1000)
    marks = quantiles(waits, n=100)
    print(f"\n{count} other sockets open, {PUSHES} notices one by one: p50 {marks[49]:.1f} ms, p99 {marks[98]:.1f} ms")


def socket_of(port: int, user: User) -> ClientConnection:
    headers = {"Authorization": f"Bearer {start_session(user).access}"}
    return connect(f"ws://127.0.0.1:{port}/ws/notifications", additional_headers=headers, max_queue=None)


def until_notice(page: ClientConnection) -> None:
    while '"notification"' not in str(page.recv(10)):
        pass


if __name__ == "__main__":
    sys.exit(main())
