"""What tests need to start the product's own processes and to talk to them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds that something may take on a machine that does other things too
Headers = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    port: int, method: str, path: str, *, json_body: object = None, text: str = "", headers: Headers | None = None
) -> Answer:
    """One request on a connection of its own; redirects are not followed. Raises OSError or HTTPException."""
    sent = {"Content-Type": "application/json"} if json_body is not None else {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        body = text or None if json_body is None else json.dumps(json_body)
        connection.request(method, path, body=body, headers={**sent, **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until(condition: Callable[[], bool], what: str, process: Process | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        said = process.said() if process else ""
        assert process is None or process.popen.poll() is None, f"it ended before {what}: {said}"
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}. {said}"
        time.sleep(0.05)


class Process:
    """A command in a process group of its own, with what it says in a file."""

    def __init__(self, command: list[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> int:
        """SIGTERM to the process alone, as a container or a service manager sends it. Returns the exit code."""
        self.popen.terminate()
        return self.popen.wait(PATIENCE)

    def kill_group(self) -> None:
        """What nobody can prepare for."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(PATIENCE)


NOT_OF_THE_PROJECT = (".git", ".venv", ".data", ".env", "__pycache__", ".*_cache", ".hypothesis", "node_modules")


def copy_project(checkout: Path, *, without: tuple[str, ...] = ()) -> None:
    """The project as somebody else would get it, with the changes of the moment. The folder is to be called `checkout`,
    which pyproject.toml knows as another place of the same files."""
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*NOT_OF_THE_PROJECT, *without))


def environment(*, checkout: Path | None = None, **variables: str) -> dict[str, str]:
    """Ours without the settings of whoever runs the tests. `python` is the one that runs them."""
    ours = {"HOME", "LANG", "LC_ALL", "TMPDIR"}
    kept = {name: value for name, value in os.environ.items() if name in ours or name.startswith("COVERAGE_")}
    if checkout and kept.pop("COVERAGE_PROCESS_CONFIG", None):  # that one measures the original alone
        kept["COVERAGE_PROCESS_START"] = str(ROOT / "pyproject.toml")
        kept["COVERAGE_FILE"] = str(ROOT / ".coverage")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", **variables}


def unmeasured(env: dict[str, str]) -> dict[str, str]:
    """For a process that may hardly write, where what it covered would want room of its own, or that is sent SIGTERM,
    which coverage answers in its stead."""
    return {name: value for name, value in env.items() if not name.startswith("COVERAGE_")}


def database_url() -> str:
    """The test's own database, for another process."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
