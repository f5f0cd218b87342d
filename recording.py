"""While a run goes on its events are kept, and when it stops, its last event says how it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from .errors import StorageError, TertuliaError
from .events import Event, RunEnded, RunPaused, stamp
from .storage.events import EventJournal
from .storage.runs import Run, Runs, Status

EXIT_CODES: Final[Mapping[Status, int]] = {
    "done": 0,
    "failed": 1,
    "cancelled": 1,
    "awaiting_approval": 3,
    "no_evidence": 4,
    "partial": 5,
    "interrupted": 130,
}
_PAUSED: Final[frozenset[Status]] = frozenset({"awaiting_approval", "interrupted"})


@asynccontextmanager
async def recorded(
    runs: Runs, run: str, clock: Callable[[], datetime], on_event: Callable[[Event], None]
) -> AsyncIterator[tuple[Callable[[Event], None], Callable[[Event], None]]]:
    """One part of a run: what is told of it is kept and passed on, and its end is told however it comes.

    Gives what tells an event, and what only keeps one: for those of which a listener that failed is not told.

    Where nothing happened, as in a run that is finished already, nothing is told.
    """
    async with EventJournal(runs.path, run) as journal:
        happened = False

        def keep(event: Event) -> None:
            journal.add(event.to_dict())

        def tell(event: Event) -> None:
            nonlocal happened
            happened = True
            keep(event)
            on_event(event)

        code: int | None = None
        try:
            yield tell, keep
        except TertuliaError as error:
            code, happened = error.exit_code, True
            raise
        finally:
            with suppress(StorageError):
                if happened:
                    tell(_last_event(runs.get(run), code, stamp(clock())))


def _last_event(row: Run, code: int | None, at: str) -> Event:
    code = EXIT_CODES.get(row.status, 1) if code is None else code
    if row.status in _PAUSED:
        return RunPaused(run=row.id, at=at, status=row.status, exit_code=code)
    return RunEnded(run=row.id, at=at, status=row.status, exit_code=code, detail=row.detail)
