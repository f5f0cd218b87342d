"""The backend of one machine: the graph runs in this process, everything is kept in one SQLite file."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateSnapshot

from ..errors import TertuliaError, UsageError
from ..events import Event, RunStarted, StepDone, event_from_dict, stamp
from ..evidence.ledger import Ledger
from ..evidence.report import Report
from ..storage.ledger import SqliteLedgerStore
from ..storage.runs import FINISHED, Run, Runs, Status, new_run_id
from ..storage.usage import UsageJournal
from ..tracing import content_is_traced, is_sampled, prepare_tracing
from ..version import VERSION
from .ahead import Ahead
from .backend import Progress
from .bookkeeping import Bookkeeping, to_its_end
from .checkpoints import open_checkpointer
from .context import Context
from .effects import Effects, open_budget
from .report import build_graph
from .routing import missing_interviews
from .seats import Seats
from .standing import AGAIN, RETRIED, outcome_of, proposed_panel, require_version
from .state import ReportInput, ReportState

Graph = CompiledStateGraph[ReportState, Context, ReportInput, ReportState]

_INPUT: Final = ("topic", "language", "size", "turn_limit", "approve", "panel", "unsupported")
# A kill between two writes can leave a finished step unnoticed; asking the graph to go on once more finds it.
_NUDGES: Final = 3


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
        self._books = Bookkeeping(runs, clock)
        # Of runs that ask ahead, with what they were opened with: `events` goes on with what the last one left.
        self._kept: dict[str, tuple[Effects, Context, Ahead]] = {}
        self._unheard: dict[str, deque[dict[str, Any]]] = {}

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

    async def prepare(self, run: str) -> None:
        """Begin to ask what a panel that waits will ask first, in the background."""
        row = self._runs.get(run)
        if row.status != "awaiting_approval" or not _asks_ahead(row.request):
            return
        async with self._graph() as graph:
            snapshot = await graph.aget_state(_config(row))
        effects = await self._effects(row)
        try:
            await self._context(row, effects, snapshot)
        finally:
            if row.id not in self._kept:
                await effects.close()
        self._kept[row.id][2].begin([send.arg for send in missing_interviews(cast("ReportState", snapshot.values))])

    async def release(self, run: str) -> None:
        """Forget what was asked ahead and not used, note what it cost, and close what was kept for it."""
        if run not in self._kept:
            return
        effects, context, ahead = self._kept.pop(run)
        await ahead.close()
        await context.searches.close()
        await asyncio.to_thread(self._books.note_usage, run, context.budget)
        await effects.close()

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
            await graph.aupdate_state(_config(row), RETRIED, as_node="review_panel")
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
        effects = await self._effects(row)
        try:
            await to_its_end(self._update(row, "running", engine=effects.engine.name, detail=""))
            async with aclosing(self._advance(row, effects)) as advancing:
                async for event in advancing:
                    yield event
        except TertuliaError as error:
            await asyncio.to_thread(self._books.note_failure, row, error)
            raise
        except BaseException as error:
            await to_its_end(asyncio.to_thread(self._books.note_stop, row, error))
            raise
        finally:
            if row.id not in self._kept:
                await effects.close()

    def unheard(self, run: str) -> list[Event]:
        """What the steps had said when the reader of `events` left it, and nobody was told."""
        return list(_left_of(self._unheard.get(run, deque())))

    async def _waits(self, row: Run) -> bool:
        """Whether there is nothing to do before a person replies: the run then waits since when it did."""
        if row.status != "awaiting_approval":
            return False
        async with self._graph() as graph:
            snapshot = await graph.aget_state(_config(row))
        require_version(snapshot)
        return bool(snapshot.interrupts) and self._runs.load_reply(row.id, snapshot.interrupts[0].id) is None

    async def _advance(self, row: Run, effects: Effects) -> AsyncGenerator[Event, None]:
        root = prepare_tracing()
        trace = str(root) if root is not None and is_sampled(root) else ""
        config = _config(row, effects.engine.name, root)
        async with self._graph() as graph:
            snapshot = await graph.aget_state(config)
            yield self._started(row, effects, resumed=bool(snapshot.values), trace=trace)
            require_version(snapshot)
            async with self._opened(row, effects, snapshot) as context:
                for _ in range(_NUDGES):
                    step_input = await self._next_input(graph, config, row, snapshot)
                    if step_input is _WAIT:
                        break
                    stream = graph.astream(
                        step_input, config, context=context, stream_mode="custom", subgraphs=True, durability="sync"
                    )
                    try:
                        async with aclosing(_heard(stream, context.unheard)) as events:
                            async for event in events:
                                yield event
                    finally:
                        context.weighing.stop()
                        await asyncio.to_thread(self._books.note_usage, row.id, context.budget)
                    before, snapshot = snapshot, await graph.aget_state(config)
                    # Where a pass kept nothing, the next one would do, and pay, the same again.
                    if snapshot.interrupts or outcome_of(snapshot) or _place(snapshot) == _place(before):
                        break
                # In a thread: it takes long, and a write that waits for another run of this process would keep the loop
                # from letting that one go on.
                await to_its_end(asyncio.to_thread(self._books.settle, row, snapshot, context))

    async def _effects(self, row: Run) -> Effects:
        if row.id in self._kept:
            return self._kept[row.id][0]
        return await asyncio.to_thread(self._open_effects, row.id, row.request)

    @asynccontextmanager
    async def _opened(self, row: Run, effects: Effects, snapshot: StateSnapshot) -> AsyncIterator[Context]:
        """The context; unless it is kept, its searches end before the sources are closed.

        What is under way would go on with a source that is closed, or open it again.
        """
        context = await self._context(row, effects, snapshot)
        self._unheard[row.id] = context.unheard
        try:
            yield context
        finally:
            if row.id not in self._kept:
                await context.searches.close()

    async def _context(self, row: Run, effects: Effects, snapshot: StateSnapshot) -> Context:
        if row.id in self._kept:
            _, context, ahead = self._kept[row.id]
            ahead.stop()
            context.searches.rouse()
            return context
        journal = UsageJournal(self._runs.path, row.id)
        context = Context(
            row.id,
            effects.engine,
            effects.sources,
            await Ledger.open(SqliteLedgerStore(self._runs.path, row.id)),
            self._clock,
            asyncio.Semaphore(self._concurrency),
            judge=effects.judge,
            budget=await asyncio.to_thread(open_budget, row.request, effects, snapshot, journal),
            seats=Seats(proposed_panel(snapshot)),
            unheard=deque(),
        )
        if _asks_ahead(row.request):
            ahead = Ahead(context)
            context = replace(context, ahead=ahead)
            self._kept[row.id] = effects, context, ahead
        return context

    async def _next_input(self, graph: Graph, config: RunnableConfig, row: Run, snapshot: StateSnapshot) -> Any:
        """What to give the graph: the request, a person's reply, a second chance, or None to go on."""
        if not snapshot.values:
            return {name: row.request[name] for name in _INPUT if name in row.request}
        if snapshot.interrupts:
            reply = self._runs.load_reply(row.id, snapshot.interrupts[0].id)
            return _WAIT if reply is None else Command(resume=reply)
        if snapshot.values.get("failure"):
            # Going back to the approved panel sends out the interviews that are missing, and only those.
            await graph.aupdate_state(config, AGAIN, as_node="review_panel")
        return None

    async def _update(self, row: Run, status: Status, **fields: str) -> None:
        await asyncio.to_thread(self._runs.update, row.id, now=self._now(), status=status, **fields)

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
            yield _report_graph().copy({"checkpointer": checkpointer})

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


