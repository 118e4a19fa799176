"""Locks between processes, on files. Python standard library only.

A lock dies with the processes that hold it, so nothing is left behind by `kill -9`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

POLL_SECONDS = 0.02
# Windows knows no shared lock here: a sharer takes one of this many bytes, an exclusive holder takes all of them.
_SLOTS = 64


class FileLock:
    """A shared or exclusive lock on one file; the file stays, only the lock comes and goes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def fileno(self) -> int:
        """The open file; whoever inherits it holds the lock too, until every copy is closed (not on Windows)."""
        if self._fd is None:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._fd

    def try_exclusive(self) -> bool:
        """True if nobody else holds the lock in any form. A shared lock already held here is converted."""
        return _take(self.fileno(), exclusive=True)

    def try_shared(self) -> bool:
        """True if nobody else holds the lock exclusively."""
        return _take(self.fileno(), exclusive=False)

    def exclusive(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for the exclusive lock; False when it did not come."""
        deadline = time.monotonic() + timeout
        while not self.try_exclusive():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def release(self) -> None:
        """Give the lock back, also for children that inherited the file."""
        if self._fd is not None:
            _drop(self._fd)
            self.close()

    def close(self) -> None:
        """Close the file here; on POSIX a child that inherited it keeps the lock."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


if sys.platform == "win32":

    def _slot(fd: int, number: int, mode: int) -> bool:
        os.lseek(fd, number, os.SEEK_SET)
        try:
            msvcrt.locking(fd, mode, 1)
        except OSError:
            return False
        return True

    def _take(fd: int, *, exclusive: bool) -> bool:
        _drop(fd)
        if not exclusive:
            return any(_slot(fd, number, msvcrt.LK_NBLCK) for number in range(_SLOTS))
        if all(_slot(fd, number, msvcrt.LK_NBLCK) for number in range(_SLOTS)):
            return True
        _drop(fd)
        return False

    def _drop(fd: int) -> None:
        for number in range(_SLOTS):
            _slot(fd, number, msvcrt.LK_UNLCK)

else:

    def _take(fd: int, *, exclusive: bool) -> bool:
        try:
            fcntl.flock(fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _drop(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)
