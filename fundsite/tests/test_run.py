"""./run as a newcomer uses it: a checkout in some folder, nothing configured, and then the worst that can happen."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from fundsite.demo_logins import DEMO_LOGINS
from fundsite.tests.processes import (
    PATIENCE,
    Answer,
    Process,
    ask,
    copy_project,
    environment,
    free_port,
    is_free,
    wait_until,
)

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
API = "/api/v1"
PERSON = {
    "email": "u@test.com",
    "full_name": "User Test",
    "password": "Secret123!",
    "notify_channel": "email",
    "notify_destination": "u@test.com",
}


class Checkout:
    """A copy of the working tree that has never been started, with the packages that are installed here already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "mis cosas de Íñigo" / "checkout"
        self.data = folder / "datos de Íñigo"
        self.log = folder / "run.log"
        self.port = free_port()
        copy_project(self.folder)
        self._lend_packages()

    def _lend_packages(self) -> None:
        """An environment made of links, and the note that ./run leaves once it has installed these very files."""
        venv = self.folder / ".venv"
        venv.mkdir()
        for part in ("bin", "lib", "pyvenv.cfg"):
            (venv / part).symlink_to(Path(sys.prefix) / part)
        names = ("requirements.txt", "requirements-embedded.txt")
        note = {name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in names}
        (venv / "installed.json").write_text(json.dumps(note))

    @property
    def environment(self) -> dict[str, str]:
        return environment(checkout=self.folder, PORT=str(self.port), DATA_DIR=str(self.data))

    def start(self) -> Process:
        """./run, from the moment at which it says that it is ready."""
        process = Process(["./run"], cwd=self.folder, env=self.environment, log=self.log)
        wait_until(lambda: "Ctrl-C" in process.said(), "./run is ready", process)
        return process

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.folder / ".venv/bin/python"), "manage.py", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def postmaster(self) -> int:
        return int((self.data / "postgres/data/postmaster.pid").read_text().split()[0])

    def ask(self, method: str, path: str, *, token: str = "", body: object = None, key: str = "") -> Answer:
        headers = bearer(token) if token else {}
        if key:
            headers["Idempotency-Key"] = key
        return ask(self.port, method, API + path, json_body=body, headers=headers)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path)
    yield checkout
    for pid in processes_of(tmp_path):
        os.kill(pid, signal.SIGKILL)


