"""Interviews that begin while the panel is still being written, where nobody has to approve it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from graph_runs import Held
from scripted import ScriptedEngine, ShelfSource

from tertulia.agents.budget import Budget
from tertulia.agents.roles import Analyst, Engine, PanelBrief, Seat
from tertulia.errors import EngineUnavailableError
from tertulia.graph.seats import Seats
from tertulia.graph.standing import AGAIN, proposed_panel

TEXTS = ["Bees live on roofs. The city counted 140 hives in 2025.", "Hives need water. A hive costs 200 euros."]


class StreamingEngine(ScriptedEngine):
    """Proposes its panel analyst by analyst. `between` is awaited after each, with the number of those seated."""

    def __init__(self, between: Callable[[int], Any], before: Callable[[str, Any], Any] | None = None) -> None:
        super().__init__(before)
        self._between = between

    def engine(self, name: str = "scripted:1") -> Engine:
        return replace(super().engine(name), stream_panel=self.stream_panel)

    async def stream_panel(self, brief: PanelBrief, seat: Seat) -> list[Analyst]:
        panel = await self.propose_panel(brief)
        for number, analyst in enumerate(panel, 1):
            seat(analyst, [one["role"] for one in panel])
            await self._between(number)
        return panel


def held_run(engine: ScriptedEngine, seats: Seats | None = None) -> Held:
    run = Held(engine, [ShelfSource("shelf", TEXTS)])
    run.seats = seats or Seats()
    return run


async def at_once(_: int) -> None:
    return None


async def test_an_interview_begins_when_its_analyst_is_known():
    """The whole interview of the first analyst is held before the second one is written."""
    over = asyncio.Event()

    async def between(seated: int) -> None:
        if seated == 1:
            async with asyncio.timeout(20):
                await over.wait()

    def before(role: str, brief: Any) -> None:
        if role == "section":
            over.set()

    run = held_run(StreamingEngine(between, before))
    state = await run.start(topic="open data", size=3, turn_limit=1, approve=True)
    assert [section["analyst"] for section in state["sections"]] == ["a1", "a2", "a3"]
    assert [analyst["name"] for analyst in state["panel"]] == ["Person 1", "Person 2", "Person 3"]
    assert len(run.engine.calls("panel")) == 1
    assert len(run.engine.calls("section")) == 3
    told = [event["type"] for event in run.events]
    assert told.index("section_written") < told.index("panel_proposed") < told.index("panel_approved")
    assert told.count("panel_approved") == 1
    started = [event for event in run.events if event["type"] == "interview_started"]
    assert {event["analyst"]: event["persona"]["role"] for event in started} == {
        f"a{n}": f"Role {n} v1" for n in (1, 2, 3)
    }


async def test_each_analyst_knows_what_the_others_cover_from_the_first_question_on():
    """The roles of all are known with the first seat; nothing depends on who was written by then."""
    run = held_run(StreamingEngine(at_once))
    await run.start(topic="open data", size=3, turn_limit=1, approve=True)
    for brief in (*run.engine.calls("question"), *run.engine.calls("section")):
        assert [analyst["role"] for analyst in brief.panel] == ["Role 1 v1", "Role 2 v1", "Role 3 v1"]
        assert brief.panel[int(brief.analyst["id"][1:]) - 1] == brief.analyst


async def test_the_report_is_the_one_that_a_whole_panel_gives():
    whole = Held(ScriptedEngine(), [ShelfSource("shelf", TEXTS)])
    expected = await whole.start(topic="open data", size=3, turn_limit=2, approve=True)
    run = held_run(StreamingEngine(at_once))
    assert (await run.start(topic="open data", size=3, turn_limit=2, approve=True))["report"] == expected["report"]


@pytest.mark.parametrize("request_", [{"approve": False}, {"approve": True, "panel": True}])
async def test_nothing_begins_early_when_a_person_decides_or_the_panel_is_given(request_: dict[str, Any]):
    engine = StreamingEngine(at_once)
    if request_.pop("panel", False):
        brief = PanelBrief("open data", "en", 2, ())
        request_["panel"] = await ScriptedEngine().propose_panel(brief)
    run = held_run(engine)
    state = await run.start(topic="open data", size=2, turn_limit=1, **request_)
    assert state["early"] is False


async def test_nothing_begins_early_under_a_cap():
    """A cap is held by setting whole interviews aside, which needs to know how many there are."""
    from tertulia.graph.panel import _streams

    context: Any = type("Given", (), {"seats": Seats(), "engine": StreamingEngine(at_once).engine()})()
    context.budget = Budget(max_tokens=100_000)
    assert not _streams(context)
    context.budget = Budget()
    assert _streams(context)


async def test_an_early_interview_that_fails_costs_itself_and_is_not_tried_again():
    def before(role: str, brief: Any) -> None:
        if role == "answer" and brief.analyst["id"] == "a2":
            raise EngineUnavailableError("The model is away.")

    run = held_run(StreamingEngine(at_once, before))
    state = await run.start(topic="open data", size=3, turn_limit=1, approve=True)
    assert [section["analyst"] for section in state["sections"]] == ["a1", "a3"]
    assert "The model is away." in state["failed"]["a2"]
    assert len(run.engine.calls("answer")) == 3


async def test_an_early_section_that_was_put_together_is_not_written_again_but_by_a_retry():
    away = {"is": True}

    def before(role: str, brief: Any) -> None:
        if away["is"] and role == "section" and brief.analyst["id"] == "a2":
            raise EngineUnavailableError("The model is away.")

    run = held_run(StreamingEngine(at_once, before))
    state = await run.start(topic="open data", size=3, turn_limit=1, approve=True)
    assert "The model is away." in state["interviews"]["a2"]["unwritten"]
    assert len(run.engine.calls("section")) == 3
    away["is"] = False
    await run.graph.aupdate_state(run.config, {**AGAIN, "report": ""}, as_node="review_panel")
    state = await run.go(None)
    assert not state["interviews"]["a2"]["unwritten"]
    assert len(run.engine.calls("section")) == 4
    assert len(run.engine.calls("answer")) == 3


async def test_a_panel_that_fails_half_way_keeps_the_interviews_that_were_held():
    """The run fails as it would without them; when it goes on, the first analyst's calls are not made again."""
    away = {"is": True}
    over = asyncio.Event()

    async def between(seated: int) -> None:
        if away["is"]:
            async with asyncio.timeout(20):
                await over.wait()
            raise EngineUnavailableError("The model is away.")

    def before(role: str, brief: Any) -> None:
        if role == "section":
            over.set()

    engine = StreamingEngine(between, before)
    run = held_run(engine)
    with pytest.raises(EngineUnavailableError):
        await run.start(topic="open data", size=2, turn_limit=1, approve=True)
    away["is"] = False
    run.seats = Seats()
    state = await run.go(None)
    assert [section["analyst"] for section in state["sections"]] == ["a1", "a2"]
    assert len(engine.calls("panel")) == 2
    assert len([brief for brief in engine.calls("question") if brief.analyst["id"] == "a1"]) == 1


