"""The first half of a run: a look at the sources, a panel, and its review by a person."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from ..agents.forecast import estimate
from ..agents.panel import apply_reply
from ..agents.roles import Analyst, PanelBrief
from ..errors import BudgetSpentError, NoEvidenceError, PanelError, SourceError, UsageError, explain
from ..events import GapFound, PanelApproved, PanelChanged, PanelProposed, SurveyDone
from ..evidence.documents import Document
from ..evidence.languages import detect_language
from ..settings import TOPIC_LIMIT
from ..sources.base import Query, Source
from .context import Context, Step, context_of, step
from .meanwhile import importing_the_rest
from .searches import merge_documents
from .state import SCHEMA_VERSION, Gap, ReportState

DEFAULT_SIZE: Final = 3
DEFAULT_TURNS: Final = 2
MAXIMUM_ROUNDS: Final = 12
SURVEY_DOCUMENTS: Final = 24
SURVEY_PASSAGES: Final = 96


async def survey(state: ReportState, runtime: Runtime[Context]) -> ReportState:
    """One cheap look at every source, so that the panel comes from what there is."""
    topic = " ".join(str(state.get("topic", "")).split())
    if not topic or len(topic) > TOPIC_LIMIT:
        raise UsageError(f"The topic must have 1 to {TOPIC_LIMIT} characters.", hint="Say it in a sentence.")
    async with step(runtime, "survey") as current:
        asked = state.get("language", "")
        query = Query(topic, asked or detect_language(topic), SURVEY_DOCUMENTS)
        documents, gaps = await _look(current, query)
        # A topic of two words may be of any language; then what was found about it decides.
        language = asked or detect_language(topic, default=_main_language(documents))
        excerpts = await current.context.searches.best_excerpts(
            documents, [topic], language=language, limit=SURVEY_PASSAGES
        )
        _require_evidence(current.context, found=bool(excerpts), gaps=gaps)
        kept = await current.context.ledger.add(excerpts)
        current.emit(SurveyDone, documents=len(documents), passages=len(kept))
        context = current.context
        return {
            "early": bool(state.get("approve")) and not state.get("panel") and _streams(context),
            "schema_version": SCHEMA_VERSION,
            "topic": topic,
            "language": language,
            "size": state.get("size") or DEFAULT_SIZE,
            "turn_limit": state.get("turn_limit") or DEFAULT_TURNS,
            "created_at": current.now(),
            "survey": [excerpt.key for excerpt in kept],
            "gaps": gaps,
        }


async def propose_panel(state: ReportState, runtime: Runtime[Context]) -> ReportState:
    """A panel from the survey, or a new one from all feedback so far; one that came with the input stays."""
    async with step(runtime, "propose_panel") as current:
        context = current.context
        previous = state.get("panel", [])
        brief = PanelBrief(
            topic=state["topic"],
            language=state["language"],
            size=len(previous) or state["size"],
            survey=context.ledger.excerpts(state["survey"]),
            feedback=state.get("feedback", []),
            previous=previous,
        )
        context.budget.expect(brief.survey)
        rounds = state.get("rounds", 0) + 1
        given = previous if rounds == 1 else []
        if rounds == 1:
            context.budget.require_report(proposed=not given)
        try:
            panel = given or await _proposed(state, context, brief)
        except BudgetSpentError as error:
            if not previous:
                raise
            return {"rounds": MAXIMUM_ROUNDS, "notice": f"No further proposal: {explain(error)}"}
        current.emit(PanelProposed, panel=[dict(analyst) for analyst in panel], round=rounds)
        if state.get("early"):
            _approve(current, state, panel)
        # Here, not before: an engine that could not even propose a panel has no part in the report.
        return {
            "panel": panel,
            "rounds": rounds,
            "engine": context.engine.name,
            "gaps": current.gaps,
            "usage": current.usage,
        }


async def review_panel(state: ReportState, runtime: Runtime[Context]) -> ReportState:
    """Wait for a person's reply and do what it says. Nothing may happen before the interrupt: the node re-runs."""
    estimated = _estimate(state, await context_of(runtime), state["panel"])
    reply = {"action": "approve"} if state.get("approve") else interrupt(review_payload(state, estimated))
    try:
        review = apply_reply(state["panel"], reply)
    except PanelError as error:
        return {"decision": "review", "notice": explain(error)}
    if review.decision == "revise" and state["rounds"] >= MAXIMUM_ROUNDS:
        notice = (
            f"No further proposals after {MAXIMUM_ROUNDS}: approve the panel, or edit, add, remove or move analysts."
        )
        return {"decision": "review", "notice": notice}
    if state.get("early"):
        # It was told when it was whole. Who held an interview before a kill stays, whatever was proposed after it.
        seated = state.get("seated", {})
        return {"panel": [seated.get(a["id"], a) for a in review.panel], "decision": "approved"}
    if review.decision == "approved":
        async with step(runtime, "review_panel") as current:
            _approve(current, state, review.panel)
    elif review.panel != state["panel"]:
        async with step(runtime, "review_panel") as current:
            current.emit(PanelChanged, panel=[dict(analyst) for analyst in review.panel])
    update: ReportState = {"panel": review.panel, "decision": review.decision, "notice": ""}
    if review.feedback:
        update["feedback"] = [*state.get("feedback", []), review.feedback]
    return update


