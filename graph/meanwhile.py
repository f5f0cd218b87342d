"""What only later steps need is imported while the first model request of a run is under way, and costs no time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

# From this package. A step that comes before they are imported, or without a request before it, imports them itself.
LATER: Final = ("..evidence.checks", "..evidence.building")

# When a request has surely left: what is imported before that keeps it waiting.
SECONDS: Final = 0.25


@contextmanager
def importing_the_rest() -> Iterator[None]:
    """Import, in a thread, what later steps need, if the block waits for as long as `SECONDS`."""
    loop = asyncio.get_running_loop()
    timer = loop.call_later(SECONDS, loop.run_in_executor, None, _import)
    try:
        yield
    finally:
        timer.cancel()


def _import() -> None:
    for name in LATER:
        import_module(name, __package__)
