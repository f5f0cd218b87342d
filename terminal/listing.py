"""The runs there are, and how one is forgotten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..app import App
from ..errors import UsageError
from ..storage.locks import is_held
from ..storage.runs import Run, Runs
from .asking import ask_line
from .consoles import is_interactive, say


def list_runs(home: Path) -> list[Run]:
    """All runs, newest first, each as it is: a run whose process was killed says `running` in the table only."""
    return [_as_it_is(run, home) for run in Runs(home).list()]


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


def _as_it_is(run: Run, home: Path) -> Run:
    abandoned = run.status == "running" and not is_held(home, run.id)
    return replace(run, status="interrupted") if abandoned else run
