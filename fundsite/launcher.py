"""Run a program as an unprivileged user and, when asked, detached from the terminal. Not for Windows; stdlib only.

    python launcher.py [--detach] UID GID PROGRAM [ARGUMENT ...]        (UID -1: stay who we are)

PostgreSQL refuses to run as root, so root has to become somebody else first. That somebody usually cannot reach the
program nor the data when the checkout lies below a closed folder such as /root, and opening those folders is not ours
to do. So the process keeps one capability across the change of user and across exec (an "ambient" capability):
CAP_DAC_OVERRIDE, which Docker leaves to a container's root by default, as it does the CAP_SETPCAP this takes. (The
narrower CAP_DAC_READ_SEARCH is not in Docker's set, and does not help when root's umask has closed the programs
themselves. A user namespace would need no capability, but Docker's default seccomp profile forbids making one.)
PostgreSQL looks for its own programs with access(2), which ignores the capabilities of anybody but root unless the
secure bit "no setuid fixup" is set; initdb failed to find postgres without it. Where there is no such capability, the
program still starts wherever the folders are open. All this is a small script rather than a preexec_fn, because
ctypes between fork and exec is not safe in a process that has threads.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

CAP_DAC_OVERRIDE = 1
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522


def main(arguments: list[str]) -> None:
    """Never returns: becomes the program, or exits 126 with one line on stderr."""
    detach = arguments[0] == "--detach"
    uid, gid, program = int(arguments[detach]), int(arguments[detach + 1]), arguments[detach + 2 :]
    os.umask(0o077)
    try:
        if detach:
            _leave_the_terminal()
        if uid >= 0:
            become(uid, gid)
        os.execv(program[0], program)  # noqa: S606 - no shell is the point
    except OSError as error:
        print(f"launcher: {error}", file=sys.stderr)
        os._exit(126)


def _leave_the_terminal() -> None:
    """A session of its own (Ctrl-C does not reach it) and init as its parent (nobody has to wait for it)."""
    os.setsid()
    if os.fork():
        os._exit(0)


def become(uid: int, gid: int) -> None:
    """Turn this root process into `uid`, keeping the right to pass closed folders if there is one to keep.

    Raises OSError when the change of user itself is refused.
    """
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc:
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if libc:
        _keep_only(libc, CAP_DAC_OVERRIDE)


def _keep_only(libc: ctypes.CDLL, capability: int) -> None:
    """Drop every capability but this one; it goes too if we do not have it."""
    kept = _permitted() & (1 << capability)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    libc.capset(header, struct.pack("6I", kept, kept, kept, 0, 0, 0))  # effective, permitted, inheritable; low, high
    if kept:
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _permitted() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


if __name__ == "__main__":
    main(sys.argv[1:])