async def test_who_held_an_interview_stays_whatever_is_proposed_after_a_kill():
    """The second proposal names another analyst for the first seat: the report has the one who asked."""
    broken = {"is": True}
    over = asyncio.Event()

    def before(role: str, brief: Any) -> None:
        if role == "section":
            over.set()

    class Fickle(StreamingEngine):
        async def propose_panel(self, brief: PanelBrief) -> list[Analyst]:
            panel = await super().propose_panel(brief)
            return panel if broken["is"] else [{**analyst, "name": f"Other {analyst['id']}"} for analyst in panel]

    async def between(_: int) -> None:
        if broken["is"]:
            async with asyncio.timeout(20):
                await over.wait()
            raise EngineUnavailableError("The model is away.")

    run = held_run(Fickle(between, before))
    with pytest.raises(EngineUnavailableError):
        await run.start(topic="open data", size=2, turn_limit=1, approve=True)
    broken["is"] = False
    run.seats = Seats()
    state = await run.go(None)
    assert [analyst["name"] for analyst in state["panel"]] == ["Person 1", "Other a2"]


async def test_a_panel_that_was_finished_before_a_kill_is_found_again():
    """No checkpoint has it before the interviews are over; the interviews that had not begun get their analysts."""
    proposed = asyncio.Event()

    def before(role: str, brief: Any) -> Any:
        return blocked(brief) if role == "question" and not proposed.is_set() else None

    async def blocked(brief: Any) -> None:
        await asyncio.Event().wait()

    run = held_run(StreamingEngine(at_once, before))
    task = asyncio.create_task(run.start(topic="open data", size=2, turn_limit=1, approve=True))
    async with asyncio.timeout(20):
        while not any(event["type"] == "panel_approved" for event in run.events):  # noqa: ASYNC110 - it only yields
            await asyncio.sleep(0)
        # Its result is stored in the background.
        while not proposed_panel(await run.graph.aget_state(run.config)):  # noqa: ASYNC110 - it only yields
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    proposed.set()
    run.seats = Seats(proposed_panel(await run.graph.aget_state(run.config)))
    async with asyncio.timeout(20):
        state = await run.go(None)
    assert [section["analyst"] for section in state["sections"]] == ["a1", "a2"]
    assert len(run.engine.calls("panel")) == 1
