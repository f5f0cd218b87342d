"""The report graph as a server loads it (`langgraph.json`): compiled without a checkpointer, the server brings its own.

Everything a run needs comes from its input and the environment. Evidence and what the model calls used are kept in the
server's store when there is one, so that another worker can go on with the run, and with its cap. Where there is none,
both last as long as the context: the state has the usage of a run, but not where a worker takes up an interview.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, cast

from langgraph.runtime import Runtime
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

KEPT_CONTEXTS: Final = 64

Key = tuple[str, int]

graph = build_graph().compile(name="report")

_building: dict[Key, asyncio.Task[Context]] = {}
# Those that somebody works with, also when they are not kept any more: a run never has two.
_living: weakref.WeakValueDictionary[Key, Context] = weakref.WeakValueDictionary()
_kept: OrderedDict[Key, Context] = OrderedDict()
_closing: set[asyncio.Task[None]] = set()


async def hosted_context(runtime: Runtime[Context]) -> Context:
    """The context of the run that this node belongs to, built once per run and event loop.

    The latest are kept; of any other the sources are closed when its last step is done.

    Raises:
        UsageError: it cannot be told to which run the node belongs.
    """
    key = (_run_of(runtime), id(asyncio.get_running_loop()))
    context = _living.get(key)
    if context is None:
        if key not in _building:
            _building[key] = asyncio.create_task(_build_once(key, runtime.store))
        # Shielded: when the first who asked is cancelled, the others still get it.
        context = await asyncio.shield(_building[key])
    _kept[key] = context
    _kept.move_to_end(key)
    while len(_kept) > KEPT_CONTEXTS:
        _kept.popitem(last=False)
    return context


def _run_of(runtime: Runtime[Context]) -> str:
    """The thread, which a run shares with whatever goes on with it; else the run itself, which ends in one go.

    Raises:
        UsageError: there is neither, and two such runs would share their evidence and their cap.
    """
    info = runtime.execution_info
    run = (info.thread_id or info.run_id) if info is not None else None
    if not run:
        raise UsageError(
            "The graph was started without a thread and without the id of a run.",
            hint="Put a thread_id or a run_id into its configuration, or give it a Context.",
        )
    return run


async def _build_once(key: Key, store: BaseStore | None) -> Context:
    try:
        context = await _build(key[0], store)
        _living[key] = context
    finally:
        # Also one that could not be built (a missing key, say): it is tried again once that is mended.
        del _building[key]
    return context


async def _build(run: str, store: BaseStore | None) -> Context:
    settings = await asyncio.to_thread(load_settings)
    engine = await asyncio.to_thread(open_engine, settings)
    sources = await asyncio.to_thread(_sources, settings)
    ledger = Ledger() if store is None else await Ledger.open(StoreLedger(store, run))
    judge = await asyncio.to_thread(open_reviewer, settings, settings.check_model) if settings.check_model else None
    effects = Effects(engine, sources, judge)
    budget = await _budget(settings, effects, None if store is None else StoreUsage(store, run))
    slots = asyncio.Semaphore(settings.concurrency)
    context = Context(run, engine, sources, ledger, _now, slots, judge=judge, budget=budget)
    # A search that is under way has the context in its surroundings: it ends before its source is closed.
    closing = weakref.finalize(context, _close_later, asyncio.get_running_loop(), effects)
    closing.atexit = False
    return context


async def _budget(settings: Settings, effects: Effects, journal: StoreUsage | None) -> Budget:
    """The run's budget, with what it spent before. Quoting costs nothing, so it has no cap."""
    capped = not effects.engine.is_extractive
    spent = [] if journal is None else await journal.load()
    return Budget(
        max_cost=settings.max_cost if capped else None,
        max_tokens=settings.max_tokens if capped else None,
        rates={**effects.engine.rates, "judge": getattr(effects.judge, "rate", None)},
        spent=spent,
        sections=len({call.get("analyst") for call in spent if call.get("node") == "write_section"}),
        record=None if journal is None else journal.add,
    )


def _close_later(loop: asyncio.AbstractEventLoop, effects: Effects) -> None:
    """Close what a context had open, on its own loop: whoever forgets the context last may be in another thread."""

    def begin() -> None:
        task = loop.create_task(effects.close())
        _closing.add(task)
        task.add_done_callback(_closing.discard)

    with suppress(RuntimeError):  # the loop is closed, and with it every connection
        loop.call_soon_threadsafe(begin)


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
