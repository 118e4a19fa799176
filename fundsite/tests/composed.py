"""What Dockerfile, .dockerignore and docker-compose.yml say, for running it without containers."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import yaml
from websockets.sync.client import ClientConnection, connect

from fundsite.tests.processes import PATIENCE, ROOT, Answer, Process, ask

HOST = "fondos.example.com"
BY_PROXY = {"Host": HOST, "X-Forwarded-Proto": "https"}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile, as pairs of instruction and argument."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(name, rest) for name, _space, rest in (line.partition(" ") for line in joined.splitlines()) if name]


def instruction(name: str, containing: str = "") -> str:
    (found,) = [rest for given, rest in instructions() if given == name and containing in rest]
    return found


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in instruction("ENV").split())


def compose() -> dict[str, Any]:
    """docker-compose.yml with the defaults of its ${VARIABLE:-default}s, and SECRET_KEY set."""
    text = (ROOT / "docker-compose.yml").read_text()
    text = re.sub(r"\$\{SECRET_KEY:\?[^}]*\}", "k9w8e7r6t5y4u3i2o1p0-aSdFgHjKlZxCvBnM_qWeRtYuIoPaSdFgHjKl", text)
    loaded: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
    return loaded


@dataclass
class Stack:
    folder: Path
    variables: dict[str, str]
    port: int
    web: Process
    collected: Path
    database: str  # URL

    def get(self, path: str, **headers: str) -> Answer:
        """As our own proxy asks for somebody who came by HTTPS."""
        return ask(self.port, "GET", path, headers={**BY_PROXY, **headers})

    def post(self, path: str, body: object, **headers: str) -> Answer:
        return ask(self.port, "POST", path, json_body=body, headers={**BY_PROXY, **headers})

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.variables, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def healthcheck(self, port: int = 0) -> int:
        """The exit code of HEALTHCHECK, for web unless another port is named."""
        command = json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])
        return self.run([part.replace(":8000", f":{port or self.port}") for part in command]).returncode

    def access_log(self) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.web.said().splitlines() if line.startswith("{")]
        return [line for line in lines if line["logger"] == "access"]


@dataclass
class Beside:
    """The processes beside web, by the names of their services; `stream` is on that port."""

    processes: dict[str, Process]
    port: int

    def open(self, token: str, **headers: str) -> ClientConnection:
        """A socket, by way of our own proxy."""
        sock = socket.create_connection(("127.0.0.1", self.port))
        headers = {"Authorization": f"Bearer {token}", **headers}
        return connect(f"ws://{HOST}/ws/notifications", sock=sock, additional_headers=headers, open_timeout=PATIENCE)


def here(command: list[str], port: int) -> list[str]:
    """A command of a container, to listen on this port of this machine alone."""
    return [{"8000": str(port), "0.0.0.0": "127.0.0.1"}.get(part, part) for part in command]


def ignored() -> tuple[str, ...]:
    """.dockerignore, as far as its patterns go: names at the top, and `**/` for names anywhere."""
    return tuple(line.removeprefix("**/") for line in (ROOT / ".dockerignore").read_text().splitlines())


def administer(*statements: str) -> None:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()
