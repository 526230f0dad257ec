"""A line between a browser and a server that can be cut, and that can lose an answer: what a phone in the mountains has for a network."""

from __future__ import annotations

import contextlib
import socket
import threading
from enum import Enum


class State(Enum):
    UP = "up"
    CUT = "cut"  # nothing gets through
    LOSES_ANSWERS = "loses answers"  # what is posted arrives, and its answer never comes


class Line:
    """Listens on a port of its own and passes on to `port`; one thread a connection."""

    def __init__(self, port: int):
        self.to, self.state, self.posted, self._lost = port, State.UP, 0, False
        self._open: set[socket.socket] = set()
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.port = self._listens.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def become(self, state: State) -> None:
        """From now on; what is under way is broken off."""
        self.state, self._lost = state, False
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            near, _ = self._listens.accept()
            if self.state is State.CUT:
                near.close()
                continue
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self.to))
        self._open |= {near, far}
        back = threading.Thread(target=self._pass, args=(far, near, True), daemon=True)
        back.start()
        self._pass(near, far, False)
        back.join(5)
        self._open -= {near, far}
        near.close(), far.close()

    def _pass(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not answers and data.startswith(b"POST") and b"/noted" in data.split(b"\r\n", 1)[0]:
                    self.posted += 1
                    self._lost = self.state is State.LOSES_ANSWERS
                if answers and self._lost:
                    break
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
