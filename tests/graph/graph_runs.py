"""A run of the real graph with a scripted engine and shelves for sources, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scripted import ScriptedEngine, ShelfSource, clock

from tertulia.evidence.ledger import Ledger
from tertulia.graph.context import Context
from tertulia.graph.report import build_graph
from tertulia.graph.seats import Seats
from tertulia.graph.serializer import strict_serializer


class Held:
    """One run: start it, reply to its review, look at its state."""

    def __init__(self, engine: ScriptedEngine, sources: Sequence[ShelfSource], slots: int = 8) -> None:
        self.engine = engine
        self.sources = list(sources)
        self.ledger = Ledger()
        self.events: list[dict[str, Any]] = []
        self.graph = build_graph().compile(checkpointer=InMemorySaver(serde=strict_serializer()))
        self.config: Any = {"configurable": {"thread_id": "run1"}}
        self._slots = slots
        self.judge: Any = None
        self.seats: Seats | None = None
        self.context: Context | None = None
        self._engine_name = "scripted:1"

    async def start(self, *, engine: str = "scripted:1", **request: Any) -> Mapping[str, Any]:
        self._engine_name = engine
        return await self.go(request)

    async def reply(self, reply: Any) -> Mapping[str, Any]:
        return await self.go(Command(resume=reply))

    async def go(self, given: Any) -> Mapping[str, Any]:
        self.context = Context(
            run="run1",
            engine=self.engine.engine(self._engine_name),
            sources={source.name: source for source in self.sources},
            ledger=self.ledger,
            clock=clock,
            slots=asyncio.Semaphore(self._slots),
            judge=self.judge,
            seats=self.seats,
        )
        async for _, event in self.graph.astream(
            given, self.config, context=self.context, stream_mode="custom", subgraphs=True
        ):
            self.events.append(event)
        self.snapshot = await self.graph.aget_state(self.config)
        return dict(self.snapshot.values)

    def review(self) -> Mapping[str, Any]:
        (interrupt,) = self.snapshot.interrupts
        return interrupt.value


def held_run(
    texts: Sequence[str],
    *more: ShelfSource,
    before: Callable[[str, Any], Any] | None = None,
    slots: int = 8,
) -> Held:
    """A run over one shelf of texts, and more sources if given."""
    return Held(ScriptedEngine(before), [ShelfSource("shelf", texts), *more], slots)