def processes_of(folder: Path) -> list[int]:
    """Every process with this folder in its command line; PostgreSQL's children show it not, their parent does."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue  # it ended while we looked
    return found


def family(parent: int) -> list[int]:
    """The process and its children."""
    children = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                children.append(int(path.parent.name))
        except OSError:
            continue
    return [parent, *children]


def sign_in(checkout: Checkout) -> str:
    answer = checkout.ask("POST", "/auth/login", body={"email": PERSON["email"], "password": PERSON["password"]})
    assert answer.status == 200, answer.body
    return str(answer.json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def heard(page: ClientConnection) -> list[str]:
    """What the notices are about that a socket tells, up to the one of a subscription."""
    kinds: list[str] = []
    while "funds.subscribed" not in kinds:
        kinds.append(json.loads(page.recv(PATIENCE)).get("notification", {}).get("kind", ""))
    return kinds


class Customer(threading.Thread):
    """Subscribes and cancels without a pause, and notes what was confirmed, until nobody answers any more."""

    def __init__(self, checkout: Checkout, token: str) -> None:
        super().__init__()
        self.checkout, self.token = checkout, token
        self.confirmed: list[str] = []
        self.unanswered: tuple[str, str] | None = None  # path and key of the request that got no answer
        self.refused: Answer | None = None

    def run(self) -> None:
        path = "/subscriptions/3"
        while True:
            key = str(uuid.uuid4())
            try:
                answer = self.send(path, key)
            except (OSError, http.client.HTTPException):
                self.unanswered = (path, key)
                return
            if answer.status not in (200, 201):
                self.refused = answer
                return
            self.confirmed.append(answer.json()["transaction_id"])
            path = f"/subscriptions/{self.confirmed[-1]}/cancel" if answer.status == 201 else "/subscriptions/3"

    def send(self, path: str, key: str) -> Answer:
        body = None if path.endswith("/cancel") else {"amount": 50_000}
        return self.checkout.ask("POST", path, token=self.token, body=body, key=key)


def recorded(checkout: Checkout, token: str) -> set[str]:
    """Ids of all movements, page by page."""
    found: set[str] = set()
    cursor = ""
    while True:
        page = checkout.ask("GET", f"/transactions?limit=100{cursor}", token=token).json()
        found |= {row["id"] for row in page["results"]}
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_run_serves_survives_kill_9_and_stops_cleanly(checkout: Checkout, tmp_path: Path) -> None:
    first = checkout.start()
    said = first.said()
    assert f"http://127.0.0.1:{checkout.port}/" in said
    for username, password, _role in DEMO_LOGINS:
        assert username in said
        assert password in said
    assert b"<html" in ask(checkout.port, "GET", "/").body
    demo = checkout.ask("POST", "/auth/login", body={"username": DEMO_LOGINS[0][0], "password": DEMO_LOGINS[0][1]})
    assert demo.status == 200

    assert checkout.ask("POST", "/auth/register", body=PERSON).status == 201
    token = sign_in(checkout)
    with connect(f"ws://127.0.0.1:{checkout.port}/ws/notifications", additional_headers=bearer(token)) as page:
        subscribed = checkout.ask("POST", "/subscriptions/2", token=token, body={"amount": 125_000})
        assert (subscribed.status, subscribed.json()["balance_after"]) == (201, "375000.00")
        assert "funds.subscribed" in heard(page), "the same process carried the event to its consumers, and here"

    postmaster = checkout.postmaster()
    verified = checkout.manage("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert checkout.postmaster() == postmaster, "verify used the server that was there, and left it there"

    customer = Customer(checkout, token)
    customer.start()
    wait_until(lambda: len(customer.confirmed) > 30 or not customer.is_alive(), "the customer got going")
    for pid in family(postmaster):
        os.kill(pid, signal.SIGKILL)
    first.kill_group()
    customer.join(PATIENCE)
    # A worker that lost its database before it was killed itself may have said so; it can have confirmed nothing.
    assert customer.refused is None or customer.refused.status >= 500
    assert (checkout.data / "postgres/data/postmaster.pid").exists(), "nobody tidied up"

    began = time.monotonic()
    second = checkout.start()
    print(f"second start, with recovery: {time.monotonic() - began:.1f} s")
    token = sign_in(checkout)
    movements = recorded(checkout, token)
    assert {subscribed.json()["id"], *customer.confirmed} <= movements
    assert len(movements) - len(customer.confirmed) in (1, 2), "at most the one under way came on top"
    if customer.unanswered:
        customer.token = token
        again = customer.send(*customer.unanswered)
        assert again.status in (200, 201), again.body
        assert len(recorded(checkout, token)) == len(customer.confirmed) + 2, "asking again did it once"
    assert checkout.manage("verify").returncode == 0

    assert second.stop() == 0, second.said()
    assert processes_of(tmp_path) == []
    assert is_free(checkout.port)
    assert "Traceback" not in second.said()
    sound = checkout.manage("verify", "--json")  # starts the database for itself
    assert sound.returncode == 0
    assert json.loads(sound.stdout)["ok"] is True
    assert processes_of(tmp_path) == []


def test_run_refuses_what_is_no_port_in_one_line_and_makes_nothing(checkout: Checkout) -> None:
    with_port = {**checkout.environment, "PORT": "0x50"}
    done = subprocess.run(
        ["./run"], cwd=checkout.folder, env=with_port, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "PORT must be a whole number from 1 to 65535, not '0x50'.\n"
    assert not checkout.data.exists()
