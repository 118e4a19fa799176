"""A PostgreSQL server of our own for development and tests. Python standard library only.

The binaries come from a wheel (`requirements-embedded.txt`); `fundsite.postgres` makes, starts and stops the cluster in
`<DATA_DIR>/postgres/`, this module decides when. Three locks there, each of which ends with its holders, so that no
`kill -9` can leave a lie behind:

    start.lock    exclusive, held while somebody starts or stops the server
    users.lock    shared, held by every process that uses the server; the last one out stops it
    server.lock   exclusive, inherited by PostgreSQL itself: free means that not one process of the cluster is alive,
                  whatever postmaster.pid says and whoever got that process id since

    python -m fundsite.embedded DATA_DIR COMMAND [ARGUMENT ...]     runs a command with DATABASE_URL set
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from fundsite import postgres
from fundsite.postgres import TRANSITION_TIMEOUT, Cluster, EmbeddedError

__all__ = ["EmbeddedError", "ensure_running", "running"]


@contextlib.contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """Yield the DATABASE_URL of a running server; the last process to leave, among all of them, stops it.

    Raises EmbeddedError.
    """
    with _plainly(data_dir):
        cluster = postgres.open_cluster(data_dir)
        users = cluster.lock("users")
        with _transition(cluster):
            users.try_shared()  # always free here: it is taken exclusively only within a transition
    try:
        with _plainly(data_dir), _transition(cluster):
            url = postgres.ensure(cluster)
        yield url
    finally:
        with _uninterrupted(), _plainly(data_dir), _transition(cluster):
            last = users.try_exclusive()
            users.release()
            if last:
                postgres.stop(cluster)


def ensure_running(data_dir: Path) -> str:
    """Start the server unless it runs, and return its DATABASE_URL. Raises EmbeddedError.

    The caller does not count as a user: the server stops when the next user of `running` leaves.
    """
    with _plainly(data_dir):
        cluster = postgres.open_cluster(data_dir)
        with _transition(cluster):
            return postgres.ensure(cluster)


@contextlib.contextmanager
def _plainly(data_dir: Path) -> Iterator[None]:
    """Turn what the operating system refuses into one line."""
    try:
        yield
    except OSError as error:
        what = f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
        raise EmbeddedError(
            f"The database under {data_dir} cannot be used ({what}). "
            "Make the folder yours and writable, set DATA_DIR to another one, or set DATABASE_URL."
        ) from error


@contextlib.contextmanager
def _transition(cluster: Cluster) -> Iterator[None]:
    lock = cluster.lock("start")
    if not lock.exclusive(TRANSITION_TIMEOUT):
        raise EmbeddedError(
            f"Another process has been starting or stopping the database in {cluster.root} for "
            f"{TRANSITION_TIMEOUT:.0f} seconds. End it and try again."
        )
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """A second, impatient Ctrl-C must not leave the server behind. Only the main thread may arrange that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def main(arguments: list[str]) -> int:
    """Run a command with DATABASE_URL set while the server runs; returns the command's exit code."""
    if not arguments[1:]:
        print("usage: python -m fundsite.embedded DATA_DIR COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    try:
        with running(Path(arguments[0])) as url:
            return _wait_for(arguments[1:], {**os.environ, "DATABASE_URL": url})
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


def _wait_for(command: list[str], environment: dict[str, str]) -> int:
    """Ctrl-C reaches the command by itself, from the terminal; SIGTERM is passed on. Then it is for it to end."""
    # A KeyboardInterrupt in the wrong moment of wait() loses the exit code: the next wait() says 0. Unlike SIG_IGN, a
    # handler is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    child = subprocess.Popen(command, env=environment)  # noqa: S603 - the caller's own command

    def forward(_number: int, _frame: FrameType | None) -> None:
        child.terminate()

    signal.signal(signal.SIGTERM, forward)
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
