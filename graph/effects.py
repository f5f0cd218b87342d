"""What a run touches outside of the graph, and the context that is made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.types import StateSnapshot

from ..agents.budget import Budget
from ..agents.roles import Engine, Reviewer
from ..sources.base import Source
from ..storage.usage import UsageJournal


@dataclass(frozen=True, slots=True)
class Effects:
    """Opened when a run advances, closed when it pauses or ends."""

    engine: Engine
    sources: Mapping[str, Source]
    judge: Reviewer | None = None

    async def close(self) -> None:
        """Close every source and the connections to models, whatever any of them says."""
        closing = [source.close() for source in self.sources.values()] + [self.engine.close()]
        if self.judge is not None:
            closing.append(self.judge.close())
        await asyncio.gather(*closing, return_exceptions=True)


def open_budget(request: Mapping[str, Any], effects: Effects, snapshot: StateSnapshot, journal: UsageJournal) -> Budget:
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
        record=journal.note,
    )
