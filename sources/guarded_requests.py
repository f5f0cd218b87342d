"""The `requests` library, kept to one service: checked and pinned addresses, no other host, bounded answers."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from requests import Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from ..errors import SourceError, SourceUnavailableError
from .guard import Guard

_REDIRECTS: Final = 3
_HEADER_SECONDS: Final = 30.0
_CHUNK: Final = 65_536


def guarded_session(address: str, guard: Guard) -> Session:
    """A session that can talk to the host of one address and to no other, whoever redirects it.

    From http a redirect may lead to https of the same host, when both use their own ports.
    """
    parts = urlsplit(address)
    session = Session()
    session.adapters.clear()
    session.mount(f"{parts.scheme}://{parts.netloc}/", _Adapter(guard))
    if parts.scheme == "http" and parts.port is None:
        session.mount(f"https://{parts.netloc}/", _Adapter(guard))
    session.max_redirects = _REDIRECTS
    return session


def read_body(response: Response, *, limit: int, seconds: float) -> bytes:
    """The decoded body of a streamed response.

    Raises:
        SourceError: it is longer than `limit` bytes.
        SourceUnavailableError: it takes longer than `seconds`.
        requests.RequestException: the connection broke.
    """
    late = threading.Event()

    def stop() -> None:
        late.set()
        # A reader that waits for the next byte of a slow answer looks at no clock.
        with suppress(OSError, ValueError, RuntimeError):
            response.raw.shutdown()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    body = bytearray()
    try:
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > limit:
                raise SourceError("The answer is too long to be one.")
    except RequestException:
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise SourceUnavailableError("The answer did not end in time.", hint="Try again later.")
    return bytes(body)


class _Pinned(HTTPConnection):
    """Connects to an address that was checked. TLS and the Host header still use the name."""

    guard: Guard

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            failure: Exception | None = None
            for address in self.guard.addresses(name, self.port):
                self._dns_host = address
                try:
                    return super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError) as error:
                    failure = error
            raise failure or OSError(f"{name} has no address")
        finally:
            self._dns_host = name

    def getresponse(self) -> Any:
        """The response, if its headers come in time; each byte of them alone may take as long as the time-out."""
        late = threading.Event()

        def stop() -> None:
            late.set()
            with suppress(OSError, AttributeError):
                self.sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(_HEADER_SECONDS, stop)
        timer.daemon = True
        timer.start()
        try:
            response = super().getresponse()
        finally:
            timer.cancel()
        # To the reader of headers the cut looks like their end.
        if late.is_set():
            response.close()
            raise TimeoutError("the headers did not end in time")
        return response


class _PinnedTLS(_Pinned, HTTPSConnection):
    """The same with TLS, whose certificate is that of the name."""


class _Adapter(HTTPAdapter):
    """Opens connections through a guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        """Make the pools, with connections of our own."""
        super().init_poolmanager(*arguments, **more)
        plain = type("Plain", (_Pinned,), {"guard": self._guard})
        secure = type("Secure", (_PinnedTLS,), {"guard": self._guard})
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
