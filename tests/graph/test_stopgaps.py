"""A step that the model fails at for good costs that step: code asks the first question, and answers make a section."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from graph_runs import Held, held_run
from scripted import ScriptedEngine, ShelfSource

from tertulia.errors import (
    BudgetSpentError,
    EngineError,
    EngineSettingsError,
    EngineUnavailableError,
    PromptTooLongError,
    ReplyError,
)
from tertulia.graph.gaps import all_gaps
from tertulia.graph.standing import RETRIED, is_partial

TEXTS = [f"Alpha number {n} is a fact about open data in the year {2000 + n}." for n in range(1, 7)]
PASSING = [EngineUnavailableError("It failed."), ReplyError("It failed."), PromptTooLongError("It failed.")]


class Trouble:
    """Raises an error whenever one analyst's step of this kind is asked for, until it is `over`."""

    def __init__(self, role: str, error: EngineError, analyst: str = "a2") -> None:
        self.role, self.error, self.analyst, self.over = role, error, analyst, False

    def __call__(self, role: str, brief: Any) -> None:
        if not self.over and role == self.role and brief.analyst["id"] == self.analyst:
            raise self.error


async def finished(run: Held, **request: Any) -> Mapping[str, Any]:
    return await run.start(topic="open data", turn_limit=2, approve=True, **request)


async def retried(run: Held) -> Mapping[str, Any]:
    """The run once more, from its approved panel, as `LocalBackend.retry` sends it there."""
    run.engine.briefs.clear()
    run.events.clear()
    await run.graph.aupdate_state(run.config, RETRIED, as_node="review_panel")
    return await run.go(None)


def gaps(state: Any) -> list[tuple[str, str, str]]:
    return [(gap["analyst"], gap["what"], gap["reason"]) for gap in all_gaps(state)]


def found_missing(run: Held) -> list[tuple[str, str, str]]:
    return [(event["analyst"], event["what"], event["reason"]) for event in run.events if event["type"] == "gap_found"]


def texts(state: Mapping[str, Any]) -> list[str]:
    return [section["text"].partition(" [")[0] for section in state["sections"]]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
async def test_a_first_question_that_is_not_given_is_the_analysts_focus(error):
    """The interview goes on with it, each step is asked for as often as usual, and the report names the gap."""

    class Once(Trouble):
        def __call__(self, role: str, brief: Any) -> None:
            if role != "question" or not brief.turns:
                super().__call__(role, brief)

    run = held_run(TEXTS, ShelfSource("attic", []), before=Once("question", error))
    state = await finished(run, size=3)
    assert [turn["question"] for turn in state["interviews"]["a2"]["turns"]] == ["Wants to know 2", "Person 2 asks 2?"]
    queries = ["Role 2 v1 open data", "Wants know 2"]
    assert state["interviews"]["a2"]["turns"][0]["queries"] == {"shelf": queries, "attic": queries}
    assert texts(state) == ["A found it", "B found it", "C found it"]
    assert gaps(state) == [("", "questions Role 2 v1", "It failed.")]
    assert found_missing(run) == [("a2", "questions Role 2 v1", "It failed.")]
    assert len(run.engine.briefs) == 1 + 3 * (2 * 2 + 1) + 2


async def test_a_wrong_key_at_the_first_question_costs_the_interview():
    run = held_run(TEXTS, before=Trouble("question", EngineSettingsError("The key is wrong.")))
    state = await finished(run, size=3)
    assert texts(state) == ["A found it", "C found it"]
    assert gaps(state) == [("a2", "interview Role 2 v1", "The key is wrong.")]
    assert [brief.analyst["id"] for brief in run.engine.calls("answer")].count("a2") == 0


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
async def test_a_section_that_is_not_written_is_put_together_from_the_answers(error):
    """It cites what they cite, is checked like any other, and the report says what it is."""
    run = held_run(TEXTS, before=Trouble("section", error))
    state = await finished(run, size=3)
    section = state["sections"][1]
    answers = [turn["answer"] for turn in state["interviews"]["a2"]["turns"]]
    # An answer's second sentence cites nothing once its invented citation is gone.
    assert section["text"] == "\n\n".join(answer.removesuffix(" Invented.") for answer in answers)
    assert (section["analyst"], section["title"]) == ("a2", "Role 2 v1")
    assert texts(state)[::2] == ["A found it", "C found it"]
    assert gaps(state) == [("a2", "section Role 2 v1", "It failed.")]
    assert found_missing(run) == [("a2", "section Role 2 v1", "It failed.")]
    checked = [event["place"] for event in run.events if event["type"] == "text_checked"]
    assert sorted(checked) == ["a1", "a2", "a3", "conclusion", "introduction"]
    assert "“Role 2 v1” was put together from its answers: the language model failed to write it." in state["report"]
    assert "It failed." not in state["report"]


