"""Writing from an event loop: at once where nobody else writes, else in a thread that waits for its turn.

A write of a few rows takes less time than to hand it to a thread and to hear of its end. It waits for next to nothing:
for the write of another thread that is about to end, but not for another process. The disk is waited for by who writes
in a thread, and moves the log into the database (`database.LEAVE_THE_LOG`); to begin the log anew after that takes a
moment of the next one who writes.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from ..errors import StorageError
from .database import BUSY_SECONDS, is_in_use
from .failures import is_busy
from .turns import turn

Result = TypeVar("Result")

# Another thread's write is over much sooner, unless it waits itself.
_SECONDS: Final = 0.02
# So many, and the next one is written in a thread: else the log would have no bound.
_MOST_AT_ONCE: Final = 100
_at_once: Final[Counter[Path]] = Counter()


class Refused(Exception):  # noqa: N818 - it says what happened, and is no error
    """It would have to wait."""


async def write(path: Path, work: Callable[[float], Result]) -> Result:
    """Have something short written into a database; `work` is given the seconds that it may wait for other writers.

    It is called again, with time, when it was refused without.

    Raises:
        What `work` raises.
    """
    try:
        return at_once(path, work)
    except Refused:
        return await asyncio.to_thread(patiently, path, work)


def at_once(path: Path, work: Callable[[float], Result]) -> Result:
    """Have something short written, by the time that a loop can spare.

    Raises:
        Refused: it would have to wait, and nothing was written.
        What `work` raises.
    """
    # The last connection of a process moves the log when it is closed.
    if _at_once[path] >= _MOST_AT_ONCE or not is_in_use(path):
        raise Refused
    with turn(path).within(_SECONDS) as had:
        if not had:
            raise Refused
        _at_once[path] += 1
        try:
            return work(0.0)
        except (sqlite3.Error, StorageError) as error:
            reason = error.__cause__ if isinstance(error, StorageError) else error
            if isinstance(reason, sqlite3.Error) and is_busy(reason):
                raise Refused from error
            raise


def patiently(path: Path, work: Callable[[float], Result]) -> Result:
    """Have something written, in a thread that can wait.

    Raises:
        What `work` raises.
    """
    _at_once[path] = 0
    return work(BUSY_SECONDS)
