"""What the first engine fails at, the second does, and says so; what is no failure stays with the first."""

from __future__ import annotations

from typing import Any

import pytest

from tertulia.agents import open_engine
from tertulia.agents.fallback import hear_stand_ins, with_fallback
from tertulia.agents.roles import Engine
from tertulia.errors import BudgetSpentError, EngineError, EngineUnavailableError, NoEvidenceError
from tertulia.settings import Settings

STEPS = {
    "panel": ("planner", "propose_panel"),
    "question": ("interviewer", "ask"),
    "answer": ("expert", "answer"),
    "section": ("writer", "write_section"),
    "introduction": ("writer", "write_introduction"),
    "conclusion": ("writer", "write_conclusion"),
}


class Player:
    """Plays every role: says something under its own name, or raises."""

    def __init__(self, name: str, failure: Exception | None = None, says: str = "Said.") -> None:
        self.name, self.failure, self.says, self.asked = name, failure, says, 0

    def engine(self) -> Engine:
        return Engine(self.name, self, self, self, self, self)

    async def _play(self, brief: Any) -> Any:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return {"text": self.says, "by": self.name}

    propose_panel = ask = answer = write_section = write_introduction = write_conclusion = _play


async def play(engine: Engine, part: str) -> tuple[str, list[tuple[str, str]]]:
    """Who did a step, and what was said of it."""
    role, method = STEPS[part]
    said: list[tuple[str, str]] = []
    with hear_stand_ins(lambda part, reason: said.append((part, reason))):
        return (await getattr(getattr(engine, role), method)("brief"))["by"], said


@pytest.mark.parametrize("part", STEPS)
async def test_the_second_does_what_the_first_fails_at_and_it_is_said(part):
    first, second = Player("first", EngineUnavailableError("It is away.", hint="Wait.")), Player("second")
    engine = with_fallback(first.engine(), second.engine())
    assert await play(engine, part) == ("second", [(part, "It is away. Wait.")])
    assert (engine.name, first.asked, second.asked) == ("first", 1, 1)


@pytest.mark.parametrize("part", STEPS)
async def test_the_second_is_not_asked_when_the_first_can_do_it(part):
    second = Player("second")
    engine = with_fallback(Player("first").engine(), second.engine())
    assert await play(engine, part) == ("first", [])
    assert second.asked == 0


@pytest.mark.parametrize("failure", [BudgetSpentError("The cap."), RuntimeError("A bug."), NoEvidenceError("Nothing.")])
async def test_what_is_no_failure_of_the_model_is_not_covered_up(failure):
    second = Player("second")
    engine = with_fallback(Player("first", failure).engine(), second.engine())
    with pytest.raises(type(failure)):
        await play(engine, "section")
    assert second.asked == 0


async def test_when_neither_can_the_first_ones_reason_counts():
    failures = EngineError("It is away."), NoEvidenceError("Nothing to quote.")
    first, second = (Player(str(number), failure).engine() for number, failure in enumerate(failures))
    with pytest.raises(EngineError, match="away"):
        await play(with_fallback(first, second), "panel")


@pytest.mark.parametrize("part", ["section", "introduction"])
async def test_a_second_that_has_nothing_to_say_did_not_stand_in(part):
    """What is missing is named as missing, with the first one's reason."""
    engine = with_fallback(Player("1", EngineError("It is away.")).engine(), Player("2", says="").engine())
    with pytest.raises(EngineError, match="away"):
        await play(engine, part)


def test_without_the_flag_there_is_no_second_engine():
    settings = {"model": "openai:x", "base_url": "http://127.0.0.1:9/v1"}
    bare, backed = open_engine(Settings(**settings)), open_engine(Settings(**settings, fallback="extractive"))
    assert not hasattr(bare.writer, "second")
    assert type(backed.writer.second).__name__ == "ExtractiveWriter"
    assert type(backed.writer.first) is type(bare.writer)
    assert type(backed.reviewer) is type(bare.reviewer)
