"""A server that speaks MongoDB's wire protocol, from PyPI."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fundsite.tests.processes import Process, free_port, is_free, wait_until

START = "from secantus.cli import main; main()"


@contextmanager
def running_mongodb(place: Path) -> Iterator[str]:
    """Its address, with the name of a database of its own; its files are in `place`."""
    port = free_port()
    command = [sys.executable, "-c", START, "--host", "127.0.0.1", "--port", str(port)]
    server = Process(
        [*command, "--storage-path", str(place / "data")], cwd=place, env=os.environ, log=place / "mongodb.log"
    )
    try:
        wait_until(lambda: not is_free(port), "it listens", server)
        yield f"mongodb://127.0.0.1:{port}/documents"
    finally:
        server.kill_group()
