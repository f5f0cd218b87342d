"""The second half of a run: the checked sections, introduction and conclusion at the same time, the report."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from langgraph.errors import NodeError
from langgraph.runtime import Runtime
from langgraph.types import Command

from .. import report_templates
from ..agents.forecast import ROLES
from ..agents.roles import ComposeBrief, Section
from ..agents.stopgaps import section_of_answers
from ..agents.usage import Usage
from ..errors import BudgetSpentError, explain
from ..events import Composing, GapFound, ReportAssembled
from ..evidence.citations import citations_in
from ..evidence.ledger import Ledger
from ..evidence.passages import Excerpt
from ..evidence.repetitions import drop_repetitions
from ..evidence.report import Report
from ..evidence.verification import title_holds
from ..tracing import name_step
from ..version import VERSION
from .context import Context, Step, context_of, require_storage, step
from .gaps import all_gaps
from .replies import clean_reply
from .state import CAP_REACHED, STAND_IN, Gap, ReportState, take_back
from .verify import CheckedText, check_and_repair, only_what_holds

if TYPE_CHECKING:
    from ..evidence.corroboration import Corroboration


async def collect_sections(state: ReportState, runtime: Runtime[Context]) -> ReportState:
    """The sections in panel order, whatever finished first, without sentences that an earlier one has.

    An interview of whose section nothing is left is told by its answers, if they have something of their own.
    """
    held = state.get("interviews", {})
    drafts = [held[analyst["id"]]["section"] for analyst in state["panel"] if analyst["id"] in held]
    drafts = [section for section in drafts if section["text"].strip()]
    sections = await asyncio.to_thread(drop_repetitions, drafts, state["language"])
    if sections:
        async with step(runtime, "collect_sections") as current:
            emptied = {section["analyst"] for section in sections if not section["text"].strip()}
            for place, section in enumerate(sections):
                if section["analyst"] in emptied:
                    sections[place] = await _told_by_answers(current, state, section["analyst"], sections)
            sections = [section for section in sections if section["text"].strip()]
            current.emit(Composing, sections=len(sections))
            # No evidence is added any more, and the next steps only wait for a model.
            current.context.weighing.begin(current.context.ledger, state["language"])
        retold = [section["analyst"] for section in sections if section["analyst"] in emptied]
        update: ReportState = {"sections": sections, "failure": ""}
        # A retry that brought nothing must not cost what was composed of the same sections.
        if sections != state.get("sections", sections):
            update |= {"title": "", "introduction": "", "conclusion": ""}
            update["gaps"] = [*_taken_back("introduction"), *_taken_back("conclusion")]
        # What a retry took out must not stay.
        return {**update, "retold": retold} if retold or state.get("retold") else update
    reasons = [reason for reason in state.get("failed", {}).values() if reason]
    if CAP_REACHED in reasons:
        return {"sections": [], "failure": explain((await context_of(runtime)).budget.too_small())}
    if reasons:
        return {"sections": [], "failure": f"Every interview failed. The first: {reasons[0]}"}
    return {"sections": [], "failure": "no_evidence"}


async def write_introduction(state: ReportState, runtime: Runtime[Context]) -> ReportState:
    """The title and the introduction; they cite only what the sections cite."""
    async with step(runtime, "write_introduction") as current:
        brief = _brief(state, current.context.ledger)
        opening = await current.context.engine.writer.write_introduction(brief)
        cleaned = clean_reply(current.context.engine, opening["text"], _keys(brief))
        return {
            "title": opening["title"] or state["topic"],
            "introduction": cleaned.text,
            "composed": {"introduction": cleaned.invented},
            "gaps": [*_taken_back("introduction"), *current.gaps],
            "usage": current.usage,
        }


async def write_conclusion(state: ReportState, runtime: Runtime[Context]) -> ReportState:
    """The conclusion; it cites only what the sections cite."""
    async with step(runtime, "write_conclusion") as current:
        brief = _brief(state, current.context.ledger)
        draft = await current.context.engine.writer.write_conclusion(brief)
        cleaned = clean_reply(current.context.engine, draft, _keys(brief))
        return {
            "conclusion": cleaned.text,
            "composed": {"conclusion": cleaned.invented},
            "gaps": [*_taken_back("conclusion"), *current.gaps],
            "usage": current.usage,
        }


async def skip_introduction(
    _: ReportState, error: NodeError, runtime: Runtime[Context]
) -> Command[Literal["check_introduction"]]:
    """A report without an introduction is still a report: the gap is named."""
    return Command(update=await _gap("introduction", error, runtime), goto="check_introduction")


async def skip_conclusion(
    _: ReportState, error: NodeError, runtime: Runtime[Context]
) -> Command[Literal["check_conclusion"]]:
    """A report without a conclusion is still a report: the gap is named."""
    return Command(update=await _gap("conclusion", error, runtime), goto="check_conclusion")


async def check_introduction(state: ReportState, runtime: Runtime[Context]) -> ReportState:
    """The introduction with its failing sentences repaired, and a title whose figures stand in the evidence."""
    async with step(runtime, "check_introduction") as current:
        excerpts = _brief(state, current.context.ledger).excerpts
        checked = await _check(current, state, "introduction", excerpts)
        title = state.get("title", "")
        holds = title_holds(title, excerpts, language=state["language"], topic=state["topic"])
        return {
            "title": title if holds else state["topic"],
            "introduction": checked.text,
            "repaired": {"introduction": checked.repaired},
            "dropped": {"introduction": checked.dropped},
            "gaps": [take_back("repair introduction"), *current.gaps],
            "usage": current.usage,
        }


async def check_conclusion(state: ReportState, runtime: Runtime[Context]) -> ReportState:
    """The conclusion with its failing sentences repaired."""
    async with step(runtime, "check_conclusion") as current:
        excerpts = _brief(state, current.context.ledger).excerpts
        checked = await _check(current, state, "conclusion", excerpts)
        return {
            "conclusion": checked.text,
            "repaired": {"conclusion": checked.repaired},
            "dropped": {"conclusion": checked.dropped},
            "gaps": [take_back("repair conclusion"), *current.gaps],
            "usage": current.usage,
        }


async def assemble(state: ReportState, runtime: Runtime[Context]) -> ReportState:
    """Number the sources and render the report. No model is called."""
    async with step(runtime, "assemble") as current:
        finished: ReportState = {
            "title": state.get("title") or state["topic"],
            "engine": _engines(state["engine"], current.context.engine.name),
            "finished_at": current.now(),
        }
        corroboration = await current.context.weighing.take()
        report = await asyncio.to_thread(
            assemble_report,
            {**state, **finished},
            current.context.ledger,
            current.context.run,
            current.context.budget.calls,
            corroboration,
        )
        current.context.assembled[:] = [report]
        markdown = await asyncio.to_thread(report_templates.render_markdown, report)
        current.emit(
            ReportAssembled,
            title=report["title"],
            sections=len(report["sections"]),
            sources=len(report["sources"]),
            citations=len(report["citations"]),
            markdown=markdown,
        )
        return {**finished, "report": markdown}


def _engines(began: str, finished: str) -> str:
    """Who wrote the report: a run may have gone on with another engine than it began with."""
    return finished if began == finished else f"{began}, then {finished}"


def assemble_report(
    state: ReportState,
    ledger: Ledger,
    run: str,
    calls: Sequence[Usage] = (),
    corroboration: Corroboration | None = None,
) -> Report:
    """The report as data, from a finished state and its ledger. The same inputs give the same report.

    `calls` are all that were made, also for steps that failed; a server that lost them knows those in the state.
    `corroboration` is that of the ledger, if it was made before.
    """
    from ..evidence.building import build_report  # noqa: PLC0415 - imported while the panel is written (`meanwhile`)

    held = state.get("interviews", {})
    interviews = [held[analyst["id"]] for analyst in state["panel"] if analyst["id"] in held]
    return build_report(
        run={
            "id": run,
            "topic": state["topic"],
            "language": state["language"],
            "engine": state["engine"],
            "created_at": state["created_at"],
            "finished_at": state["finished_at"],
            "tertulia_version": VERSION,
        },
        title=state["title"],
        introduction=state.get("introduction", ""),
        sections=state["sections"],
        conclusion=state.get("conclusion", ""),
        panel=state["panel"],
        interviews=[{"analyst": i["analyst"], "turns": i["turns"], "reason": i["reason"]} for i in interviews],
        ledger=ledger,
        corroboration=corroboration,
        gaps=all_gaps(state),
        usage=_in_order(max(calls, state.get("usage", []), key=len)),
        invented=sum(i["invented"] for i in interviews) + sum(state.get("composed", {}).values()),
        repaired=sum(state.get("repaired", {}).values()),
        dropped=sum(state.get("dropped", {}).values()),
        unsupported=state.get("unsupported", "mark"),
        judgements=state.get("judgements", {}),
    )


def _in_order(calls: Sequence[Usage]) -> list[Usage]:
    """Calls by analyst and turn, whichever was answered first."""
    nodes = list(ROLES)
    return sorted(
        calls,
        key=lambda call: (
            nodes.index(call.get("node", "")) if call.get("node") in nodes else -1,
            call.get("analyst", ""),
            call.get("turn", 0),
        ),
    )


async def _told_by_answers(current: Step, state: ReportState, analyst_id: str, sections: Sequence[Section]) -> Section:
    """What holds of an interview's answers, as far as no section says it."""
    analyst = next(analyst for analyst in state["panel"] if analyst["id"] == analyst_id)
    answers = section_of_answers(analyst, state["interviews"][analyst_id]["turns"], state["language"])
    text = await only_what_holds(current, answers["text"], language=state["language"], topic=state["topic"])
    told = await asyncio.to_thread(drop_repetitions, [*sections, {**answers, "text": text}], state["language"])
    return told[-1]


