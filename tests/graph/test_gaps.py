"""What a report lacks: a gap that a later success has mended goes, and one that still holds stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from graph_runs import Held
from scripted import ScriptedEngine, ShelfSource

from tertulia.agents.fallback import with_fallback
from tertulia.agents.roles import Engine, ReviewBrief
from tertulia.errors import BudgetSpentError, EngineSettingsError, EngineUnavailableError, SourceError, TertuliaError
from tertulia.evidence.documents import Document
from tertulia.graph.gaps import all_gaps
from tertulia.graph.routing import missing_interviews
from tertulia.graph.standing import RETRIED, is_partial
from tertulia.sources.base import Query

TEXTS = [f"Alpha number {n} is a fact about open data in the year {2000 + n}." for n in range(1, 7)]
CAP = BudgetSpentError("The cap does not allow another call.")
AWAY = EngineUnavailableError("The model is away.")


class Failing:
    """Raises an error at the steps that are named, for as long as they are: a role, or a role and an analyst."""

    def __init__(self, error: TertuliaError, *steps: str) -> None:
        self.error, self.steps = error, set(steps)

    def __call__(self, role: str, brief: Any) -> None:
        turn = f" {len(brief.turns) + 1}" if role in {"question", "answer"} else ""
        analyst = brief.analyst["id"] if hasattr(brief, "analyst") else ""
        if {role, f"{role} {analyst}{turn}".strip()} & self.steps:
            raise self.error


class Backed(ScriptedEngine):
    """An engine with another behind it, as `--fallback` has it."""

    def engine(self, name: str = "scripted:1") -> Engine:
        return with_fallback(super().engine(name), ScriptedEngine().engine("second"))


class Mistaken(ScriptedEngine):
    """Writes a year that is not in its passage, and corrects it when it is asked to."""

    def engine(self, name: str = "scripted:1") -> Engine:
        return Engine(name, self, self, self, self, self)

    async def write_section(self, brief: Any) -> Any:
        section = await super().write_section(brief)
        return {**section, "text": f"It was found in 1850 [{brief.excerpts[0].key}]."}

    async def repair(self, brief: ReviewBrief) -> list[str]:
        await self._note("repair", brief)
        return [f"Alpha is a fact about open data [{brief.claims[0].excerpts[0].key}]." for _ in brief.claims]


async def begun(
    failing: Failing, *sources: ShelfSource, engine: Callable[..., ScriptedEngine] = ScriptedEngine, size: int = 2
) -> Held:
    """A finished run in which something failed."""
    run = Held(engine(failing), [ShelfSource("shelf", TEXTS), *sources])
    state = await run.start(topic="open data", turn_limit=2, approve=True, size=size)
    assert state["report"]
    return run


async def retried(run: Held) -> Mapping[str, Any]:
    """The run once more, from its approved panel, as `LocalBackend.retry` sends it there."""
    await run.graph.aupdate_state(run.config, RETRIED, as_node="review_panel")
    return await run.go(None)


def gaps(state: Any) -> list[tuple[str, str, str]]:
    return [(gap["analyst"], gap["what"], gap["reason"]) for gap in all_gaps(state)]


@pytest.mark.parametrize("part", ["introduction", "conclusion"])
async def test_a_part_that_the_cap_left_out_is_no_gap_once_it_is_written(part):
    failing = Failing(CAP, part)
    run = await begun(failing)
    assert gaps(run.snapshot.values) == [("", part, "cap reached")]
    assert is_partial(run.snapshot.values)
    failing.steps.clear()
    state = await retried(run)
    assert state[part]
    assert gaps(state) == []
    assert not is_partial(state)


@pytest.mark.parametrize("part", ["introduction", "conclusion"])
async def test_a_part_that_was_quoted_is_no_stand_in_once_it_is_written(part):
    """As long as the model fails at it, it is; and it is told once, however often that was tried."""
    failing = Failing(AWAY, part)
    run = await begun(failing, engine=Backed)
    for _ in range(2):
        state = await retried(run)
        assert gaps(state) == [("", f"stand-in {part}", "The model is away.")]
        assert is_partial(state)
    failing.steps.clear()
    state = await retried(run)
    assert gaps(state) == []
    assert not is_partial(state)


async def test_what_was_composed_of_other_sections_takes_its_gaps_with_it():
    """The sections change, and the introduction that was quoted for the old ones is gone: now there is none."""
    failing = Failing(AWAY, "introduction", "answer a2 1", "answer a2 2")
    run = Held(Backed(failing), [ShelfSource("shelf", TEXTS)])
    second = run.engine.engine

    def engine(name: str = "scripted:1") -> Engine:
        # Behind the writer only: an interview that fails must fail.
        return Engine(name, run.engine, run.engine, run.engine, second(name).writer)

    run.engine.engine = engine
    await run.start(topic="open data", turn_limit=2, approve=True, size=2)
    assert ("", "stand-in introduction", "The model is away.") in gaps(run.snapshot.values)
    failing.steps = {"introduction"}
    failing.error = CAP
    state = await retried(run)
    assert gaps(state) == [("", "introduction", "cap reached")]


async def test_a_correction_that_the_cap_left_out_is_no_gap_of_a_section_that_is_written_anew():
    """The answers stood for the section and could not be corrected; the section that came for them was."""
    failing = Failing(CAP, "section", "repair")
    run = Held(Mistaken(failing), [ShelfSource("shelf", TEXTS)])
    answer = run.engine.answer

    async def wrong(brief: Any) -> str:
        return f"It was found in 1850 [{brief.excerpts[0].key}]. {await answer(brief)}"

    run.engine.answer = wrong
    state = await run.start(topic="open data", turn_limit=1, approve=True, size=1)
    assert gaps(state) == [("", "repair", "cap reached"), ("a1", "section Role 1 v1", "cap reached")]
    failing.steps.clear()
    state = await retried(run)
    assert gaps(state) == []
    assert not is_partial(state)


async def test_what_an_interview_lacks_stays_when_its_section_is_written():
    """The turn that was lost is as lost as before, and so is the source that did not answer."""
    failing = Failing(AWAY, "question a2 1", "section a2")

    class Twice(ShelfSource):
        """Answers the survey only."""

        async def search(self, query: Query) -> list[Document]:
            if query.text != "open data":
                raise SourceError("The shelf is closed.")
            return await super().search(query)

    run = await begun(failing, Twice("attic", []))
    before = gaps(run.snapshot.values)
    assert [what for _, what, _ in before] == ["questions Role 2 v1", "source attic", "section Role 2 v1"]
    failing.steps.clear()
    state = await retried(run)
    assert gaps(state) == before[:2]
    assert not is_partial(state)


async def test_what_stood_in_for_an_interview_that_is_not_printed_is_no_part_of_the_report():
    """Nothing of it is, so there is nothing to own up to and nothing to retry."""

    class Twins(Backed):
        async def write_section(self, brief: Any) -> Any:
            section = await super().write_section(brief)
            return {**section, "text": f"All of them found it [{brief.excerpts[0].key}]."}

        async def answer(self, brief: Any) -> str:
            await super().answer(brief)
            return f"All of them found it [{brief.excerpts[0].key}]."

    run = Held(Twins(Failing(AWAY, "question a2 1")), [ShelfSource("shelf", TEXTS[:1])])
    state = await run.start(topic="open data", turn_limit=1, approve=True, size=2)
    assert gaps(state) == [("a2", "interview Role 2 v1", "nothing new")]
    assert not is_partial(state)


@pytest.mark.parametrize("step", ["question a2 2", "answer a2 2"])
async def test_an_interview_that_the_cap_cut_short_goes_on_where_it_stopped(step):
    """As long as the cap does not allow more, it stays as it is and costs nothing; then what is missing is paid."""
    failing = Failing(CAP, step)
    run = await begun(failing)
    cut = run.snapshot.values
    assert gaps(cut) == [("", "questions Role 2 v1", "cap reached")]
    assert len(cut["interviews"]["a2"]["turns"]) == 1

    run.engine.briefs.clear()
    state = await retried(run)
    assert (gaps(state), is_partial(state), state["sections"]) == (gaps(cut), True, cut["sections"])
    assert state["interviews"] == cut["interviews"]
    assert {role for role, _ in run.engine.briefs} <= {"question", "answer"}

    failing.steps.clear()
    run.engine.briefs.clear()
    state = await retried(run)
    assert gaps(state) == []
    assert not is_partial(state)
    held = state["interviews"]["a2"]
    assert [turn["number"] for turn in held["turns"]] == [1, 2]
    assert (held["turns"][0], held["reason"]) == (cut["interviews"]["a2"]["turns"][0], "turn limit")
    assert [(role, brief.analyst["id"], len(brief.turns)) for role, brief in run.engine.briefs] == [
        ("question", "a2", 1),
        ("answer", "a2", 1),
        ("section", "a2", 2),
    ]


async def test_an_interview_that_goes_on_and_is_not_written_again_is_told_by_all_its_answers():
    failing = Failing(CAP, "question a2 2")
    run = await begun(failing)
    failing.steps, failing.error = {"section a2"}, AWAY
    state = await retried(run)
    assert gaps(state) == [("a2", "section Role 2 v1", "The model is away.")]
    second = next(section for section in state["sections"] if section["analyst"] == "a2")
    assert second["text"].count("Answer to Person 2 asks") == 2


@pytest.mark.parametrize("step", ["question", "answer"])
@pytest.mark.parametrize(
    "error", [AWAY, EngineSettingsError("The server does not accept the key.")], ids=["away", "key"]
)
async def test_a_retry_that_fails_leaves_to_another_what_the_cap_cut_short(step, error):
    failing = Failing(CAP, f"{step} a2 2")
    run = await begun(failing)
    failing.error, failing.steps = error, {"question", "answer"}
    state = await retried(run)
    assert is_partial(state)
    assert len(state["interviews"]["a2"]["turns"]) == 1
    failing.steps.clear()
    state = await retried(run)
    assert not is_partial(state)
    assert (all_gaps(state), len(state["interviews"]["a2"]["turns"])) == ([], 2)


async def test_an_interview_that_was_cut_short_is_complete_when_there_is_nothing_more_to_ask():
    failing = Failing(CAP, "question a2 2")
    run = await begun(failing)
    failing.steps.clear()
    ask = run.engine.ask

    async def nothing_more(brief: Any) -> Any:
        question = await ask(brief)
        return {**question, "text": "", "done": True, "reason": "all was said"} if brief.turns else question

    run.engine.ask = nothing_more
    state = await retried(run)
    assert not is_partial(state)
    assert (all_gaps(state), state["interviews"]["a2"]["reason"]) == ([], "all was said")
    assert missing_interviews(state) == []
