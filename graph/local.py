"""The backend of one machine: the graph runs in this process, everything is kept in one SQLite file."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateSnapshot

from ..agents.budget import Budget
from ..agents.roles import Analyst, Engine, Reviewer
from ..agents.usage import total_cost
from ..errors import EngineError, NoEvidenceError, StorageError, TertuliaError, UsageError
from ..events import Event, RunStarted, event_from_dict, stamp
from ..evidence.ledger import Ledger
from ..evidence.report import Report
from ..sources.base import Source
from ..storage.ledger import SqliteLedgerStore
from ..storage.runs import FINISHED, Run, Runs, Status, new_run_id
from ..storage.usage import UsageJournal
from ..tracing import content_is_traced, is_sampled, prepare_tracing
from ..version import VERSION
from .backend import Progress
from .checkpoints import open_checkpointer
from .compose import assemble_report
from .context import Context
from .report import build_graph
from .seats import Seats
from .state import CAP_REACHED, SCHEMA_VERSION, STAND_IN, ReportInput, ReportState

Graph = CompiledStateGraph[ReportState, Context, ReportInput, ReportState]

_INPUT: Final = ("topic", "language", "size", "turn_limit", "approve", "panel", "unsupported")
# What takes a run back to its approved panel, and what a report is composed of, to be composed anew.
_AGAIN: Final[ReportState] = {"failure": "", "decision": "approved", "early": False}
_UNCOMPOSED: Final[ReportState] = {"report": "", "title": "", "introduction": "", "conclusion": ""}
# A kill between two writes can leave a finished step unnoticed; asking the graph to go on once more finds it.
_NUDGES: Final = 3


@dataclass(frozen=True, slots=True)
class Effects:
    """What a run touches outside of the graph: opened when it advances, closed when it pauses or ends."""

    engine: Engine
    sources: Mapping[str, Source]
    judge: Reviewer | None = None


class LocalBackend:
    """Runs the graph in this process (`graph.backend.Backend`). Who advances a run holds its lock (`App.hold`).

    `open_effects` builds engine and sources for a run and its request; `clock` returns aware UTC times;
    `concurrency` is how many steps of a run may call out at once.
    """

    def __init__(
        self,
        runs: Runs,
        open_effects: Callable[[str, Mapping[str, Any]], Effects],
        *,
        clock: Callable[[], datetime],
        concurrency: int,
    ) -> None:
        self._runs = runs
        self._open_effects = open_effects
        self._clock = clock
        self._concurrency = concurrency

    async def submit(self, request: Mapping[str, Any]) -> str:
        """Note a run and return its id. Nothing is paid for yet."""
        run = new_run_id()
        await asyncio.to_thread(self._runs.create, run, topic=request["topic"], request=request, now=self._now())
        return run

    async def status(self, run: str) -> Progress:
        """Where the run stands."""
        row = self._runs.get(run)
        if row.status in FINISHED:
            return Progress(row.id, row.status, row.detail)
        async with self._graph() as graph:
            snapshot = await graph.aget_state(_config(row))
        waits = row.status == "awaiting_approval" and snapshot.interrupts
        review = snapshot.interrupts[0].value if waits else {}
        return Progress(row.id, row.status, row.detail, review, snapshot.values.get("panel", []))

    async def review(self, run: str, reply: Mapping[str, Any]) -> None:
        """Keep a person's reply; the next `events` goes on from it.

        Raises:
            UsageError: the run does not wait for a reply.
        """
        row = self._runs.get(run)
        async with self._graph() as graph:
            snapshot = await graph.aget_state(_config(row))
        if not snapshot.interrupts:
            raise UsageError(f"Run {row.id} does not wait for a review: it is {row.status}.")
        await asyncio.to_thread(self._runs.save_reply, row.id, snapshot.interrupts[0].id, reply)

    async def retry(self, run: str) -> None:
        """Send a partial run back to its approved panel: only the interviews that are missing are held, and only the
        sections that were put together from answers are written.

        Raises:
            UsageError: nothing failed in this run.
        """
        row = self._runs.get(run)
        if row.status != "partial":
            raise UsageError(f"Nothing failed in run {row.id}: it is {row.status}.", hint=f"tertulia resume {row.id}")
        async with self._graph() as graph:
            await graph.aupdate_state(_config(row), {**_AGAIN, **_UNCOMPOSED}, as_node="review_panel")
        await self._update(row, "interrupted", detail="")

    async def result(self, run: str) -> Report:
        """The finished report with its evidence.

        Raises:
            UsageError: the run has no report yet.
        """
        row = self._runs.get(run)
        report = self._runs.load_report(row.id)
        if report is None:
            raise UsageError(f"Run {row.id} has no report yet: it is {row.status}.", hint=f"tertulia resume {row.id}")
        return cast("Report", report)

    async def events(self, run: str) -> AsyncGenerator[Event, None]:
        """Advance the run until it pauses, ends or fails; yields what happens.

        Raises:
            TertuliaError: what made the run fail. What was finished is kept; the run can be resumed.
        """
        row = self._runs.get(run)
        if row.status in FINISHED or await self._waits(row):
            return
        effects = await asyncio.to_thread(self._open_effects, row.id, row.request)
        try:
            await self._update(row, "running", engine=effects.engine.name, detail="")
            async with aclosing(self._advance(row, effects)) as advancing:
                async for event in advancing:
                    yield event
        except TertuliaError as error:
            await asyncio.to_thread(self._note_failure, row, error)
            raise
        except BaseException as error:
            # Whatever ends the run, also Ctrl-C and a closed generator, its row must not go on saying "running".
            status: Status = "failed" if isinstance(error, Exception) else "interrupted"
            with suppress(StorageError):
                await self._update(row, status, detail=type(error).__name__)
            raise
        finally:
            await asyncio.gather(*(source.close() for source in effects.sources.values()), return_exceptions=True)

    async def _waits(self, row: Run) -> bool:
        """Whether there is nothing to do before a person replies: the run then waits since when it did."""
        if row.status != "awaiting_approval":
            return False
        async with self._graph() as graph:
            snapshot = await graph.aget_state(_config(row))
        _require_version(snapshot)
        return bool(snapshot.interrupts) and self._runs.load_reply(row.id, snapshot.interrupts[0].id) is None

    async def _advance(self, row: Run, effects: Effects) -> AsyncGenerator[Event, None]:
        ledger = await Ledger.open(SqliteLedgerStore(self._runs.path, row.id))
        slots = asyncio.Semaphore(self._concurrency)
        journal = UsageJournal(self._runs.path, row.id)
        root = prepare_tracing()
        trace = str(root) if root is not None and is_sampled(root) else ""
        config = _config(row, effects.engine.name, root)
        async with self._graph() as graph:
            snapshot = await graph.aget_state(config)
            yield self._started(row, effects, resumed=bool(snapshot.values), trace=trace)
            _require_version(snapshot)
            budget = await asyncio.to_thread(_budget, row.request, effects, snapshot, journal)
            context = Context(
                row.id,
                effects.engine,
                effects.sources,
                ledger,
                self._clock,
                slots,
                judge=effects.judge,
                budget=budget,
                seats=Seats(_proposed_panel(snapshot)),
            )
            for _ in range(_NUDGES):
                step_input = await self._next_input(graph, config, row, snapshot)
                if step_input is _WAIT:
                    break
                stream = graph.astream(
                    step_input, config, context=context, stream_mode="custom", subgraphs=True, durability="sync"
                )
                try:
                    async with aclosing(cast("AsyncGenerator[Any, None]", stream)) as chunks:
                        async for _, chunk in chunks:
                            yield event_from_dict(chunk)
                finally:
                    await asyncio.to_thread(self._note_usage, row, budget)
                snapshot = await graph.aget_state(config)
                if snapshot.interrupts or _outcome(snapshot):
                    break
            # In a thread, as every write here: a write that waits for another run of this process would keep the loop
            # from letting that one go on.
            await asyncio.to_thread(self._settle, row, snapshot, context)

    async def _next_input(self, graph: Graph, config: RunnableConfig, row: Run, snapshot: StateSnapshot) -> Any:
        """What to give the graph: the request, a person's reply, a second chance, or None to go on."""
        if not snapshot.values:
            return {name: row.request[name] for name in _INPUT if name in row.request}
        if snapshot.interrupts:
            reply = self._runs.load_reply(row.id, snapshot.interrupts[0].id)
            return _WAIT if reply is None else Command(resume=reply)
        if snapshot.values.get("failure"):
            # Going back to the approved panel sends out the interviews that are missing, and only those.
            await graph.aupdate_state(config, _AGAIN, as_node="review_panel")
        return None

    def _settle(self, row: Run, snapshot: StateSnapshot, context: Context) -> None:
        """Write down how far the run came; status in the table is the truth, `snapshot.next` is not.

        Raises:
            NoEvidenceError, EngineError: the run ended without a report.
        """
        values = cast("ReportState", snapshot.values)
        if snapshot.interrupts:
            self._runs.update(row.id, now=self._now(), status="awaiting_approval")
            return
        match _outcome(snapshot):
            case "done":
                # A kill between the last step and here loses the one that was made: it is made again.
                made = context.assembled or [assemble_report(values, context.ledger, row.id, context.budget.calls)]
                report = made[-1]
                self._runs.save_report(row.id, cast("dict[str, Any]", report))
                status: Status = "partial" if _is_partial(values) else "done"
                self._runs.update(row.id, now=self._now(), status=status, title=report["title"])
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

    async def _update(self, row: Run, status: Status, **fields: str) -> None:
        await asyncio.to_thread(self._runs.update, row.id, now=self._now(), status=status, **fields)

    def _note_usage(self, row: Run, budget: Budget) -> None:
        with suppress(StorageError):
            self._runs.save_usage(
                row.id,
                input_tokens=sum(call["input_tokens"] for call in budget.calls),
                output_tokens=sum(call["output_tokens"] for call in budget.calls),
                cost=total_cost(budget.calls),
            )

    def _note_failure(self, row: Run, error: TertuliaError) -> None:
        status: Status = "no_evidence" if isinstance(error, NoEvidenceError) else "failed"
        # Nothing can be noted in a database that is full or broken; a row that says "running" without a process
        # that holds its lock is known to be interrupted.
        with suppress(StorageError):
            self._runs.update(row.id, now=self._now(), status=status, detail=str(error))

    def _started(self, row: Run, effects: Effects, *, resumed: bool, trace: str) -> Event:
        return RunStarted(
            run=row.id,
            at=stamp(self._clock()),
            topic=row.topic,
            engine=effects.engine.name,
            language=row.request.get("language", ""),
            sources=list(effects.sources),
            resumed=resumed,
            trace=trace,
        )

    @asynccontextmanager
    async def _graph(self) -> AsyncIterator[Graph]:
        async with open_checkpointer(self._runs.path) as checkpointer:
            yield _report_graph().compile(checkpointer=checkpointer, name="report")

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


