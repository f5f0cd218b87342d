"""Replies to a panel that waits: kept before they are used, used once, however often processes come and go."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from scripted import ScriptedEngine, ShelfSource, clock

from tertulia.errors import UsageError
from tertulia.graph.local import Effects, LocalBackend
from tertulia.graph.panel import MAXIMUM_ROUNDS
from tertulia.storage.runs import Runs

TEXTS = ["Open data helps towns. A town published 140 tables of open data in 2025. Open data needs training."]
APPROVE = {"action": "approve"}


class Days:
    """One run over many processes: each call opens the home anew, as a command does."""

    def __init__(self, home: Path) -> None:
        self.engine = ScriptedEngine()
        self._home = home
        self.run = ""

    def backend(self) -> LocalBackend:
        def effects(run: str, request: Mapping[str, Any]) -> Effects:
            return Effects(self.engine.engine(), {"shelf": ShelfSource("shelf", TEXTS)})

        return LocalBackend(Runs(self._home), effects, clock=clock, concurrency=4)

    async def begin(self) -> None:
        self.run = await self.backend().submit({"topic": "open data", "size": 2, "turn_limit": 1})
        await self.go_on()

    async def go_on(self) -> None:
        async for _ in self.backend().events(self.run):
            pass

    async def reply(self, reply: Mapping[str, Any]) -> None:
        await self.backend().review(self.run, reply)

    async def review(self) -> Mapping[str, Any]:
        return (await self.backend().status(self.run)).review

    @property
    def proposals(self) -> int:
        return len(self.engine.calls("panel"))


@pytest.fixture
async def days(tmp_path: Path) -> Days:
    begun = Days(tmp_path / "home")
    await begun.begin()
    return begun


async def test_a_second_reply_before_the_first_is_used_replaces_it(days: Days):
    await days.reply({"action": "revise", "feedback": "more on costs"})
    await days.reply({"action": "lock", "id": "a1"})
    await days.go_on()
    review = await days.review()
    assert (days.proposals, review["feedback"]) == (1, [])
    assert [analyst.get("locked", False) for analyst in review["panel"]] == [True, False]


async def test_feedback_that_is_kept_twice_is_applied_once(days: Days):
    """A command that was killed before the graph had its reply is typed again."""
    for _ in range(2):
        await days.reply({"action": "revise", "feedback": "more on costs"})
    for _ in range(3):
        await days.go_on()
    assert (days.proposals, (await days.review())["feedback"]) == (2, ["more on costs"])


async def test_an_approval_that_was_used_is_refused(days: Days):
    """The message says how the run stands; nothing is asked again."""
    await days.reply(APPROVE)
    await days.reply(APPROVE)
    await days.go_on()
    asked = len(days.engine.briefs)
    with pytest.raises(UsageError, match=rf"Run {days.run} does not wait for a review: it is done\."):
        await days.reply(APPROVE)
    await days.go_on()
    assert len(days.engine.briefs) == asked


async def test_reviewing_asks_the_planner_only_for_another_panel(days: Days):
    """Days of edits, mistakes and visits without a reply: one proposal at first and one for each feedback."""
    replies: list[Mapping[str, Any]] = [
        {"action": "edit", "analyst": {"id": "a1", "role": "Mayor"}},
        {"action": "move", "id": "a2", "to": 1},
        {"action": "revise", "feedback": "no"},
        {"action": "revise", "feedback": "more on costs"},
        {"action": "remove", "id": "nobody"},
        {"action": "dance"},
        {"action": "add", "analyst": {"name": "Zoe", "role": "Vet"}},
        {"action": "unlock", "id": "a1"},
        {"action": "replace", "panel": [{"name": "Zoe", "role": "Vet"}, {"name": "Person 1", "role": "Clerk"}]},
    ]
    for reply in replies:
        await days.reply(reply)
        await days.go_on()
        await days.go_on()
    assert days.proposals == 2
    assert [(a["id"], a["name"], a["role"]) for a in (await days.review())["panel"]] == [
        ("a3", "Zoe", "Vet"),
        ("a1", "Person 1", "Clerk"),
    ]
    await days.reply(APPROVE)
    await days.go_on()
    assert days.proposals == 2
    assert [section["analyst"] for section in (await days.backend().result(days.run))["sections"]] == ["a3", "a1"]


async def test_a_notice_stands_until_the_next_reply_and_each_review_says_what_may_be_replied(days: Days):
    await days.reply({"action": "revise", "feedback": "no"})
    await days.go_on()
    review = await days.review()
    assert "Say what to change" in review["notice"]
    assert "move" in review["actions"]
    await days.reply({"action": "move", "id": "a2", "to": 1})
    await days.go_on()
    assert (await days.review())["notice"] == ""


async def test_at_the_last_round_feedback_costs_nothing_and_the_panel_still_waits(days: Days):
    for number in range(MAXIMUM_ROUNDS + 1):
        await days.reply({"action": "revise", "feedback": f"wish {number}"})
        await days.go_on()
    review = await days.review()
    assert (days.proposals, review["rounds_left"]) == (MAXIMUM_ROUNDS, 0)
    assert review["notice"].startswith(f"No further proposals after {MAXIMUM_ROUNDS}: approve the panel")
    assert len(review["feedback"]) == MAXIMUM_ROUNDS - 1
    await days.reply(APPROVE)
    await days.go_on()
    assert (await days.backend().status(days.run)).status == "done"
