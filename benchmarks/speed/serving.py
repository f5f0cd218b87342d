"""A small HTTP/1.1 server on asyncio: connections that stay open, whole answers, and answers that come piece by piece.

It is for clients that behave: no TLS, no chunked requests, no limits but those of `asyncio.StreamReader`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_HEADERS = 64 * 1024
Send = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Exchange:
    """A request that has been read whole, and the way to answer it."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    _writer: asyncio.StreamWriter

    def json(self) -> Any:
        return json.loads(self.body)

    async def send(self, answer: Any, status: int = 200) -> None:
        """Answer with this as JSON."""
        body = json.dumps(answer).encode()
        self._writer.write(_head(status, "application/json", f"content-length: {len(body)}") + body)
        await self._writer.drain()

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[Send]:
        """Answer with events, each sent as soon as it is there."""
        self._writer.write(_head(200, "text/event-stream", "transfer-encoding: chunked"))
        yield self._send_piece
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def _send_piece(self, text: str) -> None:
        piece = text.encode()
        self._writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        await self._writer.drain()


Answer = Callable[[Exchange], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answer, failures: list[str]) -> AsyncIterator[str]:
    """Serve on a free port of loopback and yield the address. What `answer` raises is noted, and answered by 500."""
    connections: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(task := asyncio.current_task())
        try:
            while exchange := await _read(reader, writer):
                try:
                    await answer(exchange)
                except ConnectionError:
                    raise
                except Exception as error:  # noqa: BLE001 - the outermost edge: who measures must hear of it
                    failures.append(f"{type(error).__name__}: {error}")
                    await exchange.send({"error": {"message": failures[-1]}}, 500)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            connections.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=_HEADERS, backlog=1024)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange | None:
    """The next request of a connection, or None when there is none any more."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length") or 0))
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    return Exchange(method, parts.path, dict(parse_qsl(parts.query)), body, writer)


def _head(status: int, kind: str, length: str) -> bytes:
    phrase = HTTPStatus(status).phrase
    return f"HTTP/1.1 {status} {phrase}\r\ncontent-type: {kind}\r\n{length}\r\n\r\n".encode("latin-1")