async def test_a_section_that_cites_nothing_is_not_written():
    """Its answers do, so they are told instead."""

    class Forgetful(ScriptedEngine):
        async def write_section(self, brief):
            section = await super().write_section(brief)
            return {**section, "text": section["text"].partition(" [")[0] + "."}

    run = Held(Forgetful(), [ShelfSource("shelf", TEXTS)])
    state = await finished(run, size=1)
    assert state["sections"][0]["text"].startswith("Answer to Person 1 asks 1?")
    assert gaps(state) == [("a1", "section Role 1 v1", "scripted:1 wrote a section that cites nothing.")]


async def test_where_no_answer_cites_anything_there_is_nothing_to_put_together():
    """A section that is not written is a failure then; one that cites nothing either found nothing."""

    class Ignorant(ScriptedEngine):
        async def answer(self, brief):
            await super().answer(brief)
            return "The sources found do not answer this question."

        async def write_section(self, brief):
            return {**await super().write_section(brief), "text": "Nothing is known."}

    for trouble, reason in ((Trouble("section", ReplyError("It failed."), "a1"), "It failed."), (None, "no_evidence")):
        run = Held(Ignorant(trouble), [ShelfSource("shelf", TEXTS)])
        assert reason in (await finished(run, size=1))["failure"]


async def test_the_cap_costs_a_section_its_writing_and_no_more():
    run = held_run(TEXTS, before=Trouble("section", BudgetSpentError("The cap does not allow another call.")))
    state = await finished(run, size=2)
    assert texts(state) == ["A found it", "Answer to Person 2 asks 1?"]
    assert gaps(state) == [("a2", "section Role 2 v1", "cap reached")]
    assert "“Role 2 v1” was put together from its answers: the cap on cost was reached." in state["report"]


async def test_a_wrong_key_at_the_section_costs_the_interview():
    """It is held again when the key is right; so nobody takes a report without a writer for what the model can do."""
    run = held_run(TEXTS, before=Trouble("section", EngineSettingsError("The key is wrong.")))
    state = await finished(run, size=2)
    assert texts(state) == ["A found it"]
    assert gaps(state) == [("a2", "interview Role 2 v1", "The key is wrong.")]


async def test_a_retry_asks_for_the_section_that_was_not_written_and_for_nothing_else():
    trouble = Trouble("section", ReplyError("It failed."))
    run = held_run(TEXTS, before=trouble)
    before = await finished(run, size=3)
    trouble.over = True
    state = await retried(run)
    assert sorted(role for role, _ in run.engine.briefs) == ["conclusion", "introduction", "section"]
    assert texts(state) == ["A found it", "B found it", "C found it"]
    assert gaps(state) == []
    first, second = (held["interviews"]["a2"] for held in (before, state))
    assert [second[key] for key in ("turns", "reason", "invented")] == [
        first[key] for key in ("turns", "reason", "invented")
    ]
    assert [event["turns"] for event in run.events if event["type"] == "interview_done"] == [2]


@pytest.mark.parametrize("error", [*PASSING, EngineSettingsError("It failed.")], ids=lambda error: type(error).__name__)
async def test_a_retry_that_fails_too_keeps_the_section_that_was_put_together(error):
    """Whatever it fails by; the gap has the new reason."""
    trouble = Trouble("section", ReplyError("It failed before."))
    run = held_run(TEXTS, before=trouble)
    before = await finished(run, size=3)
    trouble.error = error
    state = await retried(run)
    assert state["sections"] == before["sections"]
    assert gaps(state) == [("a2", "section Role 2 v1", "It failed.")]


