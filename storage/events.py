"""The events of a run, kept as they pass: what a timeline is drawn from, and what a run can be told by afterwards."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Self

from ..errors import StorageError
from .database import connect, reading
from .failures import damaged

# A kill loses the events of this time at most.
WRITE_SECONDS: Final = 1.0
# 64 interviews of ten turns with three sources have some 12,000: this bounds a run that is resumed endlessly.
MOST_EVENTS: Final = 50_000


class EventJournal:
    """Keeps the events of one part of a run while the block lasts, in a thread of its own: the run never waits for it.

    Events are written together, once per `WRITE_SECONDS` and at the end. What cannot be written is lost without a
    word: a run does not fail because nobody can read about it later. Nor is more kept than `MOST_EVENTS`.
    """

    def __init__(self, path: Path, run: str) -> None:
        self._path = path
        self._run = run
        self._queue: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()
        self._writer = Thread(target=self._write_all, name="tertulia-events", daemon=True)

    async def __aenter__(self) -> Self:
        """Begin to keep."""
        self._writer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what is left. The loop goes on meanwhile: another run of this process may have to end a write first."""
        self._queue.put(None)
        await asyncio.to_thread(self._writer.join)

    def add(self, event: Mapping[str, Any]) -> None:
        """Keep one more event, as JSON-ready data."""
        self._queue.put(event)

    def _write_all(self) -> None:
        ends = False
        while not ends:
            lines, ends = self._gather()
            with suppress(StorageError):
                self._write(lines)

    def _gather(self) -> tuple[list[str], bool]:
        """The next event with what comes soon after it, and whether nothing comes any more."""
        lines: list[str] = []
        event = self._queue.get()
        deadline = time.monotonic() + WRITE_SECONDS
        while event is not None:
            lines.append(json.dumps(event, ensure_ascii=False))
            try:
                event = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                return lines, False
        return lines, True

    def _write(self, lines: Sequence[str]) -> None:
        with connect(self._path) as connection:
            connection.execute("BEGIN IMMEDIATE")
            (last,) = connection.execute(
                "SELECT coalesce(max(number), 0) FROM events WHERE run = ?", (self._run,)
            ).fetchone()
            rows = [(self._run, number, line) for number, line in enumerate(lines, start=last + 1)]
            connection.executemany(
                "INSERT INTO events (run, number, data) VALUES (?, ?, ?)", rows[: max(0, MOST_EVENTS - last)]
            )


def load_events(path: Path, run: str) -> list[dict[str, Any]]:
    """The events that were kept of a run, in their order; none of a run of a version that kept none.

    Raises:
        StorageError: they cannot be read.
    """
    with reading(path) as connection:
        rows = connection.execute("SELECT data FROM events WHERE run = ? ORDER BY number", (run,)).fetchall()
    try:
        return [json.loads(row["data"]) for row in rows]
    except ValueError as error:
        raise damaged(f"the events of run {run}", error) from error
