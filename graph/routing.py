"""Where a run goes next: pure functions of the state. None may raise: a router that raises is skipped on resume."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.graph import END
from langgraph.types import Send

from .seats import waiting_interviews
from .state import CAP_REACHED, STAND_IN, Interview, InterviewState, ReportState


class Route(Runnable[Any, Any]):
    """A router as the graph takes it. A plain function would be a run of its own in every trace, and say nothing."""

    def __init__(self, choose: Callable[[Any], Any]) -> None:
        self.name = choose.__name__
        self._choose = choose

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002, ARG002 - their names
        """Where to go."""
        return self._choose(input)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002, ARG002
        """Where to go."""
        return self._choose(input)


def after_survey(state: ReportState) -> list[Send | str] | str:
    """Propose a panel; and send the interviews out already, to wait for their analysts, if they may begin early."""
    if not state.get("early"):
        return "propose_panel"
    return ["propose_panel", *(Send("interview", task) for task in waiting_interviews(state))]


def after_interview(state: ReportState) -> str:
    """On to the sections; where the panel was written meanwhile, its review comes first and sends on from there."""
    return "collect_sections" if state.get("panel") else END


def after_review(state: ReportState) -> list[Send] | str:
    """Approved: the interviews that are missing. Otherwise propose again, review again, or end."""
    match state.get("decision"):
        case "approved":
            return missing_interviews(state) or "collect_sections"
        case "revise":
            return "propose_panel"
        case "cancelled":
            return END
        case _:
            return "review_panel"


def missing_interviews(state: ReportState) -> list[Send]:
    """One task per analyst whose interview is not there or was cut short by the cap, or whose section is not written.

    What began early was tried already: it is sent out again only by a retry.
    """
    panel, held = state.get("panel", []), state.get("interviews", {})
    whole = {analyst for analyst, interview in held.items() if _is_whole(interview)}
    tried = {*held, *(analyst for analyst, reason in state.get("failed", {}).items() if reason)}
    return [
        Send(
            "interview",
            {
                "topic": state["topic"],
                "language": state["language"],
                "turn_limit": state["turn_limit"],
                "analyst": analyst,
                "panel": panel,
                "survey": state.get("survey", []),
                "unsupported": state.get("unsupported", "mark"),
                **_said_before(state, held.get(analyst["id"])),
            },
        )
        for analyst in panel
        if analyst["id"] not in (tried if state.get("early") else whole)
    ]


def _is_whole(interview: Interview) -> bool:
    """Whether its section is written, and of all that was to be asked."""
    return not interview.get("unwritten") and interview["reason"] != CAP_REACHED


def _said_before(state: ReportState, interview: Interview | None) -> InterviewState:
    """What an interview begins with: nothing, or what an earlier try brought.

    One that the cap cut short goes on where it stopped; of any other only the section is missing.
    """
    if interview is None:
        return {}
    before: InterviewState = {
        "turns": interview["turns"],
        "draft": interview["section"],
        "told": len(interview["turns"]),
        "unwritten": interview.get("unwritten", ""),
        "invented": interview["invented"],
        "gaps": [gap for gap in state.get("gaps", []) if gap["analyst"] == interview["analyst"]],
    }
    if interview["reason"] == CAP_REACHED:
        cut = [gap for gap in before["gaps"] if gap["what"].startswith("questions ") and gap["reason"] == CAP_REACHED]
        return {**before, "gaps": [gap for gap in before["gaps"] if gap not in cut]}
    return {**before, "question": {"text": "", "queries": {}, "done": True, "reason": interview["reason"]}}


def after_sections(state: ReportState) -> list[str] | Send | str:
    """Compose when there is something to compose from, and not composed yet; otherwise the run ends with its failure.

    What the fallback engine wrote is written again, and stays where the model fails again.
    """
    if not state.get("sections"):
        return END
    stood_in = {gap["what"] for gap in state.get("gaps", [])}
    parts: list[Literal["introduction", "conclusion"]] = ["introduction", "conclusion"]
    missing = [part for part in parts if not state.get(part) or f"{STAND_IN} {part}" in stood_in]
    # Sent, as only a retry that brought nothing goes this way: it is no edge of the graph that people are shown.
    return [f"write_{part}" for part in missing] or Send("assemble", state)


def after_question(state: InterviewState) -> list[Send] | Literal["write_section"]:
    """One search task per source, or the end of the interview."""
    question, turn = state["question"], len(state.get("turns", [])) + 1
    if question["done"]:
        return _after_last(state)
    return [
        Send(
            "search",
            {
                "source": name,
                "queries": queries,
                "turn": turn,
                "question": question["text"],
                "language": state["language"],
                "analyst": state["analyst"]["id"],
            },
        )
        for name, queries in question["queries"].items()
    ]


def after_answer(state: InterviewState) -> list[Send] | Literal["ask", "write_section"]:
    """Ask again until the turn limit, or until the cap ends it; no model is asked whether to stop when these say so."""
    goes_on = len(state.get("turns", [])) < state["turn_limit"] and not state["question"]["done"]
    return "ask" if goes_on else _after_last(state)


def is_told(state: InterviewState) -> bool:
    """Whether a section of an earlier try tells all that was said."""
    return state.get("told") == len(state.get("turns", []))


def _after_last(state: InterviewState) -> list[Send] | Literal["write_section"]:
    """On to the section. Where an earlier try had written all that was said, the interview ends as it was when the cap
    cut it short again, and is complete when there was nothing more to ask.
    """
    if not is_told(state) or state.get("unwritten"):
        return "write_section"
    # Sent, or nowhere: only a retry that brought nothing goes these ways, and they are no edges that people are shown.
    return [] if state["question"]["reason"] == CAP_REACHED else [Send("check_section", state)]
