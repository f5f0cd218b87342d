"""The context of a run on a server: one for each run, kept while it is of use, and closed afterwards."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from langgraph.runtime import ExecutionInfo, Runtime
from scripted import ShelfSource

from tertulia.errors import UsageError
from tertulia.graph import hosted


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[ShelfSource]:
    """Every source that a context opens; one context is kept."""
    shelves: list[ShelfSource] = []
    hosted._kept.clear()

    def sources(_: Any) -> dict[str, ShelfSource]:
        shelves.append(ShelfSource("shelf", []))
        return {"shelf": shelves[-1]}

    monkeypatch.setattr(hosted, "_sources", sources)
    monkeypatch.setattr(hosted, "KEPT_CONTEXTS", 1)
    return shelves


def node_of(thread: str | None = None, run: str | None = None) -> Runtime[Any]:
    return Runtime(execution_info=ExecutionInfo("", "", "", thread_id=thread, run_id=run))


async def closed(shelf: ShelfSource) -> bool:
    """Whether a source is closed, once all that was to be done about it is done."""
    gc.collect()
    # The first turn of the loop begins to close what is forgotten.
    await asyncio.sleep(0)
    await asyncio.gather(*hosted._closing)
    return hasattr(shelf, "closed")


async def test_a_run_has_one_context_and_runs_without_a_thread_do_not_share_one(opened):
    nodes = [node_of("t1"), node_of("t1", "r1"), node_of(run="r1"), node_of(run="r2")]
    contexts = await asyncio.gather(*(hosted.hosted_context(node) for node in nodes))
    assert [context.run for context in contexts] == ["t1", "t1", "r1", "r2"]
    assert contexts[0] is contexts[1]
    assert len(opened) == 3


async def test_a_run_that_cannot_be_told_from_others_is_refused(opened):
    with pytest.raises(UsageError, match="without a thread") as refused:
        await hosted.hosted_context(node_of())
    assert "run_id" in refused.value.hint
    assert not opened


async def test_a_context_that_is_not_kept_is_closed_when_nobody_works_with_it(opened):
    """Until then its run goes on with it, and with what it has spent: there are no two of one run."""
    first = await hosted.hosted_context(node_of("t1"))
    await hosted.hosted_context(node_of("t2"))
    await hosted.hosted_context(node_of("t3"))
    assert await closed(opened[1])
    assert not await closed(opened[0])
    assert await hosted.hosted_context(node_of("t1")) is first
    assert await closed(opened[2])
    del first
    await hosted.hosted_context(node_of("t4"))
    assert await closed(opened[0])


async def test_a_context_that_could_not_be_built_is_tried_again(opened, monkeypatch):
    monkeypatch.setenv("TERTULIA_ANALYSTS", "many")
    with pytest.raises(UsageError):
        await hosted.hosted_context(node_of("t1"))
    monkeypatch.delenv("TERTULIA_ANALYSTS")
    assert (await hosted.hosted_context(node_of("t1"))).run == "t1"
