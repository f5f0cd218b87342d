"""Long waits for a model server: who waits says so, and whoever shows the run's progress may listen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[float, str], None]

_listener: ContextVar[Listener | None] = ContextVar("tertulia_waits", default=None)


def report_wait(seconds: float, reason: str) -> None:
    """Say that a step waits for so many seconds, and why. Without a listener nobody hears it."""
    if listener := _listener.get():
        listener(seconds, reason)


@contextmanager
def hear_waits(listener: Listener) -> Iterator[None]:
    """Call `listener` with each wait of this task, and of tasks it starts, inside the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
