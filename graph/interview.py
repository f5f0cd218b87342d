"""The interview graph: ask, search every source at once, answer, ask again; then the section (`graph/section.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Literal

from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from ..agents.roles import AnswerBrief, Question, QuestionBrief
from ..agents.stopgaps import plain_question
from ..errors import (
    BudgetSpentError,
    EngineError,
    explain,
)
from ..events import (
    AnswerGiven,
    GapFound,
    InterviewStarted,
    QuestionAsked,
    SearchDone,
    SearchStarted,
)
from ..evidence.citations import citations_in
from ..evidence.passages import Excerpt
from ..evidence.ranking import matching, rank_excerpts
from ..sources.base import Query
from ..tracing import name_step
from .context import Context, Step, context_of, require_storage, step
from .replies import clean_reply
from .routing import Route, after_answer, after_question, is_told
from .searches import merge_documents
from .section import check_section, is_lasting, judge_section, write_section
from .state import CAP_REACHED, MODEL_FAILED, InterviewOutput, InterviewState, InterviewTask, SearchTask

SEARCH_DOCUMENTS: Final = 6
SEARCH_PASSAGES: Final = 16
# Fourteen in this order hold more than twenty did in the one before: docs/decisions/0037. To quote from more costs
# nothing, and shows more documents.
ANSWER_PASSAGES: Final = 14
QUOTED_PASSAGES: Final = 20


def build_interview() -> StateGraph[InterviewState, Context, InterviewState, InterviewOutput]:
    """The graph of one interview, uncompiled."""
    graph: StateGraph[InterviewState, Context, InterviewState, InterviewOutput] = StateGraph(
        InterviewState, output_schema=InterviewOutput
    )
    graph.add_node("ask", ask)
    graph.add_node("search", search)
    graph.add_node("answer", answer)
    graph.add_node("write_section", write_section)
    graph.add_edge(START, "ask")
    graph.add_conditional_edges("ask", Route(after_question), ["search", "write_section"])
    graph.add_edge("search", "answer")
    graph.add_conditional_edges("answer", Route(after_answer), ["ask", "write_section"])
    graph.add_node("check_section", check_section)
    graph.add_node("judge_section", judge_section)
    graph.add_edge("write_section", "check_section")
    graph.add_edge("check_section", "judge_section")
    graph.add_edge("judge_section", END)
    return graph


async def ask(state: InterviewState, runtime: Runtime[Context]) -> InterviewState:
    """The next question with its queries, or the reason to stop."""
    if (question := state.get("question")) and question["done"]:
        # All was said in an earlier try, and only the section is missing.
        return {}
    turns = state.get("turns", [])
    number = len(turns) + 1
    name_step(f"ask, turn {number}", analyst=state["analyst"]["id"], turn=number)
    asked = None
    if not turns:
        # Before a slot is taken: the interviews that this may wait for need theirs, and so does a question ahead.
        context = await context_of(runtime)
        context.budget.expect(context.ledger.excerpts(context.surroundings.survey))
        await context.budget.begin_interview(state["analyst"]["id"])
        asked = await context.ahead.take(state["analyst"]) if context.ahead is not None else None
    async with step(runtime, "ask", analyst=state["analyst"]["id"], turn=number) as current:
        context = current.context
        if not turns:
            current.emit(InterviewStarted, persona=dict(state["analyst"]))
        brief = question_brief(context, state)
        try:
            question = await next_question(context, brief) if asked is None else asked.question
        except EngineError as error:
            if turns or not _costs_only_its_step(error):
                question = _stop(current, state, error)
            else:
                current.leave_out(f"questions {state['analyst']['role']}", error, is_gap=True)
                question = plain_question(brief)
        current.usage.extend(() if asked is None else asked.usage)
        if not question["done"]:
            current.emit(QuestionAsked, question=question["text"], queries=question["queries"])
        return {"question": question, "gaps": current.gaps, "usage": current.usage}


def question_brief(context: Context, state: InterviewState) -> QuestionBrief:
    """What the interviewer is asked with for the next turn."""
    return QuestionBrief(
        topic=state["topic"],
        language=state["language"],
        analyst=state["analyst"],
        panel=context.surroundings.panel,
        survey=context.ledger.excerpts(context.surroundings.survey),
        turns=state.get("turns", []),
        turn_limit=state["turn_limit"],
        sources=list(context.sources),
    )


async def next_question(context: Context, brief: QuestionBrief) -> Question:
    """The interviewer's next question, with queries for the sources that exist. Raises EngineError."""
    return _searchable(await context.engine.interviewer.ask(brief), brief)


def make_queries(texts: Sequence[str], language: str) -> list[Query]:
    """What a question searches one source for."""
    return [Query(text, language, SEARCH_DOCUMENTS) for text in texts]


async def search(state: SearchTask, runtime: Runtime[Context]) -> InterviewState:
    """Search one source for one question. A source that fails is a gap; the interview goes on without it."""
    name = state["source"]
    name_step(f"search {name}, turn {state['turn']}", analyst=state["analyst"], turn=state["turn"], source=name)
    async with step(runtime, "search", analyst=state["analyst"], turn=state["turn"]) as current:
        context = current.context
        queries = make_queries(state["queries"], state["language"])
        current.emit(SearchStarted, source=name, queries=len(queries))
        found, failures = await context.searches.search_each(context.sources.get(name), name, queries)
        documents = merge_documents(found)
        excerpts = await context.searches.best_excerpts(
            documents, [state["question"], *state["queries"]], language=state["language"], limit=SEARCH_PASSAGES
        )
        kept = await context.ledger.add(excerpts)
        current.emit(SearchDone, source=name, documents=len(documents), passages=len(kept))
        update: InterviewState = {
            "findings": [{"turn": state["turn"], "source": name, "keys": [excerpt.key for excerpt in kept]}]
        }
        if failures:
            # A source that answered in part is no gap of the report, but whoever watches is told.
            part = f" ({len(failures)} of {len(queries)} searches)" if found else ""
            reason = explain(failures[0])
            current.emit(GapFound, what=f"source {name}{part}", reason=reason)
            if not found:
                update["gaps"] = [{"analyst": state["analyst"], "what": f"source {name}", "reason": reason}]
        return update


