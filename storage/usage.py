"""Every model call of a run, noted when it is over: what was paid is known also when the step it was for is lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .database import connect


class UsageJournal:
    """The calls of one run (`agents.usage.Usage`), in the order in which they ended.

    Raises, whatever is called:
        StorageError: the database cannot be read or written.
    """

    def __init__(self, path: Path, run: str) -> None:
        self._path = path
        self._run = run

    def load(self) -> list[Any]:
        """All calls so far."""
        with connect(self._path) as connection:
            rows = connection.execute("SELECT data FROM usage WHERE run = ? ORDER BY number", (self._run,)).fetchall()
        return [json.loads(row["data"]) for row in rows]

    def add(self, *calls: Any) -> None:
        """Note calls."""
        rows: Sequence[tuple[str, str]] = [(self._run, json.dumps(call)) for call in calls]
        with connect(self._path) as connection:
            connection.executemany("INSERT INTO usage (run, data) VALUES (?, ?)", rows)
