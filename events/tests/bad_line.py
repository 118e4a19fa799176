"""A way to a server that can be cut at any moment, in the middle of whatever is being said."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: no good-bye, what is on its way is lost


class BadLine:
    """Listens on `port` of this machine and passes everything on to `there`; while `lossy`, all is lost on the way
    there, and `lost` says how many bytes."""

    def __init__(self, there: tuple[str, int]) -> None:
        self._there = there
        self.lossy, self.lost = False, 0
        self._ends: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def users(self) -> int:
        """How many connections there have been since the last cut."""
        return len(self._ends) // 2

    def cut(self) -> None:
        """Every connection."""
        ends, self._ends = self._ends, []
        for end in ends:
            _break(end)

    def close(self) -> None:
        _break(self._server)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near = self._server.accept()[0]
                far = socket.create_connection(self._there)
            except OSError:
                return
            self._ends += [near, far]
            for source, target, there in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pass_on, args=(source, target, there), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, there: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.lossy and there:
                    self.lost += len(data)
                else:
                    target.sendall(data)
        _break(source)
        _break(target)


def _break(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
