"""Every model call of a run, noted when it is over: what was paid is known also when the step it was for is lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..agents.usage import Usage
from .database import connect, reading
from .failures import damaged
from .writing import write


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
        with reading(self._path) as connection:
            rows = connection.execute("SELECT data FROM usage WHERE run = ? ORDER BY number", (self._run,)).fetchall()
        try:
            return [_call(row["data"]) for row in rows]
        except (ValueError, TypeError, RecursionError) as error:
            raise damaged(f"the model calls of run {self._run}", error) from error

    def add(self, *calls: Any, wait: float | None = None) -> None:
        """Note calls; `wait` as `database.connect` has it."""
        rows: Sequence[tuple[str, str]] = [(self._run, json.dumps(call)) for call in calls]
        with connect(self._path, wait) as connection:
            connection.executemany("INSERT INTO usage (run, data) VALUES (?, ?)", rows)

    async def note(self, call: Usage) -> None:
        """Note a call without keeping the event loop waiting."""
        await write(self._path, lambda wait: self.add(call, wait=wait))


def _call(text: str) -> Usage:
    call = json.loads(text)
    try:
        return _adapter().validate_python(call, strict=True)
    except ValidationError as error:
        raise ValueError("a call has the wrong form") from error


@cache
def _adapter() -> TypeAdapter[Usage]:
    return TypeAdapter(Usage)
