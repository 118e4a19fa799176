"""How much of the database's speed a subscription keeps on its way up: function, service, HTTP.

    python -m bench.subscribe [--seconds 4] [--rounds 5]

One connection each, in turns within one run (the machine's mood is the same for all), medians of the rounds. Exits 1
when the service is slower than 0.75 of pgbench.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from bench import database, world
from funds import services

TARGET = 0.75
LISTENING_SECONDS = 30


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=4, help="per measurement")
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    with database.fresh():
        here = world.make()
        print(database.conditions())
        with http_calls(here) as (post, get):
            contenders: dict[str, Callable[[], float]] = {
                "pgbench": lambda: database.pgbench(here.subscribe_sql, seconds=asked.seconds),
                "service": lambda: per_second(lambda: subscribe(here), asked.seconds),
                "POST subscription": lambda: per_second(post, asked.seconds),
                "GET transactions": lambda: per_second(get, asked.seconds),
            }
            speeds = {name: [] for name in contenders}
            for _ in range(asked.rounds):
                for name, measure in contenders.items():
                    speeds[name].append(measure())
    return report(speeds)


def subscribe(here: world.World) -> None:
    services.subscribe(client_id=here.client_id, fund_id=here.fund_id, amount=world.AMOUNT, actor_id=here.user_id)


def per_second(call: Callable[[], object], seconds: int) -> float:
    call()
    done, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        call()
        done += 1
    return done / elapsed


def report(speeds: dict[str, list[float]]) -> int:
    medians = {name: median(found) for name, found in speeds.items()}
    print(f"\n| one connection | median/s | of pgbench | rounds |\n|{'---|' * 4}")
    for name, middle in medians.items():
        rounds = " ".join(f"{speed:.0f}" for speed in speeds[name])
        print(f"| {name} | {middle:.0f} | {middle / medians['pgbench']:.2f} | {rounds} |")
    return 0 if medians["service"] >= TARGET * medians["pgbench"] else 1


@contextmanager
def http_calls(here: world.World) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """A real server in a process of its own, and a signed-in client on one keep-alive connection: POST and GET."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--blocking-threads", "1", "--no-ws", "--http", "1", "fundsite.wsgi:application"],
        env=os.environ,
        stdout=subprocess.DEVNULL,
    )
    try:
        client = _connect(port)
        token = _call(client, "POST", "/api/v1/auth/login", {"email": world.EMAIL, "password": world.PASSWORD})
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        body = {"amount": str(world.AMOUNT)}
        yield (
            lambda: _call(client, "POST", f"/api/v1/subscriptions/{here.fund_id}", body, headers),
            lambda: _call(client, "GET", "/api/v1/transactions", None, headers),
        )
    finally:
        server.terminate()
        server.wait(10)


def _connect(port: int) -> http.client.HTTPConnection:
    deadline = time.monotonic() + LISTENING_SECONDS
    while True:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            client.connect()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return client


def _call(
    client: http.client.HTTPConnection, method: str, path: str, body: object, headers: dict[str, str] | None = None
) -> dict[str, str]:
    data = None if body is None else json.dumps(body)
    client.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
    response = client.getresponse()
    answer = response.read()
    if response.status >= http.HTTPStatus.BAD_REQUEST:
        sys.exit(f"{method} {path} answered {response.status}: {answer.decode()}")
    return json.loads(answer)  # type: ignore[no-any-return]


if __name__ == "__main__":
    sys.exit(main())
