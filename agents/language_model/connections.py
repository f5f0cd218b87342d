"""Connections to a model's server that are kept between calls: over TLS a new one costs two round trips each time.

They belong to one event loop, so a chat model that keeps them has a client of its own, which is closed with the run
that it plays in. The client that OpenAI's package shares in the whole process would outlive its loop.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any


def open_client() -> Any:
    """A client for OpenAI's package, with its own limits, that keeps connections."""
    from openai import DefaultAsyncHttpxClient  # noqa: PLC0415 - takes a second

    # OpenAI's package was built on httpx and is built on httpx2.
    library = DefaultAsyncHttpxClient.__mro__[1].__module__.partition(".")[0]
    files, folders = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    return DefaultAsyncHttpxClient(verify=_certificates(library, files, folders))


async def close_client(model: Any) -> None:
    """Close the connections of a chat model that was built with a client of its own; of others none are kept."""
    if client := getattr(model, "http_async_client", None):
        await client.aclose()


@cache
def _certificates(library: str, _file: str, _folder: str) -> Any:
    """Whom to trust, as the library has it from these variables: read once, not for each of many runs (20 ms)."""
    return import_module(library).create_ssl_context()
