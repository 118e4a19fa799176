"""Trying a backup: whether what was saved comes back, before it is needed."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from fundsite.backup import storage
from fundsite.backup.dump import write_backup
from fundsite.backup.tables import run


class DrillFailed(Exception):
    """What did not come back, in a line of plain English."""


@dataclass(slots=True)
class Drill:
    """How long each part took, in seconds, and how many rows went there and back."""

    at: str
    rows: int = 0
    size: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def drill() -> Drill:
    """Back up, restore into a scratch database, verify there, drop it.

    Raises `DrillFailed`, `OSError`, and what `storage.writing` and `write_backup` do.
    """
    done = Drill(datetime.now(UTC).isoformat(timespec="seconds"))
    Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:
        file = str(Path(folder) / storage.new_name(encrypted=False))

        def save() -> None:
            with storage.writing(file) as target:
                done.rows = sum(write_backup(target, lambda *_: None).rows.values())
            done.size = Path(file).stat().st_size

        _timed(done, "backup", save)
        with _scratch() as url:
            # Restoring compares rows, ledger totals and the chain's head with the manifest, and verifies.
            _timed(done, "restore", lambda: run_into(url, "restore", file))
    return done


def run_into(url: str, *command: str) -> dict[str, object]:
    """Run a command of ours on another database and return what it says as JSON. Raises `DrillFailed`.

    In a process of its own: everything there, checks and all, takes that database for the product's.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and command
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *command, "--json"],
        env={**os.environ, "DATABASE_URL": url, "REPLICA_URL": "", "MONGODB_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last_words = (done.stderr.strip() or done.stdout.strip() or "it gave no reason").splitlines()[-1]
        raise DrillFailed(last_words.removeprefix("CommandError: "))
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def _timed(done: Drill, name: str, work: Callable[[], object]) -> None:
    began = time.monotonic()
    work()
    done.seconds[name] = round(time.monotonic() - began, 2)


@contextmanager
def _scratch() -> Iterator[str]:
    """A database of the same server, gone afterwards."""
    name = f"drill_{secrets.token_hex(6)}"
    run(f'CREATE DATABASE "{name}"')
    try:
        yield _url_of(name)
    finally:
        run(f'DROP DATABASE "{name}" WITH (FORCE)')


def _url_of(database: str) -> str:
    """Another database of the server that the product is on, reached the same way."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