def _approve(current: Step, state: ReportState, panel: Sequence[Analyst]) -> None:
    estimated = _estimate(state, current.context, panel)
    current.emit(PanelApproved, panel=[dict(analyst) for analyst in panel], estimate=estimated)


def _streams(context: Context) -> bool:
    """Whether interviews can begin while the panel is written. A cap is held by counting whole interviews first."""
    return context.seats is not None and context.engine.stream_panel is not None and not context.budget.capped


async def _proposed(state: ReportState, context: Context, brief: PanelBrief) -> list[Analyst]:
    """The panel; where interviews wait for their analysts already, they are seated one by one."""
    seats, stream = context.seats, context.engine.stream_panel
    with importing_the_rest():
        if not state.get("early") or seats is None or stream is None:
            return await context.engine.planner.propose_panel(brief)
        return seats.fill(await stream(brief, seats.seat))


def review_payload(state: ReportState, estimated: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the person who reviews the panel is shown. `estimate` is None when no model will be called."""
    return {
        "type": "panel_review",
        "topic": state["topic"],
        "language": state["language"],
        "panel": state["panel"],
        "feedback": state.get("feedback", []),
        "rounds_left": max(0, MAXIMUM_ROUNDS - state["rounds"]),
        "notice": state.get("notice", ""),
        "estimate": estimated,
        "actions": ["approve", "revise", "edit", "add", "remove", "move", "lock", "unlock", "replace", "cancel"],
    }


def _estimate(state: ReportState, context: Context, panel: Sequence[Analyst]) -> dict[str, Any] | None:
    """What the run will use from here on (`agents.forecast.Estimate`)."""
    if context.engine.is_extractive:
        return None
    survey = context.ledger.excerpts(state["survey"])
    found = estimate(
        survey,
        size=len(panel),
        turns=state["turn_limit"],
        rates=context.budget.rates,
        judged=context.judge is not None,
    )
    return {**found}


async def _look(current: Step, query: Query) -> tuple[list[Document], list[Gap]]:
    """Every source's documents, and a gap for each source that failed."""
    sources = list(current.context.sources.values())
    answers = await asyncio.gather(*(_try(current, source, query) for source in sources))
    gaps = [gap for _, gap in answers if gap is not None]
    for gap in gaps:
        current.emit(GapFound, what=gap["what"], reason=gap["reason"])
    return merge_documents([documents for documents, _ in answers]), gaps


async def _try(current: Step, source: Source, query: Query) -> tuple[list[Document], Gap | None]:
    try:
        return await current.context.searches.search(source, query), None
    except SourceError as error:
        return [], {"analyst": "", "what": f"source {source.name}", "reason": explain(error)}


def _require_evidence(context: Context, *, found: bool, gaps: Sequence[Gap]) -> None:
    """An extractive panel needs passages; a model's may go on to ask better questions of sources that work."""
    if found or (not context.engine.is_extractive and len(gaps) < len(context.sources)):
        return
    tried = ", ".join(context.sources) or "no source"
    reasons = " ".join(gap["reason"] for gap in gaps)
    raise NoEvidenceError(
        f"Nothing was found about this topic (tried: {tried}). {reasons}".strip(),
        hint="Try other words, add documents with --docs, or another --source.",
    )


def _main_language(documents: Sequence[Document]) -> str:
    """The language most documents are in, when the topic alone does not tell."""
    languages = Counter(document.language for document in documents if document.language)
    return min(languages, key=lambda code: (-languages[code], code), default="en")