_WAIT: Final = object()
# The same for all runs: to build it takes longer than many a step.
_report_graph: Final = cache(build_graph)


def _proposed_panel(snapshot: StateSnapshot) -> Sequence[Analyst]:
    """A panel that was finished while interviews went on, and that no checkpoint has yet: a kill came before it."""
    results = [task.result or {} for task in snapshot.tasks if task.name == "propose_panel"]
    return next((result["panel"] for result in results if "panel" in result), [])


def _config(row: Run, engine: str = "", root: UUID | None = None) -> RunnableConfig:
    """The run's configuration: its thread, and what traces are searched by."""
    config: RunnableConfig = {
        "configurable": {"thread_id": row.id},
        "run_name": f"tertulia: {row.topic[:80] if content_is_traced() else row.id}",
        "tags": ["tertulia", f"engine:{engine}"] if content_is_traced() else ["tertulia"],
        "metadata": {
            "run": row.id,
            "thread_id": row.id,
            "topic": hashlib.sha256(row.topic.encode()).hexdigest()[:12],
            "engine": engine,
            "language": row.request.get("language", ""),
            "version": VERSION,
        },
    }
    if root is not None:
        config["run_id"] = root
    return config


def _outcome(snapshot: StateSnapshot) -> str:
    """ "" while there is something left to do; else done, cancelled, no_evidence, or why the run failed."""
    values = snapshot.values
    if values.get("report"):
        return "done"
    if values.get("decision") == "cancelled":
        return "cancelled"
    return str(values.get("failure", ""))


