"""The report graph as a server loads it (`langgraph.json`): compiled without a checkpointer, the server brings its own.

Everything a run needs comes from its input and the environment. Evidence is kept in the server's store when there is
one, so that another worker can go on with the run.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore

from ..agents import open_engine, open_reviewer
from ..agents.budget import Budget
from ..evidence.documents import Document
from ..evidence.ledger import Ledger, LedgerStore
from ..evidence.passages import Passage
from ..settings import Settings, load_settings
from ..sources import default_names, open_sources
from .context import Context
from .report import build_graph

KEPT_CONTEXTS: Final = 64

graph = build_graph().compile(name="report")

_contexts: OrderedDict[tuple[str, int], asyncio.Task[Context]] = OrderedDict()


async def hosted_context(runtime: Runtime[Context]) -> Context:
    """The context of the run that this node belongs to, built once per run and event loop."""
    info = runtime.execution_info
    run = (info.thread_id if info is not None else None) or "local"
    key = (run, id(asyncio.get_running_loop()))
    if key not in _contexts:
        _contexts[key] = asyncio.create_task(_build(run, runtime.store))
        while len(_contexts) > KEPT_CONTEXTS:
            _contexts.popitem(last=False)
    _contexts.move_to_end(key)
    try:
        return await asyncio.shield(_contexts[key])
    except Exception:
        # A context that could not be built (a missing key, say) is tried again once that is mended.
        _contexts.pop(key, None)
        raise


async def _build(run: str, store: BaseStore | None) -> Context:
    settings = await asyncio.to_thread(load_settings)
    engine = await asyncio.to_thread(open_engine, settings)
    sources = await asyncio.to_thread(_sources, settings)
    ledger = Ledger() if store is None else await Ledger.open(StoreLedger(store, run))
    judge = await asyncio.to_thread(open_reviewer, settings, settings.check_model) if settings.check_model else None
    capped = not engine.is_extractive
    budget = Budget(
        max_cost=settings.max_cost if capped else None,
        max_tokens=settings.max_tokens if capped else None,
        rates=engine.rates,
    )
    slots = asyncio.Semaphore(settings.concurrency)
    return Context(run, engine, sources, ledger, _now, slots, judge=judge, budget=budget)


def _sources(settings: Settings) -> dict[str, Any]:
    names = list(settings.sources) or default_names(settings)
    return dict(open_sources(settings, names, clock=_now, notify=logging.getLogger(__name__).warning))


def _now() -> datetime:
    return datetime.now(UTC)


class StoreLedger(LedgerStore):
    """Keeps the evidence of one run in a LangGraph store."""

    def __init__(self, store: BaseStore, run: str) -> None:
        self._store = store
        self._documents = ("tertulia", run, "documents")
        self._passages = ("tertulia", run, "passages")

    async def load(self) -> tuple[list[Document], list[Passage]]:
        """Everything kept so far for this run."""
        documents = [Document(**item.value) for item in await self._all(self._documents)]
        passages = [Passage(**item.value) for item in await self._all(self._passages)]
        return documents, passages

    async def save(self, documents: Sequence[Document], passages: Sequence[Passage]) -> None:
        """Keep these too."""
        await asyncio.gather(
            *(self._store.aput(self._documents, d.id, d.to_dict(), index=False) for d in documents),
            *(self._store.aput(self._passages, p.key, p.to_dict(), index=False) for p in passages),
        )

    async def _all(self, namespace: tuple[str, ...], page: int = 500) -> list[Any]:
        items: list[Any] = []
        while batch := await self._store.asearch(namespace, limit=page, offset=len(items)):
            items.extend(batch)
        return items
