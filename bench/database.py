"""A database of the benchmarks' own, `fundsite_bench`. Importing this points Django at it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import django
import psycopg2
from django.db import connections

NAME = "fundsite_bench"

if "DATABASE_URL" not in os.environ:
    sys.exit("Set DATABASE_URL, or put before the command: python -m fundsite.embedded .data")
SERVER = urlsplit(os.environ["DATABASE_URL"])
os.environ["DATABASE_URL"] = urlunsplit(SERVER._replace(path=f"/{NAME}"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fundsite.settings")
os.environ.setdefault("LOG_LEVEL", "WARNING")
django.setup()


@contextmanager
def fresh() -> Iterator[None]:
    """Drop what an earlier run left, make the database, and drop it again."""
    _maintain(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME}")
    try:
        yield
    finally:
        connections.close_all()
        _maintain(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def conditions() -> str:
    """The machine and the server: without them a figure means nothing."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT current_date, current_setting('server_version'), current_setting('fsync'),
                      current_setting('synchronous_commit')"""
        )
        today, version, fsync, synchronous_commit = cursor.fetchone()
    return (
        f"{today}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start, "
        f"Python {platform.python_version()}, PostgreSQL {version}, fsync={fsync}, "
        f"synchronous_commit={synchronous_commit}"
    )


def pgbench(script: str, *, seconds: int, clients: int = 1) -> float:
    """Transactions per second of a script, by PostgreSQL's own load generator."""
    command = [
        _pgbench_program(),
        "--no-vacuum",
        f"--client={clients}",
        f"--jobs={min(clients, 2)}",
        f"--time={seconds}",
    ]
    done = subprocess.run(
        [*command, "--file=/dev/stdin", NAME],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
    )
    speeds = [float(line.split()[2]) for line in done.stdout.splitlines() if line.startswith("tps = ")]
    if done.returncode or not speeds:
        sys.exit(f"pgbench failed:\n{done.stderr}")
    return speeds[-1]


def _pgbench_program() -> str:
    """From PATH, else from the wheel of the embedded server."""
    here = shutil.which("pgbench")
    in_wheels = [str(found) for folder in sys.path for found in Path(folder).glob("*pgserver*/pginstall*/bin/pgbench")]
    if not (here or in_wheels):
        sys.exit("pgbench is neither on PATH nor in a wheel")
    return here or in_wheels[0]


def _environment() -> dict[str, str]:
    """Where the server is, as PostgreSQL's own programs take it."""
    known = {
        "PGHOST": SERVER.hostname,
        "PGPORT": str(SERVER.port or 5432),
        "PGUSER": SERVER.username,
        "PGPASSWORD": SERVER.password,
    }
    return {**os.environ, **{name: unquote(value) for name, value in known.items() if value}}


def _maintain(*statements: str) -> None:
    session = psycopg2.connect(urlunsplit(SERVER))
    session.autocommit = True
    with session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    session.close()
