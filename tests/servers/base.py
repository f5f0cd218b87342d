"""A loopback HTTP server that logs each request and is stopped when its block ends."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

# A slow answer comes in this many pieces, with this many seconds between them.
_DROPS = 20
_BETWEEN_DROPS = 0.005


@dataclass(frozen=True)
class Request:
    """One request as it came over the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """What to send back. `body` may be bytes, text or JSON-ready data; status 0 hangs up without an answer.

    `cut` hangs up in the middle of the body, `hang_up` after it without having said so, `drip` sends it in small pieces
    with pauses between them.
    """

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    drip: bool = False
    hang_up: bool = False

    def encoded(self) -> tuple[bytes, str]:
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), "text/html; charset=utf-8"
        return json.dumps(self.body).encode(), "application/json"


def _body(handler: BaseHTTPRequestHandler) -> bytes | None:
    """What was sent; None when who sent it was killed in the middle, for that was no request."""
    length = int(handler.headers.get("content-length") or 0)
    body = handler.rfile.read(length)
    if len(body) == length:
        return body
    handler.close_connection = True
    return None


class LoopbackServer:
    """Subclasses answer in `respond`; `requests` is the log, in order of arrival. `connections` counts all that were
    opened, `still_open` those that nobody has closed.

    Use as a context manager: `with TavilyServer() as server: … server.url …`.
    """

    def __init__(self) -> None:  # noqa: C901 - the handler is a part of it
        self.requests: list[Request] = []
        self.connections = 0
        self._open = 0
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # As real servers do: else head and body of an answer on a kept connection are 40 ms apart.
            disable_nagle_algorithm = True

            def log_message(self, *_: Any) -> None:
                pass

            def setup(self) -> None:
                super().setup()
                with server._lock:
                    server.connections += 1
                    server._open += 1

            def finish(self) -> None:
                super().finish()
                with server._lock:
                    server._open -= 1

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = _body(self)
                if body is None:
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
                with server._lock:
                    server.requests.append(request)
                response = server.respond(request)
                if not response.status:
                    self.close_connection = True
                    return
                data, kind = response.encoded()
                try:
                    self.send_response(response.status)
                    for name, value in {"content-type": kind, **response.headers}.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(data)))
                    self.end_headers()
                    self._send(data, response)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def _send(self, data: bytes, response: Response) -> None:
                if response.cut:
                    self.wfile.write(data[: len(data) // 2])
                    self.close_connection = True
                    return
                size = len(data) // _DROPS + 1 if response.drip else max(len(data), 1)
                for start in range(0, len(data), size):
                    self.wfile.write(data[start : start + size])
                    self.wfile.flush()
                    if response.drip:
                        time.sleep(_BETWEEN_DROPS)
                self.close_connection = self.close_connection or response.hang_up

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def respond(self, request: Request) -> Response:
        raise NotImplementedError

    def still_open(self, seconds: float = 2.0) -> int:
        """How many connections nobody has closed. A server hears of a close a little later, so it waits that long."""
        until = time.monotonic() + seconds
        while self._open and time.monotonic() < until:
            time.sleep(0.01)
        return self._open

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
