"""Writing from an event loop: at once where nobody else writes, else in a thread that waits for its turn.

A write of a few rows takes less time than to hand it to a thread and to hear of its end. It waits for next to nothing:
for the write of another thread that is about to end, but not for another process, and not for the disk
(`database.LEAVE_THE_LOG`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from ..errors import StorageError
from .database import BUSY_SECONDS, turn
from .failures import is_busy

Result = TypeVar("Result")

# Another thread's write is over much sooner, unless it waits itself: then who runs on the loop must not wait with it.
_SECONDS: Final = 0.02


class Refused(Exception):  # noqa: N818 - it says what happened, and is no error
    """Somebody else writes just now."""


async def write(path: Path, work: Callable[[float], Result]) -> Result:
    """Have something short written into a database; `work` is given the seconds that it may wait for other writers.

    It is called again, with time, when it was refused without.

    Raises:
        What `work` raises.
    """
    try:
        return at_once(path, work)
    except Refused:
        return await asyncio.to_thread(work, BUSY_SECONDS)


def at_once(path: Path, work: Callable[[float], Result]) -> Result:
    """Have something short written, by the time that a loop can spare.

    Raises:
        Refused: somebody else writes for longer, and nothing was written.
        What `work` raises.
    """
    lock = turn(path)
    if not lock.acquire(timeout=_SECONDS):
        raise Refused
    try:
        return work(0.0)
    except (sqlite3.Error, StorageError) as error:
        reason = error.__cause__ if isinstance(error, StorageError) else error
        if isinstance(reason, sqlite3.Error) and is_busy(reason):
            raise Refused from error
        raise
    finally:
        lock.release()