async def _heard(stream: AsyncIterator[Any], unheard: deque[dict[str, Any]]) -> AsyncGenerator[Event, None]:
    """What the steps say, as it is passed on, and when they are stopped, what they had said by then.

    Else a step could be done, and kept as done, of which nobody was told.
    """
    try:
        async with aclosing(cast("AsyncGenerator[Any, None]", stream)) as chunks:
            async for _, said in chunks:
                unheard.remove(said)
                yield event_from_dict(said)
    except (Exception, asyncio.CancelledError):
        for event in _left_of(unheard):
            yield event
        raise


def _left_of(unheard: deque[dict[str, Any]]) -> Iterator[Event]:
    """Takes out what is left, but for the end of steps that were stopped, which is none."""
    while unheard:
        said = unheard.popleft()
        if not (said["type"] == StepDone.type and said["failed"]):
            yield event_from_dict(said)


_WAIT: Final = object()


def _place(snapshot: StateSnapshot) -> Any:
    """Which checkpoint a snapshot is of; None before the first."""
    return snapshot.config["configurable"].get("checkpoint_id")


@cache
def _report_graph() -> Graph:
    """The same for all runs: to build and compile it takes longer than many a step."""
    return build_graph().compile(name="report")


def _asks_ahead(request: Mapping[str, Any]) -> bool:
    """Whether questions are asked ahead. A cap is held by setting whole interviews aside: then they are not."""
    capped = request.get("max_cost") is not None or request.get("max_tokens") is not None
    return bool(request.get("eager")) and not request.get("approve") and not capped


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