def _budget(request: Mapping[str, Any], effects: Effects, snapshot: StateSnapshot, journal: UsageJournal) -> Budget:
    """The run's budget, with all that it spent before. Quoting costs nothing, so it has no cap."""
    spent = journal.load()
    if not spent and snapshot.values.get("usage"):
        # A run of version 0.1.0 has its calls in its state only.
        spent = snapshot.values["usage"]
        journal.add(*spent)
    capped = not effects.engine.is_extractive
    return Budget(
        max_cost=request.get("max_cost") if capped else None,
        max_tokens=request.get("max_tokens") if capped else None,
        rates={**effects.engine.rates, "judge": getattr(effects.judge, "rate", None)},
        spent=spent,
        sections=sum(bool(held["section"]["text"]) for held in snapshot.values.get("interviews", {}).values()),
        record=journal.add,
    )


def _is_partial(values: ReportState) -> bool:
    if any(gap["what"].startswith(STAND_IN) for gap in values.get("gaps", [])):
        return True
    if any(held.get("unwritten") for held in values.get("interviews", {}).values()):
        return True
    lacks = not values.get("introduction") or not values.get("conclusion")
    if any(gap["reason"] == CAP_REACHED for gap in values.get("gaps", [])):
        return True
    return any(values.get("failed", {}).values()) or (lacks and any(g["what"] in _COMPOSED for g in values["gaps"]))


_COMPOSED: Final = {"introduction", "conclusion"}


def _require_version(snapshot: StateSnapshot) -> None:
    found = snapshot.values.get("schema_version", SCHEMA_VERSION)
    if found != SCHEMA_VERSION:
        raise UsageError(
            f"This run was started by another version of tertulia (state {found}; this one knows {SCHEMA_VERSION}).",
            hint="Finish it with the version that began it, or start it again.",
        )
