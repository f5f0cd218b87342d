"""The graph: what happens in which order, what a person may say, and what a failure costs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graph_runs import Held, held_run
from scripted import ScriptedEngine, ShelfSource

from tertulia.agents.roles import Engine
from tertulia.agents.usage import report_usage
from tertulia.errors import (
    EngineSettingsError,
    EngineUnavailableError,
    NoEvidenceError,
    ReplyError,
    SourceError,
    SourceUnavailableError,
    StorageError,
    UsageError,
)
from tertulia.evidence.citations import citations_in
from tertulia.evidence.corroboration import Corroboration
from tertulia.evidence.documents import Document
from tertulia.evidence.ledger import Ledger
from tertulia.graph.checkpoints import open_checkpointer
from tertulia.graph.compose import assemble_report
from tertulia.graph.gaps import all_gaps
from tertulia.graph.meanwhile import SECONDS
from tertulia.graph.report import build_graph
from tertulia.graph.searches import Searches
from tertulia.graph.standing import RETRIED, is_partial
from tertulia.sources.base import Query
from tertulia.sources.outside import OutsideSource
from tertulia.storage.database import prepare_database

TEXTS = [f"Alpha number {n} is a fact about open data in the year {2000 + n}." for n in range(1, 7)]


async def test_a_topic_becomes_a_report():
    """Survey, panel, review, one interview per analyst, sections in panel order, composition, a rendered report."""
    run = held_run(TEXTS)
    await run.start(topic="open data", size=3, turn_limit=2)
    assert run.review()["type"] == "panel_review"
    assert [a["name"] for a in run.review()["panel"]] == ["Person 1", "Person 2", "Person 3"]

    state = await run.reply({"action": "approve"})
    assert [section["title"] for section in state["sections"]] == ["Findings A", "Findings B", "Findings C"]
    assert state["title"] == "The finding"
    assert state["report"].startswith("---\n")
    assert "# The finding" in state["report"]
    assert "z9zzzz" not in state["report"]


async def test_the_number_of_model_calls_is_the_contract():
    """1 panel + N x (2 x turns + 1 section) + introduction + conclusion, and no call more."""
    run = held_run(TEXTS)
    state = await run.start(topic="open data", size=3, turn_limit=2, approve=True)
    assert len(run.engine.briefs) == 1 + 3 * (2 * 2 + 1) + 2
    assert sum(call["input_tokens"] for call in state["usage"]) == 10 * len(run.engine.briefs)


async def test_invented_citations_are_removed_and_counted():
    """Each answer cites a passage that does not exist: six of them, none of which reaches the state."""
    run = held_run(TEXTS)
    state = await run.start(topic="open data", size=3, turn_limit=2, approve=True)
    answers = [turn["answer"] for interview in state["interviews"].values() for turn in interview["turns"]]
    assert len(answers) == 6
    assert all("z9zzzz" not in answer and citations_in([answer]) for answer in answers)
    assert sum(interview["invented"] for interview in state["interviews"].values()) == 6


async def test_feedback_is_cumulative_and_reaches_the_planner():
    run = held_run(TEXTS)
    await run.start(topic="open data", size=2, turn_limit=1)
    await run.reply({"action": "revise", "feedback": "more on training"})
    await run.reply({"action": "revise", "feedback": "and on law"})
    assert [a["role"] for a in run.review()["panel"]] == ["Role 1 v3", "Role 2 v3"]
    brief = run.engine.calls("panel")[-1]
    assert brief.feedback == ["more on training", "and on law"]
    assert [a["role"] for a in brief.previous] == ["Role 1 v2", "Role 2 v2"]
    assert len(run.engine.calls("question")) == 0


async def test_a_person_edits_adds_and_removes():
    run = held_run(TEXTS)
    await run.start(topic="open data", size=2, turn_limit=1)
    await run.reply({"action": "edit", "analyst": {"id": "a1", "role": "Lawyer"}})
    await run.reply({"action": "add", "analyst": {"name": "Zoe", "role": "Farmer"}})
    await run.reply({"action": "remove", "id": "a2"})
    panel = run.review()["panel"]
    assert [(a["name"], a["role"], a["locked"]) for a in panel] == [
        ("Person 1", "Lawyer", True),
        ("Zoe", "Farmer", True),
    ]
    state = await run.reply({"action": "approve"})
    assert [section["analyst"] for section in state["sections"]] == [a["id"] for a in panel]


@pytest.mark.parametrize(
    "reply",
    [
        "no",
        "approve",
        True,
        {"action": "maybe"},
        {"action": "edit", "analyst": {"id": "a9", "role": "x"}},
        {"action": "approve", "and": "more"},
        {"action": "revise", "feedback": "  "},
        {"approved": True},
    ],
)
async def test_a_reply_that_is_not_understood_never_approves(reply: Any):
    """The same panel waits again, with a notice that says why."""
    run = held_run(TEXTS)
    await run.start(topic="open data", size=2, turn_limit=1)
    await run.reply(reply)
    assert run.review()["notice"]
    assert [a["name"] for a in run.review()["panel"]] == ["Person 1", "Person 2"]
    assert len(run.engine.calls("question")) == 0


async def test_cancelling_ends_the_run_without_an_interview():
    run = held_run(TEXTS)
    await run.start(topic="open data", size=2, turn_limit=1)
    state = await run.reply({"action": "cancel"})
    assert state["decision"] == "cancelled"
    assert not run.snapshot.next
    assert [name for name, _ in run.engine.briefs] == ["panel"]


async def test_feedback_rounds_are_bounded():
    """After the last round feedback is answered by a notice; approving still works."""
    run = held_run(TEXTS)
    await run.start(topic="open data", size=1, turn_limit=1)
    for number in range(15):
        await run.reply({"action": "revise", "feedback": f"again {number}"})
    assert run.review()["rounds_left"] == 0
    assert "No further proposals" in run.review()["notice"]
    assert len(run.engine.calls("panel")) == 12
    assert (await run.reply({"action": "approve"}))["report"]


async def test_a_panel_that_is_given_is_not_proposed_anew():
    run = held_run(TEXTS)
    panel = [{"id": "a1", "name": "Ada", "affiliation": "", "role": "Engineer", "description": "Engines"}]
    state = await run.start(topic="open data", panel=panel, turn_limit=1, approve=True)
    assert not run.engine.calls("panel")
    assert [section["title"] for section in state["sections"]] == ["Findings A"]


async def test_a_failing_source_is_a_gap_and_the_report_goes_on():
    broken = ShelfSource("broken", [], SourceUnavailableError("The shelf is closed."))
    run = held_run(TEXTS, broken)
    state = await run.start(topic="open data", size=2, turn_limit=1, approve=True)
    assert state["report"]
    assert {gap["what"] for gap in state["gaps"]} == {"source broken"}


async def test_a_source_of_another_package_that_is_broken_is_a_gap_from_the_survey_on():
    """It costs neither the run nor an interview."""
    broken = OutsideSource("almanac", ShelfSource("almanac", [], ValueError("no moon")))
    run = held_run(TEXTS, broken)
    run.engine.ask = _ask_both(run.engine.ask, "almanac")
    state = await run.start(topic="open data", size=2, turn_limit=1, approve=True)
    assert len(state["sections"]) == 2
    (gap,) = all_gaps(state)
    assert (gap["what"], gap["reason"]) == ("source almanac", "The source almanac is broken: ValueError: no moon")


async def test_a_search_of_several_that_fails_is_told_and_is_no_gap():
    """The source answered the question; but whoever watches learns that it did not answer all of it."""
    shelf = LockedShelf("shelf", ["Open data is a topic.", "Apples were counted."])
    shelf.failure = SourceError("The shelf is locked.")
    run = Held(ScriptedEngine(), [shelf])
    ask = run.engine.ask

    async def ask_twice(brief: Any) -> Any:
        return {**await ask(brief), "queries": {"shelf": ["apples", "pears"]}}

    run.engine.ask = ask_twice
    state = await run.start(topic="open data", size=1, turn_limit=1, approve=True)
    found = [(event["what"], event["reason"]) for event in run.events if event["type"] == "gap_found"]
    assert found == [("source shelf (1 of 2 searches)", "The shelf is locked.")]
    assert all_gaps(state) == []


async def test_a_failing_interview_costs_that_interview_only():
    """Its siblings finish, the reason is kept, and going on again holds only the interview that is missing."""
    fail = {"on": True}

    def before(role: str, brief: Any) -> None:
        if fail["on"] and role == "answer" and brief.analyst["id"] == "a2":
            raise EngineUnavailableError("The model is away.")

    run = held_run(TEXTS, before=before)
    state = await run.start(topic="open data", size=3, turn_limit=1, approve=True)
    assert [section["analyst"] for section in state["sections"]] == ["a1", "a3"]
    assert state["failed"]["a2"] == "The model is away."
    assert state["report"]


@pytest.mark.parametrize(
    ("role", "lost", "kept"), [("answer", 1, 2), ("answer", 2, 2), ("question", 1, 3), ("question", 2, 1)]
)
async def test_a_failing_step_costs_that_step_not_the_interview(role, lost, kept):
    """A lost answer is a lost turn; a lost question is the end of the interview, unless it is the first: that one can
    be asked without the model. The section is written all the same.
    """

    def before(asked: str, brief: Any) -> None:
        if asked == role and brief.analyst["id"] == "a2" and len(brief.turns) == lost - 1:
            raise EngineUnavailableError("The model is away.")

    run = held_run(TEXTS, before=before)
    state = await run.start(topic="open data", size=3, turn_limit=3, approve=True)
    assert [section["analyst"] for section in state["sections"]] == ["a1", "a2", "a3"]
    answered = [turn for turn in state["interviews"]["a2"]["turns"] if turn["answer"]]
    assert len(answered) == kept
    [gap] = state["gaps"]
    assert (gap["analyst"], gap["reason"]) == ("a2", "The model is away.")
    assert gap["what"].startswith("questions ")
    assert state["failed"]["a2"] == ""


async def test_a_lost_last_answer_ends_the_interview_with_what_there_is():
    def before(asked: str, brief: Any) -> None:
        if asked == "answer" and len(brief.turns) == 1:
            raise ReplyError("Nonsense.")

    run = held_run(TEXTS, before=before)
    state = await run.start(topic="open data", size=1, turn_limit=2, approve=True)
    assert len(state["interviews"]["a1"]["turns"]) == 1
    assert state["interviews"]["a1"]["reason"] == "model failed"
    assert len(state["sections"]) == 1


def test_a_section_that_only_repeats_others_is_not_said_to_have_found_nothing():
    held = {
        analyst: {"analyst": analyst, "turns": [], "section": {"analyst": analyst, "title": "T", "text": text}}
        for analyst, text in (("a1", "One [k7qdm4]."), ("a2", "One [k7qdm4]."), ("a3", ""))
    }
    panel = [{"id": analyst, "role": f"Role {analyst}"} for analyst in held]
    state: Any = {"panel": panel, "interviews": held, "sections": [{"analyst": "a1"}]}
    assert [(gap["analyst"], gap["reason"]) for gap in all_gaps(state)] == [
        ("a2", "nothing new"),
        ("a3", "nothing found"),
    ]


async def test_a_wrong_key_is_not_tried_again_in_the_next_turn():
    def before(asked: str, brief: Any) -> None:
        if asked == "answer":
            raise EngineSettingsError("The key is wrong.")

    run = held_run(TEXTS, before=before)
    state = await run.start(topic="open data", size=1, turn_limit=3, approve=True)
    assert "The key is wrong." in state["failure"]
    assert len(run.engine.calls("answer")) == 1


async def test_what_a_step_used_that_failed_is_told_too():
    """Its calls are paid: who adds up the events must come to what the run says."""

    def before(role: str, _: Any) -> None:
        if role == "answer":
            report_usage({"role": "expert", "model": "scripted:1", "input_tokens": 7, "output_tokens": 1})
            raise EngineSettingsError("The key is wrong.")

    run = held_run(TEXTS, before=before)
    await run.start(topic="open data", size=1, turn_limit=1, approve=True)
    told = [event for event in run.events if event["type"] == "usage_reported"]
    assert [(event["node"], event["input_tokens"]) for event in told if event["role"] == "expert"] == [("answer", 7)]


class LockedShelf(ShelfSource):
    """Finds its texts by their first word; one kind of fruit is locked away while it fails."""

    async def search(self, query: Query) -> list[Document]:
        self.queries.append(query)
        if query.text == "pears" and self.failure is not None:
            raise self.failure
        return [found for found in self._documents if found.text.casefold().startswith(query.text.split()[0])]


async def test_an_interview_whose_every_search_failed_is_held_again_by_a_retry():
    """Nobody looked, so nobody can say that there is nothing: the run is partial, and goes on once it can."""
    shelf = LockedShelf("shelf", ["Open data is a topic.", "Apples were counted.", "Pears were counted."])
    shelf.failure = SourceError("The shelf is locked.")
    run = Held(ScriptedEngine(), [shelf])
    ask = run.engine.ask

    async def ask_own(brief: Any) -> Any:
        fruit = "pears" if brief.analyst["id"] == "a2" else "apples"
        return {**await ask(brief), "queries": {"shelf": [fruit]}}

    run.engine.ask = ask_own
    state = await run.start(topic="open data", size=2, turn_limit=1, approve=True)
    assert [section["analyst"] for section in state["sections"]] == ["a1"]
    assert is_partial(state)
    (gap,) = all_gaps(state)
    assert (gap["analyst"], gap["what"]) == ("a2", "interview Role 2 v1")
    assert "The shelf is locked." in gap["reason"]

    shelf.failure = None
    await run.graph.aupdate_state(run.config, RETRIED, as_node="review_panel")
    state = await run.go(None)
    assert [section["analyst"] for section in state["sections"]] == ["a1", "a2"]
    assert not is_partial(state)


async def test_every_interview_failed_is_a_failure_that_can_be_mended():
    """No report is invented; once the model is back, only the interviews are held again."""
    fail = {"on": True}

    def before(role: str, brief: Any) -> None:
        if fail["on"] and role == "answer":
            raise EngineUnavailableError("The model is away.")

    run = held_run(TEXTS, before=before)
    state = await run.start(topic="open data", size=2, turn_limit=1, approve=True)
    assert "The model is away." in state["failure"]
    assert "report" not in state
    fail["on"] = False
    await run.graph.aupdate_state(run.config, {"failure": "", "decision": "approved"}, as_node="review_panel")
    state = await run.go(None)
    assert [section["analyst"] for section in state["sections"]] == ["a1", "a2"]
    assert len(run.engine.calls("panel")) == 1


@pytest.mark.parametrize("role", ["question", "answer", "section", "introduction", "conclusion"])
async def test_a_full_disk_stops_the_run_where_it_is_and_it_goes_on_from_there(role, tmp_path):
    """It is no fault of the step, and what the step should have sent out must not be taken for done."""
    full = [True]

    def before(asked: str, _: Any) -> None:
        if asked == role and full:
            raise StorageError("The disk is full.", hint="Free some space.")

    run = held_run(TEXTS, before=before)
    async with open_checkpointer(prepare_database(tmp_path)) as checkpointer:
        run.graph = build_graph().compile(checkpointer=checkpointer)
        with pytest.raises(StorageError, match="full") as failure:
            await run.start(topic="open data", size=3, turn_limit=2, approve=True)
        assert failure.value.hint == "Free some space."
        full.clear()
        state = await run.go(None)
    assert [section["title"] for section in state["sections"]] == ["Findings A", "Findings B", "Findings C"]
    assert state["report"]
    assert all_gaps(state) == []


async def test_introduction_or_conclusion_may_fail_without_losing_the_report():
    def before(role: str, brief: Any) -> None:
        if role == "introduction":
            raise EngineUnavailableError("The model is away.")

    run = held_run(TEXTS, before=before)
    state = await run.start(topic="open data", size=2, turn_limit=1, approve=True)
    assert "# open data" in state["report"]
    assert [gap["what"] for gap in state["gaps"]] == ["introduction"]


@pytest.mark.parametrize("seconds", [0.0, 2 * SECONDS])
async def test_the_evidence_is_weighed_once_while_the_introduction_is_written(seconds, monkeypatch):
    """A model that is quicker than that is not waited for, and the report is the same either way."""
    made: list[str] = []

    class Counted(Corroboration):
        def __init__(self, ledger: Ledger, language: str) -> None:
            made.append(language)
            super().__init__(ledger, language)

    def before(role: str, _: Any) -> Any:
        return asyncio.sleep(seconds) if role == "introduction" else None

    maker = "tertulia.evidence.corroboration" if seconds else "tertulia.evidence.building"
    monkeypatch.setattr(f"{maker}.Corroboration", Counted)
    run = held_run([*TEXTS, "Beta counts 400 ships about open data.", "Gamma too counts 400 ships."], before=before)
    state = await run.start(topic="open data", size=3, turn_limit=2, approve=True)
    assert len(made) == 1
    (written,) = run.context.assembled
    assert written == assemble_report(state, run.context.ledger, written["run"]["id"], run.context.budget.calls)


async def test_an_interview_without_passages_asks_no_expert():
    """What nobody found is not made up: no answer, no section, and a run that ends without evidence."""
    run = held_run([])
    with pytest.raises(NoEvidenceError):
        await run.start(topic="open data", size=1, turn_limit=1, approve=True, engine="extractive")
    run = held_run([])
    state = await run.start(topic="open data", size=1, turn_limit=2, approve=True)
    assert state["failure"] == "no_evidence"
    assert not run.engine.calls("answer")
    assert not run.engine.calls("section")


async def test_when_every_source_fails_the_run_stops_at_once():
    broken = ShelfSource("broken", [], SourceUnavailableError("The shelf is closed."))
    run = Held(ScriptedEngine(), [broken])
    with pytest.raises(NoEvidenceError, match=r"tried: broken.*The shelf is closed"):
        await run.start(topic="open data", approve=True)


@pytest.mark.parametrize("topic", ["", "   ", "x" * 5000])
async def test_a_topic_must_have_a_sensible_length(topic: str):
    with pytest.raises(UsageError, match="1 to 500"):
        await held_run(TEXTS).start(topic=topic)


async def test_identical_searches_are_answered_once():
    """Three analysts ask the same query in two turns each: the source is searched for it once."""
    run = held_run(TEXTS)
    await run.start(topic="open data", size=3, turn_limit=2, approve=True)
    assert [query.text for query in run.sources[0].queries].count("one query") == 1


class SurveyedShelf(ShelfSource):
    """A source whose first texts are found for the topic, and for a question only the last one."""

    async def search(self, query: Query) -> list[Document]:
        found = await super().search(query)
        return found[-1:] if query.text == "one query" else found[:-1]


@pytest.mark.parametrize(("extractive", "shown"), [(False, {"Shelf 1", "Shelf 3"}), (True, {"Shelf 3"})])
async def test_the_expert_sees_what_the_survey_found_for_its_question(extractive, shown, monkeypatch):
    """The interviewer saw it, so a report must not say that the sources are silent. Who quotes would do so thrice."""
    texts = [
        "One query is answered by the open data of a survey.",
        "Nothing of this bears on it.",
        "A query about data.",
    ]
    run = held_run([])
    run.sources = [SurveyedShelf("shelf", texts)]
    monkeypatch.setattr(Engine, "is_extractive", property(lambda _: extractive))
    await run.start(topic="open data", size=1, turn_limit=1, approve=True)
    (brief,) = run.engine.calls("answer")
    assert {excerpt.document.title for excerpt in brief.excerpts} == shown


async def test_which_branch_finishes_first_changes_nothing():
    """The same panel with the slowest analyst first or last gives the same report."""

    def slow(analyst: str):
        def before(role: str, brief: Any) -> Any:
            if role in {"question", "answer", "section"} and brief.analyst["id"] == analyst:
                return _yield_often()
            return None

        return before

    reports = []
    for analyst in ("a1", "a3"):
        run = held_run(TEXTS, before=slow(analyst))
        reports.append((await run.start(topic="open data", size=3, turn_limit=2, approve=True))["report"])
    assert reports[0] == reports[1]


async def test_interviews_run_at_the_same_time_within_the_limit():
    """Never more steps at once than slots, and all slots are used."""
    running = {"now": 0, "peak": 0}

    def before(role: str, brief: Any) -> Any:
        async def count() -> None:
            running["now"] += 1
            running["peak"] = max(running["peak"], running["now"])
            await _yield_often()
            running["now"] -= 1

        return count()

    run = held_run(TEXTS, before=before, slots=3)
    await run.start(topic="open data", size=6, turn_limit=2, approve=True)
    assert running["peak"] == 3


async def test_page_texts_are_not_in_the_state():
    """The ledger keeps them; the state holds keys."""
    run = held_run(["A very particular sentence about open data that only the page has." * 20])
    state = await run.start(topic="open data", size=1, turn_limit=1, approve=True)
    state.pop("report")
    assert "very particular sentence" not in str(state)
    assert "very particular sentence" in run.ledger.documents()[0].text


async def _yield_often() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_source_that_does_not_answer_is_left_in_peace():
    """After the survey it is not asked again for a while, however many questions follow."""
    broken = ShelfSource("broken", [], SourceUnavailableError("The shelf is closed."))
    run = held_run(TEXTS, broken)
    state = await run.start(topic="open data", size=3, turn_limit=2, approve=True)
    assert len(broken.queries) == 1
    assert state["report"].count("broken") == 1


async def test_a_source_that_is_not_open_any_more_is_a_gap():
    """A run goes on where a key is missing: the interview is held with what there is."""

    def before(role: str, _: Any) -> None:
        if role == "question":
            run.context.sources.pop("other")

    run = held_run(TEXTS, ShelfSource("other", ["One query has another answer about open data."]), before=before)
    run.engine.ask = _ask_both(run.engine.ask)
    state = await run.start(topic="open data", size=1, turn_limit=1, approve=True)
    (gap,) = state["gaps"]
    assert gap["what"] == "source other"
    assert "not open any more" in gap["reason"]
    assert len(state["sections"]) == 1


async def test_what_a_source_gave_is_shown_also_when_it_is_not_open_any_more():
    class Leaving(ShelfSource):
        async def search(self, query: Query) -> list[Document]:
            if query.text != "one query 0":
                return []
            run.context.sources.pop("other")
            return await super().search(query)

    run = held_run(TEXTS, Leaving("other", ["One query has another answer about open data."]))
    run.engine.ask = _ask_both(run.engine.ask)
    await run.start(topic="open data", size=1, turn_limit=1, approve=True)
    (brief,) = run.engine.calls("answer")
    assert {excerpt.document.source for excerpt in brief.excerpts} == {"shelf", "other"}


def _ask_both(ask: Any, other: str = "other") -> Any:
    async def ask_both(brief: Any) -> Any:
        question = await ask(brief)
        text = f"one query {len(brief.turns)}"
        return {**question, "queries": {"shelf": [text], other: [text]}}

    return ask_both


async def test_a_source_that_rested_is_asked_again():
    now = [0.0]
    searches = Searches(monotonic=lambda: now[0])
    broken = ShelfSource("broken", ["Text."], SourceUnavailableError("The shelf is closed."))
    for _ in range(3):
        with pytest.raises(SourceUnavailableError, match="closed"):
            await searches.search(broken, Query("one"))
    assert len(broken.queries) == 1
    now[0], broken.failure = 61.0, None
    assert [document.text for document in await searches.search(broken, Query("one"))] == ["Text."]