def _brief(state: ReportState, ledger: Ledger) -> ComposeBrief:
    sections = state["sections"]
    printed = {section["analyst"] for section in sections}
    return ComposeBrief(
        topic=state["topic"],
        language=state["language"],
        sections=sections,
        excerpts=ledger.excerpts(citations_in(section["text"] for section in sections)),
        missing=[analyst["role"] for analyst in state["panel"] if analyst["id"] not in printed],
    )


async def _check(
    current: Step, state: ReportState, place: Literal["introduction", "conclusion"], excerpts: Sequence[Excerpt]
) -> CheckedText:
    return await check_and_repair(
        current,
        state.get(place, ""),
        excerpts,
        place=place,
        language=state["language"],
        topic=state["topic"],
        unsupported=state.get("unsupported", "mark"),
    )


def _taken_back(part: Literal["introduction", "conclusion"]) -> list[Gap]:
    """What takes back all that was said of a part that is there anew, or not at all."""
    return [take_back(what) for what in (part, f"{STAND_IN} {part}", f"repair {part}")]


def _keys(brief: ComposeBrief) -> set[str]:
    return {excerpt.key for excerpt in brief.excerpts}


async def _gap(what: str, error: NodeError, runtime: Runtime[Context]) -> ReportState:
    """What a handler notes. Its node has no edges of its own: it must say where to go.

    Raises:
        StorageError: nothing can be kept any more, which no gap can stand for.
    """
    require_storage(error)
    name_step(f"skip {what}")
    reason = explain(error.error)
    async with step(runtime, f"skip_{what}") as current:
        current.emit(GapFound, what=what, reason=reason)
    if isinstance(error.error, BudgetSpentError):
        reason = CAP_REACHED
    return {"gaps": [{"analyst": "", "what": what, "reason": reason}]}
