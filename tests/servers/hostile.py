"""A loopback server that answers byte by byte as it is told, and counts who came: endless, slow, packed, broken."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Answer = Callable[[socket.socket, threading.Event], None]
"""Writes to a connection until it is done or the event says that the server stops."""


class HostileServer:
    """Answers each connection, whatever it asks, with `answer`; `hits` counts them and `asked` holds what they sent."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._stop = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.asked: list[bytes] = []
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def hits(self) -> int:
        return len(self.asked)

    def __enter__(self) -> Self:
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in (self._accepting, *self._threads):
            thread.join(timeout=5)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            self.asked.append(connection.recv(65_536))
            self._answer(connection, self._stop)


def whole(head: str, body: bytes = b"") -> Answer:
    """One answer with this status line and these headers."""
    data = head.strip().replace("\n", "\r\n").encode() + b"\r\n\r\n" + body
    return lambda connection, _: connection.sendall(data)


def endless(head: str, block: bytes, pause: float = 0.0) -> Answer:
    """An answer that goes on for ever, with a pause in seconds after each block."""

    def answer(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(head.strip().replace("\n", "\r\n").encode() + b"\r\n\r\n")
        while not stop.wait(pause) if pause else not stop.is_set():
            connection.sendall(block)

    return answer


def slow_headers(connection: socket.socket, stop: threading.Event) -> None:
    """Headers that never end, byte by byte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not stop.wait(0.05):
        connection.sendall(b"a")
