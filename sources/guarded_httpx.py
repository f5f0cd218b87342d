"""The `httpx` library, kept to one service: checked and pinned addresses, no redirects, bounded answers."""

from __future__ import annotations

import asyncio
import os
import ssl
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from threading import Thread
from typing import Final, TypeVar
from urllib.request import getproxies, proxy_bypass

import httpx

from ..errors import SourceError
from .guard import Guard, Place

Result = TypeVar("Result")

_GZIP_OR_ZLIB: Final = 47
_BLOCK: Final = 65_536
_FRAMING: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests to one place, and reads answers of at most `limit` bytes, on the wire and decoded.

    Redirects come back as they are: who uses this follows none. Time is bounded by whoever waits.
    """

    def __init__(self, address: str, guard: Guard, *, limit: int, proxy: str = "") -> None:
        url = httpx.URL(address)
        self._place = Place.of(address)
        self._guard = guard
        self._limit = limit
        self._proxy = proxy or _system_proxy(url.scheme, self._place.host)
        certificates = _certificates(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))
        self._lookup: asyncio.Future[list[str]] | None = None
        self._inner = httpx.AsyncHTTPTransport(verify=certificates, proxy=self._proxy or None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            RefusedError: the place has an address that is not public, or it is another place.
            SourceError: the answer is too long.
            httpx.TransportError: the place cannot be reached.
        """
        request.headers["Accept-Encoding"] = "gzip"
        if Place.of(str(request.url)) != self._place:
            raise SourceError("A request to another place than the one that is set is not sent.")
        response = await self._send(request)
        try:
            body = await self._body(response)
        finally:
            await response.aclose()
        headers = [
            (name, value) for name, value in response.headers.raw if name.decode("latin-1").lower() not in _FRAMING
        ]
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        if self._proxy:
            return await self._inner.handle_async_request(request)
        try:
            addresses = await self._addresses()
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        failure: Exception | None = None
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                # The certificate is that of the name.
                extensions={**request.extensions, "sni_hostname": self._place.host},
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or httpx.ConnectError("no address", request=request)

    async def _addresses(self) -> list[str]:
        """The addresses of the place. Requests that come while they are looked up wait for the same answer."""
        if self._lookup is None:
            self._lookup = _behind(lambda: self._guard.addresses(self._place.host, self._place.port))
            self._lookup.add_done_callback(self._forget_lookup)
        # Shielded: when the first who asked is cancelled, the others still get their answer.
        return await asyncio.shield(self._lookup)

    def _forget_lookup(self, lookup: asyncio.Future[list[str]]) -> None:
        self._lookup = None
        # Asking for the exception keeps asyncio from warning about one that nobody waited for.
        _ = lookup.cancelled() or lookup.exception()

    async def _body(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"identity", "gzip", "deflate"}:
            raise SourceError("The answer is packed in a way that was not asked for.")
        decoder = zlib.decompressobj(_GZIP_OR_ZLIB) if encoding != "identity" else None
        body, wire = bytearray(), 0
        async for chunk in response.aiter_raw():
            wire += len(chunk)
            while chunk:
                body += decoder.decompress(chunk, _BLOCK) if decoder else chunk
                if max(wire, len(body)) > self._limit:
                    raise SourceError("The answer is too long to be one.")
                chunk = decoder.unconsumed_tail if decoder else b""  # noqa: PLW2901 - what is left of it
        return bytes(body + decoder.flush(_BLOCK)) if decoder else bytes(body)


def _behind(work: Callable[[], Result]) -> asyncio.Future[Result]:
    """What `work` returns, or raises, in a thread of its own, for which not even the end of the process waits.

    A name server that does not answer takes a minute, and nothing can break that off: in the threads that all of a
    loop shares, a few such questions keep everything else from going on.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Result] = loop.create_future()

    def do() -> None:
        try:
            tell = partial(answer.set_result, work())
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked
            tell = partial(answer.set_exception, error)
        # The loop is closed where nobody waits any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: answer.done() or tell())

    Thread(target=do, name="tertulia-lookup", daemon=True).start()
    return answer


@cache
def _certificates(_file: str, _folder: str) -> ssl.SSLContext:
    """Whom to trust, as httpx has it from these variables: read once, not for each of many runs (15 ms and 1 MB)."""
    return httpx.create_ssl_context()


def _system_proxy(scheme: str, host: str) -> str:
    """The proxy that the user's system sets for a host, or ""."""
    proxies = getproxies()
    return "" if proxy_bypass(host) else proxies.get(scheme) or proxies.get("all") or ""
