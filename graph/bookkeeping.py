"""How far a run came, written down: what the table of runs says of it when it pauses, ends, fails or is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar, cast

from langgraph.types import StateSnapshot

from ..agents.budget import Budget
from ..agents.usage import total_cost
from ..errors import EngineError, NoEvidenceError, StorageError, TertuliaError
from ..storage.runs import Run, Runs, Status
from .compose import assemble_report
from .context import Context
from .standing import is_partial, outcome_of
from .state import ReportState

Result = TypeVar("Result")


class Bookkeeping:
    """Writes into the table of runs. `clock` returns aware UTC times."""

    def __init__(self, runs: Runs, clock: Callable[[], datetime]) -> None:
        self._runs = runs
        self._clock = clock

    def settle(self, row: Run, snapshot: StateSnapshot, context: Context) -> None:
        """Write down how far the run came; status in the table is the truth, `snapshot.next` is not.

        Raises:
            NoEvidenceError, EngineError: the run ended without a report.
        """
        values = cast("ReportState", snapshot.values)
        if snapshot.interrupts:
            self._runs.update(row.id, now=self._now(), status="awaiting_approval")
            return
        match outcome_of(snapshot):
            case "done":
                # A kill between the last step and here loses the one that was made: it is made again.
                # Taken out of the context, which may outlive the run by a while, so that two reports are never held.
                made = context.assembled
                report = made.pop() if made else assemble_report(values, context.ledger, row.id, context.budget.calls)
                self._runs.save_report(row.id, cast("dict[str, Any]", report))
                status: Status = "partial" if is_partial(values) else "done"
                self._runs.update(row.id, now=self._now(), status=status, title=report["title"], detail="")
            case "cancelled":
                self._runs.update(row.id, now=self._now(), status="cancelled", detail="cancelled at the review")
            case "no_evidence":
                raise NoEvidenceError(
                    "The interviews found nothing that could be cited, so no report was written.",
                    hint="Try other words, add documents with --docs, or another --source.",
                )
            case reason:
                raise EngineError(
                    reason or "The run stopped before its end.",
                    hint=f"`tertulia resume {row.id}` tries again what is missing; with --model PROVIDER:MODEL or "
                    "--writer-model, another model does.",
                )

    def note_usage(self, run: str, budget: Budget) -> None:
        """Note what its calls used so far."""
        with suppress(StorageError):
            self._runs.save_usage(
                run,
                input_tokens=sum(call["input_tokens"] for call in budget.calls),
                output_tokens=sum(call["output_tokens"] for call in budget.calls),
                cost=total_cost(budget.calls),
            )

    def note_failure(self, row: Run, error: TertuliaError) -> None:
        """Note why it failed."""
        status: Status = "no_evidence" if isinstance(error, NoEvidenceError) else "failed"
        # Nothing can be noted in a database that is full or broken; a row that says "running" without a process
        # that holds its lock is known to be interrupted.
        with suppress(StorageError):
            self._runs.update(row.id, now=self._now(), status=status, detail=str(error))

    def note_stop(self, row: Run, error: BaseException) -> None:
        """Whatever ends a run, also Ctrl-C and a closed generator, its row must not go on saying "running".

        One that was settled just before stays as it was settled.
        """
        status: Status = "failed" if isinstance(error, Exception) else "interrupted"
        with suppress(TertuliaError):
            if self._runs.get(row.id).status == "running":
                self._runs.update(row.id, now=self._now(), status=status, detail=type(error).__name__)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


async def to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """What work returns, or raises. Who is cancelled meanwhile still waits for its end.

    A thread cannot be broken off: what it writes a moment later would contradict what was written meanwhile.
    """
    task = asyncio.ensure_future(work)
    stopped: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            stopped = error
    if stopped is not None:
        # What it raised is asked for, so that asyncio does not warn of it.
        _ = task.cancelled() or task.exception()
        raise stopped
    return task.result()