async def answer(state: InterviewState, runtime: Runtime[Context]) -> InterviewState:
    """The expert's answer, from the best passages that were found for this question. Without any, it is empty."""
    turns, question = state.get("turns", []), state["question"]
    number = len(turns) + 1
    name_step(f"answer, turn {number}", analyst=state["analyst"]["id"], turn=number)
    async with step(runtime, "answer", analyst=state["analyst"]["id"], turn=number) as current:
        context = current.context
        # Sources in their own order, not in the order in which they happened to finish.
        found = {finding["source"]: finding["keys"] for finding in state["findings"] if finding["turn"] == number}
        keys = list(dict.fromkeys(key for name in question["queries"] for key in found.get(name, [])))
        excerpts = await asyncio.to_thread(_best, context, keys, question, state["language"])
        text, invented = "", 0
        update: InterviewState = {"gaps": current.gaps, "usage": current.usage}
        if excerpts:
            brief = AnswerBrief(state["topic"], state["language"], state["analyst"], turns, question["text"], excerpts)
            try:
                draft = await context.engine.expert.answer(brief)
            except EngineError as error:
                if number == state["turn_limit"] or not _costs_only_its_step(error):
                    return {"question": _stop(current, state, error), **update}
                # A lost turn: the next question may have more luck.
                current.leave_out(f"questions {state['analyst']['role']}", error, is_gap=True)
                draft, excerpts = "", []
            cleaned = clean_reply(context.engine, draft, {excerpt.key for excerpt in excerpts})
            text, invented = cleaned.text, cleaned.invented
        shown = [excerpt.key for excerpt in excerpts]
        current.emit(AnswerGiven, answer=text, citations=len(citations_in([text])), shown=shown)
        return {
            "turns": [
                {
                    "number": number,
                    "question": question["text"],
                    "queries": question["queries"],
                    "shown": shown,
                    "answer": text,
                }
            ],
            "invented": invented,
            **update,
        }


async def record_failure(
    state: InterviewTask, error: NodeError, runtime: Runtime[Context]
) -> Command[Literal["collect_sections"]]:
    """An interview that fails costs that interview, not the report: its siblings go on.

    Raises:
        StorageError: nothing can be kept any more, which is no interview's fault.
    """
    require_storage(error)
    context = await context_of(runtime)
    early = not state["panel"]
    task = state if context.seats is None else context.seats.settled(state)
    analyst, reason = task["analyst"], explain(error.error)
    name_step("record failure", analyst=analyst["id"])
    async with step(runtime, "record_failure", analyst=analyst["id"]) as current:
        current.emit(GapFound, what=f"interview {analyst['role']}", reason=reason)
    if isinstance(error.error, BudgetSpentError):
        reason = CAP_REACHED
    # A handler's node has no edges of its own: it must say where to go.
    return Command(update={"failed": {analyst["id"]: reason}}, goto=() if early else "collect_sections")


def _stop(current: Step, state: InterviewState, error: EngineError) -> Question:
    """The end of an interview that the cap, or the model, does not let go on, if it has something to be written about.

    Raises:
        EngineError: it has not, and the interview is left out; or an earlier try had written it all, and what is
            missing is still to be had.
    """
    nothing_said = not any(turn["answer"] for turn in state.get("turns", []))
    if nothing_said or (is_told(state) and not isinstance(error, BudgetSpentError)):
        raise error
    current.leave_out(f"questions {state['analyst']['role']}", error, is_gap=True)
    reason = CAP_REACHED if isinstance(error, BudgetSpentError) else MODEL_FAILED
    return {"text": "", "queries": {}, "done": True, "reason": reason}


def _costs_only_its_step(error: EngineError) -> bool:
    """Whether the interview can go on after it: neither the settings nor the cap stand in the way of the next call."""
    return not is_lasting(error) and not isinstance(error, BudgetSpentError)


def _searchable(question: Question, brief: QuestionBrief) -> Question:
    """The question with queries for the sources that exist; without any, it is searched for as it is.

    An interview has at least one question: who wants to stop before the first asks the analyst's focus.
    """
    text = question["text"].strip()
    if not brief.turns:
        text = text or brief.focus
    elif question["done"] or not text:
        return {**question, "done": True, "queries": {}}
    asked = {name: [query for query in question["queries"].get(name, []) if query.strip()] for name in brief.sources}
    queries = {name: list(dict.fromkeys(texts))[:3] or [text] for name, texts in asked.items()}
    return {**question, "text": text, "done": False, "queries": queries}


def _best(context: Context, keys: list[str], question: Question, language: str) -> list[Excerpt]:
    """The best of what was found for a question, and of what the survey had found: who asked has seen it.

    An engine that quotes is given only the former: of the same passages it would make the same section for everybody.
    """
    queries = [question["text"], *dict.fromkeys(text for texts in question["queries"].values() for text in texts)]
    found, survey = context.ledger.excerpts(keys), context.ledger.excerpts(context.surroundings.survey)
    if context.engine.is_extractive:
        return rank_excerpts(found, queries, language=language, limit=QUOTED_PASSAGES)
    if found:
        found += matching(survey, queries, language)
    return rank_excerpts(found, queries, language=language, limit=ANSWER_PASSAGES)
