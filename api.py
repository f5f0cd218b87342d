"""The Python API: a report in one call, its events as they happen, and the reports there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, cast

from .app import App, Reviewer
from .errors import TertuliaError
from .events import Event
from .evidence.report import Report
from .settings import load_settings


async def write_report(
    topic: str,
    *,
    reviewer: Reviewer | None = None,
    on_event: Callable[[Event], None] = lambda _: None,
    **settings: Any,
) -> Report:
    """Write a report on a topic and return it with its evidence.

    `settings` are the fields of `Settings` (docs, sources, model, language, analysts, turns, …); what is not given
    comes from the environment and the settings files. `reviewer` approves or changes the panel (see
    `agents.panel` for its replies); without one the panel is approved as proposed. No file is written; the run is
    kept in `home` and can be exported later.

    Raises:
        UsageError: the topic or a setting cannot be used.
        NoEvidenceError: nothing was found.
        TertuliaError: the run failed, or its reviewer cancelled it or left it to wait.
    """
    app = App(load_settings(settings))
    run = await app.start(topic, approve=reviewer is None)
    outcome = await app.advance(run.id, reviewer=reviewer or _later, on_event=on_event)
    if outcome.run.status not in {"done", "partial"}:
        raise TertuliaError(f"Run {run.id} has no report: it is {outcome.run.status}.")
    return cast("Report", app.report(run.id))


async def report_events(topic: str, *, reviewer: Reviewer | None = None, **settings: Any) -> AsyncIterator[Event]:
    """Write a report and yield what happens; the last event carries the run's id for `load_report`.

    Leaving the loop early interrupts the run; it can be resumed. Raises what `write_report` raises.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    task = asyncio.create_task(write_report(topic, reviewer=reviewer, on_event=queue.put_nowait, **settings))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (event := await queue.get()) is not None:
            yield event
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def load_report(run: str, **settings: Any) -> Report:
    """The finished report of a run that was written before.

    Raises:
        UnknownRunError: there is no such run.
        UsageError: it has no report.
    """
    return cast("Report", App(load_settings(settings)).report(run))


async def _later(_: Mapping[str, Any]) -> None:
    return None
