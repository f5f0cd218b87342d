"""The report graph as a server loads it (`langgraph.json`): compiled without a checkpointer, the server brings its own.

Everything a run needs comes from its input and the environment. Evidence and what the model calls used are kept in the
server's store when there is one; each invocation reads them there, so that a worker that goes on with a run, or comes
back to it, has what others added, and its cap. Two invocations of one thread at once (LangGraph's server
never runs two) would not see each other's calls. Where there is no store, evidence and calls last as long as
the context: the state has the usage of a run, but not where a worker takes up an interview.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, cast

from langgraph.runtime import RunControl, Runtime
from langgraph.store.base import BaseStore

from ..agents import open_engine, open_reviewer
from ..agents.budget import Budget
from ..agents.usage import Usage
from ..errors import UsageError
from ..evidence.documents import Document
from ..evidence.ledger import Ledger, LedgerStore
from ..evidence.passages import Passage
from ..settings import Settings, load_settings
from ..sources import default_names, open_sources
from .context import Context
from .effects import Effects
from .report import build_graph

# How many contexts an event loop keeps of runs that nobody works at, with their connections. With a store the next
# invocation builds its own; without one, a run whose context is dropped has lost its evidence.
KEPT_WITH_STORE: Final = 4
KEPT_WITHOUT_STORE: Final = 64
# Between two steps of a run nobody works at it for a moment; if it is left for longer, it waits or is over.
BETWEEN_STEPS: Final = 2.0

# The run and, with a store, its invocation: the id that it was given, if any, and what LangGraph makes for each one.
Key = tuple[str, str | None, RunControl | None]

graph = build_graph().compile(name="report")


@dataclass(slots=True, eq=False)
class _Kept:
    """A context, there or about to be, and the tasks that work with it."""

    building: asyncio.Task[Context]
    has_store: bool
    users: set[asyncio.Task[Any]] = field(default_factory=set)
    left_at: float = 0.0


class _Worker:
    """The contexts of one event loop. One that somebody works with is never dropped, whatever else comes."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Key, _Kept] = OrderedDict()
        self.closing: set[asyncio.Task[None]] = set()

    async def context(self, key: Key, store: BaseStore | None) -> Context:
        """The context of this key, built by who asks first; the task that asks works with it until it ends."""
        kept = self.kept.get(key)
        if kept is not None and kept.has_store and key[1:] == (None, None) and not kept.users:
            # It cannot be told whether it is still the same invocation.
            self._drop(key)
            kept = None
        if kept is None:
            kept = self.kept[key] = _Kept(asyncio.create_task(_build(key[0], store)), store is not None)
            kept.building.add_done_callback(partial(self._built, key))
        user = cast("asyncio.Task[Any]", asyncio.current_task())
        if user not in kept.users:
            kept.users.add(user)
            user.add_done_callback(partial(self._release, key, kept))
        # Shielded: when the first who asked is cancelled, the others still get it.
        return await asyncio.shield(kept.building)

    def _built(self, key: Key, building: asyncio.Task[Context]) -> None:
        """Forget one that could not be built (a missing key, say): it is tried again once that is mended."""
        kept = self.kept.get(key)
        if _failed(building) and kept is not None and kept.building is building:
            del self.kept[key]

    def _release(self, key: Key, kept: _Kept, user: asyncio.Task[Any]) -> None:
        kept.users.discard(user)
        if kept.users or self.kept.get(key) is not kept:
            return
        if kept.building.done() and not _failed(kept.building):
            # The finished report is in the state; nobody takes it from here.
            kept.building.result().assembled.clear()
        loop = asyncio.get_running_loop()
        self.kept.move_to_end(key)
        kept.left_at = loop.time()
        loop.call_later(BETWEEN_STEPS, self._thin_out, kept.has_store)

    def _thin_out(self, has_store: bool) -> None:
        """Drop those that were left first, beyond as many as are kept."""
        left = [key for key, kept in self.kept.items() if kept.has_store == has_store and not kept.users]
        until = asyncio.get_running_loop().time() - BETWEEN_STEPS
        for key in left[: -(KEPT_WITH_STORE if has_store else KEPT_WITHOUT_STORE)]:
            if self.kept[key].left_at <= until:
                self._drop(key)

    def _drop(self, key: Key) -> None:
        task = asyncio.create_task(_close(self.kept.pop(key)))
        self.closing.add(task)
        task.add_done_callback(self.closing.discard)


_workers: dict[asyncio.AbstractEventLoop, _Worker] = {}


async def hosted_context(runtime: Runtime[Context]) -> Context:
    """The context of the run that this node belongs to: with a store one for each invocation, else one for the run.

    It is kept while a node works with it, and then until some others were left later; what is not kept is closed.

    Raises:
        UsageError: it cannot be told to which run the node belongs.
    """
    key = _key_of(runtime)
    for loop in list(_workers):
        if loop.is_closed():
            # Nothing can be closed there any more: the connections end when they are forgotten.
            _workers.pop(loop, None)
    return await _workers.setdefault(asyncio.get_running_loop(), _Worker()).context(key, runtime.store)