async def test_a_run_whose_every_section_is_put_together_has_a_report():
    def before(role: str, _: Any) -> None:
        if role in {"section", "introduction", "conclusion"}:
            raise EngineUnavailableError("It failed.")

    state = await finished(held_run(TEXTS, before=before), size=2)
    assert texts(state) == ["Answer to Person 1 asks 1?", "Answer to Person 2 asks 1?"]
    assert [what.partition(" ")[0] for _, what, _ in gaps(state)] == [
        "conclusion",
        "introduction",
        "section",
        "section",
    ]


class Copyist(ScriptedEngine):
    """Writes the same section for everybody; the second analyst's answers say more than that, and something wrong."""

    async def answer(self, brief):
        await super().answer(brief)
        key = brief.excerpts[0].key
        if brief.analyst["id"] != "a2":
            return f"All of them found it [{key}]."
        turn = ("first", "second")[len(brief.turns)]
        return (
            f"There were 99 visits in 1999 [{key}]. The {turn} answer says more [{key}]. All of them found it [{key}]."
        )

    async def write_section(self, brief):
        section = await super().write_section(brief)
        return {**section, "text": f"All of them found it [{brief.excerpts[0].key}]."}


async def test_a_section_that_repeats_others_gives_way_to_what_its_answers_say():
    """As far as that holds and is new. Who has nothing new at all is left out, and nobody is asked again."""
    run = Held(Copyist(), [ShelfSource("shelf", TEXTS)])
    state = await finished(run, size=3)
    first, second = state["sections"]
    assert (first["analyst"], second["analyst"], second["title"]) == ("a1", "a2", "Role 2 v1")
    assert re.sub(r" \[\w+\]", "", second["text"]) == "The first answer says more.\n\nThe second answer says more."
    assert gaps(state) == [("a2", "section Role 2 v1", "nothing new"), ("a3", "interview Role 3 v1", "nothing new")]
    assert "from its answers: what was written stands in other sections already." in state["report"]
    assert len(run.engine.briefs) == 1 + 3 * (2 * 2 + 1) + 2


async def test_a_section_that_was_not_written_and_would_say_nothing_new_is_not_spoken_of_twice():
    """The reader is told that there is nothing new; why there is no section of the model's is among the gaps."""
    run = Held(Copyist(Trouble("section", ReplyError("It failed."), "a3")), [ShelfSource("shelf", TEXTS)])
    state = await finished(run, size=3)
    assert gaps(state)[1:] == [
        ("a3", "interview Role 3 v1", "nothing new"),
        ("a3", "section Role 3 v1", "It failed."),
    ]
    missing = state["report"].partition("## What is missing")[2].partition("## Sources")[0]
    assert "“Role 3 v1” found stands in other sections already." in missing
    assert missing.count("Role 3 v1") == 1


async def test_a_retry_that_brings_nothing_costs_nothing_that_was_composed():
    """The model is gone for good: the same sections keep their title, introduction and conclusion, and are no worse."""
    trouble, gone = Trouble("answer", EngineSettingsError("The key is wrong.")), []

    def before(role: str, brief: Any) -> None:
        if gone:
            raise EngineSettingsError("The key is wrong.")
        trouble(role, brief)

    run = held_run(TEXTS, before=before)
    first = await finished(run, size=3)
    gone.append(True)
    again = await retried(run)
    assert again["report"]
    assert is_partial(again)
    composed = ("title", "introduction", "conclusion", "sections")
    assert {name: again[name] for name in composed} == {name: first[name] for name in composed}
    assert [role for role, _ in run.engine.briefs] == ["question"]
    gone.clear()
    trouble.over = True
    whole = await retried(run)
    assert len(whole["sections"]) == 3
    assert [len(run.engine.calls(part)) for part in ("introduction", "conclusion")] == [1, 1]


async def test_a_retry_composes_only_what_is_missing():
    lost = ["introduction"]

    def before(role: str, _: Any) -> None:
        if role in lost:
            raise EngineUnavailableError("It failed.")

    run = held_run(TEXTS, before=before)
    first = await finished(run, size=2)
    assert is_partial(first)
    lost.clear()
    whole = await retried(run)
    assert [role for role, _ in run.engine.briefs] == ["introduction"]
    assert not is_partial(whole)
    assert whole["introduction"].startswith("It begins [")
    assert whole["conclusion"] == first["conclusion"]
