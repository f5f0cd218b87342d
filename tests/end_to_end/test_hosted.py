"""The graph as a server runs it, on one worker after another: what was spent is known to the next one."""

from __future__ import annotations

from typing import Any

import pytest
from command import TOPIC, World, world
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.runtime import ExecutionInfo, Runtime
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from tertulia.graph import hosted
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


async def another_worker() -> None:
    """Nothing that is in memory is there any more."""
    for context in hosted._kept.values():
        await Effects(context.engine, context.sources).close()
    hosted._kept.clear()
    hosted._living.clear()


async def test_the_cap_of_a_run_holds_on_whatever_worker_it_goes_on(monkeypatch):
    store, config = InMemoryStore(), {"configurable": {"thread_id": "t1"}}
    graph = build_graph().compile(checkpointer=InMemorySaver(), store=store)
    await another_worker()
    with world() as place:
        serve(place, monkeypatch, TERTULIA_MAX_TOKENS="12000")
        await graph.ainvoke({"topic": TOPIC, "size": 3, "turn_limit": 2}, config)
        await another_worker()

        node: Runtime[Any] = Runtime(store=store, execution_info=ExecutionInfo("", "", "", thread_id="t1"))
        context = await hosted.hosted_context(node)
        (panel,) = context.budget.calls
        assert context.budget.spent.tokens == panel["input_tokens"] + panel["output_tokens"] > 0

        state = await graph.ainvoke(Command(resume={"action": "approve"}), config)
        await another_worker()
        calls = (await hosted.hosted_context(node)).budget.calls
        await another_worker()
    assert state["report"]
    assert "cap reached" in {gap["reason"] for gap in all_gaps(state)}
    used = [call["input_tokens"] + call["output_tokens"] for call in calls]
    assert len(used) == len(place.model.asked)
    assert sum(used) <= 12_000 + max(used)
    # What the report says of it is all of it.
    assert f"calls: {len(used)}\ntokens: {sum(used)}\n" in state["report"]
