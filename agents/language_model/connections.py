"""Connections to a model's server that are kept between calls: over TLS a new one costs two round trips each time.

They belong to one event loop, so a chat model that keeps them has a client of its own, which is closed with the run
that it plays in. The client that OpenAI's package shares in the whole process would outlive its loop.
"""

from __future__ import annotations

import os
import socket
from functools import cache
from importlib import import_module
from typing import Any, Final
from urllib.request import getproxies

# A peer that is gone without a word is noticed within two minutes, as with the client that LangChain would make.
_ALIVE: Final = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 120_000))
_MOST: Final = 1_000
_MOST_IDLE: Final = 100


def open_client() -> Any:
    """A client for OpenAI's package that keeps connections."""
    from openai import DefaultAsyncHttpxClient  # noqa: PLC0415 - takes a second

    # OpenAI's package was built on httpx and is built on httpx2.
    library = DefaultAsyncHttpxClient.__mro__[1].__module__.partition(".")[0]
    http: Any = import_module(library)
    certificates = _certificates(library, *(os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")))
    if getproxies():
        # With a transport of its own the client would not look for proxies.
        return DefaultAsyncHttpxClient(verify=certificates)
    transport = http.AsyncHTTPTransport(
        verify=certificates,
        limits=http.Limits(max_connections=_MOST, max_keepalive_connections=_MOST_IDLE),
        socket_options=_socket_options(),
    )
    return DefaultAsyncHttpxClient(transport=transport)


async def close_client(model: Any) -> None:
    """Close the connections of a chat model that was built with a client of its own; of others none are kept."""
    if client := getattr(model, "http_async_client", None):
        await client.aclose()


def _socket_options() -> list[tuple[int, int, int]]:
    """What this system has of `_ALIVE`."""
    known = [(getattr(socket, name, None), value) for name, value in _ALIVE]
    lasting = [(socket.IPPROTO_TCP, option, value) for option, value in known if option is not None]
    return [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *lasting]


@cache
def _certificates(library: str, _file: str, _folder: str) -> Any:
    """Whom to trust, as the library has it from these variables: read once, not for each of many runs (20 ms)."""
    return import_module(library).create_ssl_context()
