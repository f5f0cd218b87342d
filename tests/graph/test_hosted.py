"""The context of a run on a server: read from the store for each invocation, kept while of use, closed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.runtime import ExecutionInfo, RunControl, Runtime
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command
from scripted import ScriptedEngine, ShelfSource, clock

from tertulia.agents.spending import paid_call, spending
from tertulia.agents.usage import Usage
from tertulia.errors import UsageError
from tertulia.evidence.documents import Document, make_document
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.graph import hosted
from tertulia.graph.context import Context
from tertulia.graph.report import build_graph
from tertulia.sources.base import Query

USED: Usage = {"role": "writer", "model": "openai:x", "input_tokens": 700, "output_tokens": 50}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[ShelfSource]:
    """Every source that a context opens; one context is kept of runs that nobody works at."""
    shelves: list[ShelfSource] = []

    def sources(_: Any) -> dict[str, ShelfSource]:
        shelves.append(ShelfSource("shelf", []))
        return {"shelf": shelves[-1]}

    monkeypatch.setattr(hosted, "_workers", {})
    monkeypatch.setattr(hosted, "_sources", sources)
    monkeypatch.setattr(hosted, "KEPT_WITH_STORE", 1)
    monkeypatch.setattr(hosted, "KEPT_WITHOUT_STORE", 1)
    monkeypatch.setattr(hosted, "BETWEEN_STEPS", 0)
    return shelves


def node_of(
    thread: str | None = None,
    run: str | None = None,
    *,
    store: BaseStore | None = None,
    invocation: RunControl | None = None,
) -> Runtime[Any]:
    info = ExecutionInfo("", "", "", thread_id=thread, run_id=run)
    return Runtime(store=store, execution_info=info, control=invocation)


async def work(node: Runtime[Any]) -> Context:
    """A node that asks for its context and is done: each is a task of its own, as in LangGraph."""
    context = await asyncio.create_task(hosted.hosted_context(node))
    await settle()
    return context


@asynccontextmanager
async def working(node: Runtime[Any]) -> AsyncIterator[Context]:
    """A node at work."""
    asked: asyncio.Future[Context] = asyncio.get_running_loop().create_future()
    end = asyncio.Event()

    async def run() -> None:
        asked.set_result(await hosted.hosted_context(node))
        await end.wait()

    task = asyncio.create_task(run())
    yield await asked
    end.set()
    await task
    await settle()


async def settle() -> None:
    """Let all that was to be closed be closed."""
    await asyncio.sleep(0.001)
    for worker in hosted._workers.values():
        await asyncio.gather(*worker.closing)


def closed(shelves: Sequence[ShelfSource]) -> list[int]:
    return [number for number, shelf in enumerate(shelves) if hasattr(shelf, "closed")]


def excerpt_of(text: str) -> Excerpt:
    document = make_document(
        url="a.md", title="A", source="shelf", kind="md", text=text, retrieved_at=clock().isoformat(), language="en"
    )
    return Excerpt(split_passages(document)[0], document)


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


@pytest.mark.parametrize("store", [None, InMemoryStore()])
async def test_a_context_is_kept_while_somebody_works_with_it_and_closed_when_others_have_come(opened, store):
    """Until then its run goes on with it, and with what it has spent: there are no two of one run."""
    invocation = RunControl()
    async with working(node_of("t1", store=store, invocation=invocation)) as first:
        for thread in ("t2", "t3", "t4"):
            await work(node_of(thread, store=store, invocation=RunControl()))
        assert closed(opened) == [1, 2]
        assert await work(node_of("t1", store=store, invocation=invocation)) is first
    assert closed(opened) == [1, 2, 3]
    assert await work(node_of("t1", store=store, invocation=invocation)) is first
    await work(node_of("t5", store=store, invocation=RunControl()))
    assert closed(opened) == [0, 1, 2, 3]


async def test_a_context_is_not_dropped_between_two_steps_of_its_run(opened, monkeypatch):
    monkeypatch.setattr(hosted, "BETWEEN_STEPS", 0.2)
    invocations = {f"t{number}": RunControl() for number in range(3)}
    store = InMemoryStore()
    for _ in range(2):
        for thread, invocation in invocations.items():
            await work(node_of(thread, store=store, invocation=invocation))
    assert (len(opened), closed(opened)) == (3, [])
    async with asyncio.timeout(10):
        while len(closed(opened)) < 2:  # noqa: ASYNC110 - nobody says when
            await asyncio.sleep(0.02)
    assert closed(opened) == [0, 1]


async def test_a_search_ends_before_its_source_is_closed(opened, monkeypatch):
    ended: list[str] = []

    async def search(_: ShelfSource, query: Query) -> list[Document]:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(query.text)
        return []

    monkeypatch.setattr(ShelfSource, "search", search)
    async with working(node_of("t1")) as context:
        stopped = asyncio.create_task(context.searches.search(opened[0], Query("tides", "en", 6)))
        await asyncio.sleep(0)
        stopped.cancel()
    await work(node_of("t2"))
    assert (closed(opened), ended) == ([0], ["tides"])


async def test_a_context_that_could_not_be_built_is_tried_again(opened, monkeypatch):
    monkeypatch.setenv("TERTULIA_ANALYSTS", "many")
    with pytest.raises(UsageError):
        await hosted.hosted_context(node_of("t1"))
    monkeypatch.delenv("TERTULIA_ANALYSTS")
    assert (await hosted.hosted_context(node_of("t1"))).run == "t1"


@pytest.mark.parametrize("run_id", [None, "r1"])
async def test_each_invocation_reads_what_other_workers_added(opened, run_id):
    """Also one with the id of an earlier one: a server tries a run again."""
    store, first = InMemoryStore(), RunControl()
    before = await work(node_of("t1", run_id, store=store, invocation=first))
    excerpt = excerpt_of("The mill was built in 1132.")
    await hosted.StoreLedger(store, "t1").save([excerpt.document], [excerpt.passage])
    await hosted.StoreUsage(store, "t1").add(USED)
    assert await work(node_of("t1", run_id, store=store, invocation=first)) is before

    after = await work(node_of("t1", run_id, store=store, invocation=RunControl()))
    assert (before.ledger.passages(), after.ledger.passages()) == ([], [excerpt.passage])
    assert (before.budget.spent.tokens, after.budget.spent.tokens) == (0, 750)


async def test_an_invocation_that_cannot_be_told_reads_the_store_again_when_nobody_works(opened):
    store = InMemoryStore()
    async with working(node_of("t1", store=store)) as first:
        assert await work(node_of("t1", store=store)) is first
    await hosted.StoreUsage(store, "t1").add(USED)
    assert (await work(node_of("t1", store=store))).budget.calls == [USED]
    assert closed(opened) == [0]


def test_contexts_of_a_loop_that_is_closed_are_forgotten(opened):
    for thread in ("t1", "t2", "t3"):
        asyncio.run(work(node_of(thread)))
    assert len(hosted._workers) == 1


class SlowStore(InMemoryStore):
    """Writes when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def abatch(self, ops: Any) -> Any:
        await self.let.wait()
        return await super().abatch(ops)


