"""Whose turn it is to write into a database, and others who write into it meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from tertulia.storage.turns import turn


def is_free(path: Path) -> bool:
    """Whether no other thread of this process has its turn to write."""
    with turn(path).within(0.0) as had:
        return had


@asynccontextmanager
async def another_thread_has_it(path: Path) -> AsyncIterator[None]:
    """While the block lasts another thread has its turn."""
    begun, over = threading.Event(), threading.Event()

    def keep_it() -> None:
        with turn(path):
            begun.set()
            over.wait(20)

    other = asyncio.create_task(asyncio.to_thread(keep_it))
    await asyncio.to_thread(begun.wait, 20)
    try:
        yield
    finally:
        over.set()
        await other


@contextmanager
def another_connection_writes(path: Path) -> Iterator[None]:
    """While the block lasts somebody else writes, as another process would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("COMMIT")
