"""The graph as a server runs it, on one worker after another: what was spent is known to the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from command import TOPIC, World, world
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from tertulia.graph import hosted
from tertulia.graph.context import Context
from tertulia.graph.effects import Effects
from tertulia.graph.gaps import all_gaps
from tertulia.graph.report import build_graph


def serve(place: World, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    """Lead a server's environment to a model, a web and a wiki."""
    settings = {
        **place.environment,
        "TERTULIA_MODEL": "openai:x",
        "TERTULIA_BASE_URL": place.model.base_url,
        "TERTULIA_SOURCES": "web,wikipedia",
        **more,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


class Worker:
    """A worker of a server: what it has in memory, no other has."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._use = monkeypatch
        self._memory: dict[Any, Any] = {}

    async def does(self, work: Awaitable[Any]) -> Any:
        self._use.setattr(hosted, "_workers", self._memory)
        return await work

    @property
    def contexts(self) -> list[Context]:
        """The contexts that it keeps."""
        return [kept.building.result() for worker in self._memory.values() for kept in worker.kept.values()]

    async def close(self) -> None:
        for context in self.contexts:
            await Effects(context.engine, context.sources).close()


def tokens(call: Mapping[str, Any]) -> int:
    return int(call["input_tokens"] + call["output_tokens"])


async def test_the_cap_of_a_run_holds_on_whatever_worker_it_goes_on(monkeypatch):
    """One proposes, another hears feedback and proposes anew, and the first goes on with the interviews."""
    store, config = InMemoryStore(), {"configurable": {"thread_id": "t1"}}
    graph = build_graph().compile(checkpointer=InMemorySaver(), store=store)
    one, other = Worker(monkeypatch), Worker(monkeypatch)
    with world() as place:
        serve(place, monkeypatch, TERTULIA_MAX_TOKENS="16000")
        await one.does(graph.ainvoke({"topic": TOPIC, "size": 3, "turn_limit": 3}, config))
        for number in range(6):
            revise = {"action": "revise", "feedback": f"more on barley {number}"}
            await other.does(graph.ainvoke(Command(resume=revise), config))
        state = await one.does(graph.ainvoke(Command(resume={"action": "approve"}), config))
        calls = [item.value for item in store.search(("tertulia", "t1", "usage"), limit=1_000)]
        await one.close()
        await other.close()
    assert state["report"]
    assert "cap reached" in {gap["reason"] for gap in all_gaps(state)}
    used = [tokens(call) for call in calls]
    assert len(used) == len(place.model.asked)
    assert sum(used) <= 16_000 + max(used)
    # What the report says of it is all of it.
    assert f"calls: {len(used)}\ntokens: {sum(used)}\n" in state["report"]


def open_descriptors() -> int:
    """How many this process has, with both ends of each connection; 0 where the system does not say."""
    table = Path("/proc/self/fd")
    return len(list(table.iterdir())) if table.exists() else 0


async def until(happened: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that must happen soon."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 - nobody says when
            await asyncio.sleep(0.02)


async def test_what_runs_have_open_does_not_grow_with_their_number(monkeypatch):
    graph = build_graph().compile(checkpointer=InMemorySaver(), store=InMemoryStore())
    monkeypatch.setattr(hosted, "BETWEEN_STEPS", 0)
    worker = Worker(monkeypatch)
    half = 0
    with world() as place:
        serve(place, monkeypatch)
        for number in range(12):
            request = {"topic": TOPIC, "size": 3, "turn_limit": 1, "approve": True}
            config = {"configurable": {"thread_id": f"t{number}"}}
            state = await worker.does(graph.ainvoke(request, config))
            assert state["report"]
            half = half or (await asyncio.to_thread(open_descriptors) if number == 5 else 0)
        # What is closed is closed in the background, and the servers of the tests hear of it a little later.
        await until(lambda: len(worker.contexts) == hosted.KEPT_WITH_STORE)
        await until(lambda: open_descriptors() <= half + 10)
        # Nobody takes the reports out of them.
        assert not any(context.assembled for context in worker.contexts)
        await worker.close()
