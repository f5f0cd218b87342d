"""While a person reads the panel, what its interviews will ask first may be asked already."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .errors import TertuliaError

if TYPE_CHECKING:
    from .graph.backend import Backend


async def reviewed(backend: Backend, run: str, review: Awaitable[Mapping[str, Any] | None]) -> Mapping[str, Any] | None:
    """The reply of a reviewer. While they read, the backend prepares the interviews, if the run asks for that."""
    reading = asyncio.ensure_future(review)
    try:
        # Who gives a reply that was ready before has given it now, and reads nothing.
        await asyncio.sleep(0)
        if not reading.done():
            # What goes wrong here goes wrong again when it matters.
            with suppress(TertuliaError):
                await backend.prepare(run)
        return await reading
    finally:
        reading.cancel()
