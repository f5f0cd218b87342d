"""The runs there are, and how one is forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import UsageError
from ..storage.runs import Run, Runs, Status
from .asking import ask_line
from .consoles import is_interactive, say
from .tables import local_time

if TYPE_CHECKING:
    # Not at run time: a list of runs does without all that a run needs.
    from ..app import App

_NAMED: Final = 3
_STANDS: Final[Mapping[Status, str]] = {
    "awaiting_approval": "waiting for approval of its panel",
    "interrupted": "interrupted",
    "created": "waiting to begin",
}


def list_runs(home: Path) -> list[Run]:
    """All runs, newest first, each as it is: a run whose process was killed says `running` in the table only."""
    return [_as_it_is(run, home) for run in Runs(home).list()]


def say_what_waits(runs: Sequence[Run], home: Path) -> None:
    """Name the commands that continue the newest runs that nobody works on, or looks at, now."""
    waiting = [run for run in runs if run.status in _STANDS]
    # Only as many are asked about as are named: a lock is a file.
    free = (run for run in waiting if not _is_held(home, run))
    named = [run for run, _ in zip(free, range(_NAMED), strict=False)]
    for run in named:
        since = f"{local_time(run.updated_at)} ({_age(run.updated_at)})"
        say(f"Run {run.id} has been {_STANDS[run.status]} since {since}. Go on with: tertulia resume {run.id}")
    if len(named) == _NAMED and len(waiting) > _NAMED:
        say(f"{len(waiting) - _NAMED} more wait.")


def delete_run(app: App, run: str, *, asked: bool) -> None:
    """Forget a run, after asking in a terminal unless that was answered before.

    Raises:
        UsageError: there is nobody to ask.
        RunBusyError: a process is working on it.
    """
    row = app.runs.get(run)
    if not asked and not _is_confirmed(row):
        say("Nothing was deleted.")
        return
    app.delete(row.id)
    say(f"Deleted run {row.id}: {row.topic}")
    if row.output:
        say(f"Its files are still in {row.output}")


def _is_confirmed(row: Run) -> bool:
    if not is_interactive():
        raise UsageError("Nobody can be asked whether to delete the run.", hint="Add --yes to delete it.")
    say(f"{row.id}: {row.topic}")
    try:
        return ask_line("Delete this run? [y/N] ").strip().casefold() in {"y", "yes", "s", "si", "sí"}
    except EOFError:
        return False


def _age(iso: str) -> str:
    """How long ago a time was, in the largest unit that fits."""
    passed = max(datetime.now(UTC) - datetime.fromisoformat(iso), timedelta())
    units = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
    for name, unit in units.items():
        if count := passed // unit:
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "just now"


def _as_it_is(run: Run, home: Path) -> Run:
    abandoned = run.status == "running" and not _is_held(home, run)
    return replace(run, status="interrupted") if abandoned else run


def _is_held(home: Path, run: Run) -> bool:
    from ..storage.locks import is_held  # noqa: PLC0415 - imports asyncio, and most lists hold finished runs only

    return is_held(home, run.id)
