"""Turns: of the threads of this process one at a time writes into a database.

SQLite has who waits look again now and then, and the unlucky give up: of fifty runs at once, nine did.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Final


class Turn:
    """A lock that its thread may take again, and that tells for how long somebody has had it."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._since = 0.0

    def __enter__(self) -> None:
        """Wait for it, however long."""
        self._lock.acquire()
        self._since = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let others have it."""
        self._lock.release()

    @contextmanager
    def within(self, seconds: float) -> Iterator[bool]:
        """Have it while the block lasts, unless somebody has it for longer than so many seconds: whether it is had.

        Who comes when that time is over does not wait at all, so that the waits of many do not add up.
        """
        had = self._lock.acquire(blocking=False)
        if not had and (left := self._since + seconds - time.monotonic()) > 0:
            had = self._lock.acquire(timeout=left)
        if not had:
            yield False
            return
        self._since = time.monotonic()
        try:
            yield True
        finally:
            self._lock.release()


_turns: Final[dict[Path, Turn]] = {}


def turn(path: Path) -> Turn:
    """Whose turn it is in this process to write into a database."""
    return _turns.setdefault(path, Turn())