def _key_of(runtime: Runtime[Context]) -> Key:
    """The thread, which a run shares with whatever goes on with it; else the run itself, which ends in one go.

    Raises:
        UsageError: there is neither, and two such runs would share their evidence and their cap.
    """
    info = runtime.execution_info
    run = (info.thread_id or info.run_id) if info is not None else None
    if info is None or not run:
        raise UsageError(
            "The graph was started without a thread and without the id of a run.",
            hint="Put a thread_id or a run_id into its configuration, or give it a Context.",
        )
    # Both: a server that tries a run again gives it the same id, and an invocation may have none.
    return (run, None, None) if runtime.store is None else (run, info.run_id, runtime.control)


def _failed(building: asyncio.Task[Context]) -> bool:
    return building.cancelled() or building.exception() is not None


async def _build(run: str, store: BaseStore | None) -> Context:
    # Read before anything is opened: what is open when this fails would stay so.
    ledger = Ledger() if store is None else await Ledger.open(StoreLedger(store, run))
    journal = None if store is None else StoreUsage(store, run)
    spent = [] if journal is None else await journal.load()
    settings = await asyncio.to_thread(load_settings)
    engine = await asyncio.to_thread(open_engine, settings)
    sources = await asyncio.to_thread(_sources, settings)
    judge = await asyncio.to_thread(open_reviewer, settings, settings.check_model) if settings.check_model else None
    budget = _budget(settings, Effects(engine, sources, judge), spent, journal)
    slots = asyncio.Semaphore(settings.concurrency)
    return Context(run, engine, sources, ledger, _now, slots, judge=judge, budget=budget)


async def _close(kept: _Kept) -> None:
    """Close what a context has open. A search whose step was stopped may still be under way: it ends first."""
    with suppress(Exception):  # one that could not be built has nothing open
        context = await kept.building
        context.weighing.stop()
        await context.searches.close()
        await Effects(context.engine, context.sources, context.judge).close()


def _budget(settings: Settings, effects: Effects, spent: Sequence[Usage], journal: StoreUsage | None) -> Budget:
    """The run's budget, with what it spent before. Quoting costs nothing, so it has no cap."""
    capped = not effects.engine.is_extractive
    return Budget(
        max_cost=settings.max_cost if capped else None,
        max_tokens=settings.max_tokens if capped else None,
        rates={**effects.engine.rates, "judge": getattr(effects.judge, "rate", None)},
        spent=spent,
        sections=len({call.get("analyst") for call in spent if call.get("node") == "write_section"}),
        record=None if journal is None else journal.add,
    )


def _sources(settings: Settings) -> dict[str, Any]:
    names = list(settings.sources) or default_names(settings)
    return dict(open_sources(settings, names, clock=_now, notify=logging.getLogger(__name__).warning))


def _now() -> datetime:
    return datetime.now(UTC)


class StoreUsage:
    """Keeps the model calls of one run in a LangGraph store, also those of steps that failed or were done twice."""

    def __init__(self, store: BaseStore, run: str) -> None:
        self._store = store
        self._calls = ("tertulia", run, "usage")
        self._adding: set[asyncio.Task[None]] = set()

    async def load(self) -> list[Usage]:
        """All calls so far."""
        return [cast("Usage", item.value) for item in await _all(self._store, self._calls)]

    async def add(self, call: Usage) -> None:
        """Note a call, also when whoever waits for that is stopped: it is paid.

        On the loop, not in a thread that waits for it: many stores do their work in the threads that the loop lends,
        and as many calls as there are threads would wait for each other for good.
        """
        adding = asyncio.create_task(self._store.aput(self._calls, uuid.uuid4().hex, dict(call), index=False))
        self._adding.add(adding)
        adding.add_done_callback(self._adding.discard)
        await asyncio.shield(adding)


class StoreLedger(LedgerStore):
    """Keeps the evidence of one run in a LangGraph store."""

    def __init__(self, store: BaseStore, run: str) -> None:
        self._store = store
        self._documents = ("tertulia", run, "documents")
        self._passages = ("tertulia", run, "passages")

    async def load(self) -> tuple[list[Document], list[Passage]]:
        """Everything kept so far for this run."""
        documents = [Document(**item.value) for item in await _all(self._store, self._documents)]
        passages = [Passage(**item.value) for item in await _all(self._store, self._passages)]
        return documents, passages

    async def save(self, documents: Sequence[Document], passages: Sequence[Passage]) -> None:
        """Keep these too."""
        await asyncio.gather(
            *(self._store.aput(self._documents, d.id, d.to_dict(), index=False) for d in documents),
            *(self._store.aput(self._passages, p.key, p.to_dict(), index=False) for p in passages),
        )


async def _all(store: BaseStore, namespace: tuple[str, ...], page: int = 500) -> list[Any]:
    items: list[Any] = []
    while batch := await store.asearch(namespace, limit=page, offset=len(items)):
        items.extend(batch)
    return items