async def test_a_call_is_noted_before_its_reply_is_used_and_also_when_its_step_is_stopped(opened):
    store = SlowStore()
    store.let.set()
    context = await work(node_of("t1", store=store))
    store.let.clear()
    replies: list[str] = []

    async def ask() -> None:
        with spending(context.budget, "answer", analyst="a1", turn=1):
            async with paid_call("expert", "openai:x", None, "prompt") as call:
                call.settle({"input_tokens": 10, "output_tokens": 5}, "reply")
            replies.append("reply")

    asked, stopped = asyncio.create_task(ask()), asyncio.create_task(ask())
    await asyncio.sleep(0.01)
    stopped.cancel()
    await asyncio.gather(stopped, return_exceptions=True)
    assert replies == []
    store.let.set()
    await asked
    await asyncio.sleep(0.01)
    assert replies == ["reply"]
    assert len(store.search(("tertulia", "t1", "usage"))) == 2


class LentThreads(InMemoryStore):
    """As many stores of databases: what the loop waits for is done in a thread that the loop lends."""

    async def abatch(self, ops: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, self.batch, ops)


async def test_a_store_that_works_in_the_loops_threads_gets_one(opened):
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    store = LentThreads()
    context = await work(node_of("t1", store=store))

    async def ask() -> None:
        with spending(context.budget, "answer", analyst="a1", turn=1):
            async with paid_call("expert", "openai:x", None, "prompt") as call:
                call.settle({"input_tokens": 10, "output_tokens": 5}, "reply")

    async with asyncio.timeout(10):
        await asyncio.gather(*(ask() for _ in range(4)))
    assert len(context.budget.calls) == 4
    assert [item.value["output_tokens"] for item in store.search(("tertulia", "t1", "usage"), limit=9)] == [5] * 4


class Oracle(ShelfSource):
    """Has another document for each query."""

    async def search(self, query: Query) -> list[Document]:
        text = f"# {query.text}\n\nThe {query.text} is an open fact about open data in Spain.\n"
        return [excerpt_of(text).document]


async def test_a_worker_that_comes_back_to_a_run_has_the_evidence_of_others(monkeypatch):
    """One worker proposes, another holds the interviews and dies in the last, the first goes on."""
    stuck, written = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        stuck.set()
        await asyncio.sleep(60)

    def before(role: str, brief: Any) -> Any:
        if role == "section":
            written.set()
        return hang() if role == "answer" and brief.analyst["id"] == "a2" and not stuck.is_set() else None

    monkeypatch.setattr(hosted, "_sources", lambda _: {"shelf": Oracle("shelf", [])})
    monkeypatch.setattr(hosted, "open_engine", lambda _: ScriptedEngine(before).engine())
    store, config = InMemoryStore(), {"configurable": {"thread_id": "t1"}}
    graph = build_graph().compile(checkpointer=InMemorySaver(), store=store)
    here: dict[Any, Any] = {}
    monkeypatch.setattr(hosted, "_workers", here)
    await graph.ainvoke({"topic": "open data", "size": 2, "turn_limit": 1}, config)
    monkeypatch.setattr(hosted, "_workers", {})
    killed = asyncio.create_task(graph.ainvoke(Command(resume={"action": "approve"}), config))
    await asyncio.gather(stuck.wait(), written.wait())
    await asyncio.sleep(0.1)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)

    monkeypatch.setattr(hosted, "_workers", here)
    state = await graph.ainvoke(None, config)
    assert [bool(section["text"]) for section in state["sections"]] == [True, True]
    kept = {item.key for item in store.search(("tertulia", "t1", "passages"), limit=100)}
    known = next(reversed(here[asyncio.get_running_loop()].kept.values())).building.result().ledger.passages()
    assert {passage.key for passage in known} == kept
