"""How far a run is, gathered from its events: one row per analyst, and what the whole run did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..events import (
    AnswerGiven,
    Composing,
    Event,
    GapFound,
    InterviewDone,
    PanelApproved,
    PanelProposed,
    QuestionAsked,
    ReportAssembled,
    RunStarted,
    SearchDone,
    SurveyDone,
    UsageReported,
)

State = Literal["waiting", "busy", "done", "failed"]


@dataclass(slots=True)
class Row:
    """One analyst: the turn, what happens in it now, and how many documents were found so far."""

    role: str
    state: State = "waiting"
    turn: int = 0
    doing: str = ""
    found: int = 0
    searches_open: int = 0


@dataclass(slots=True)
class Board:
    """What a run did so far. `turn_limit` is how many turns an interview may have, `roles` who is who."""

    turn_limit: int
    phase: str = "Opening the sources"
    rows: dict[str, Row] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    searches: int = 0
    tokens: int = 0

    @property
    def finished(self) -> int:
        """How many interviews are over, well or badly."""
        return sum(row.state in ("done", "failed") for row in self.rows.values())

    def update(self, event: Event) -> None:
        """Take in what happened."""
        match event:
            case RunStarted():
                self.phase = "Going on" if event.resumed else "Looking at the sources"
            case SurveyDone():
                self.phase = "Proposing a panel"
            case PanelProposed():
                self.phase = "The panel is proposed"
            case PanelApproved(panel=panel):
                self.phase = "Interviews"
                self.rows = {analyst["id"]: Row(analyst["role"]) for analyst in panel}
            case UsageReported():
                self.tokens += event.input_tokens + event.output_tokens
            case Composing():
                self.phase = "Writing introduction and conclusion"
            case ReportAssembled():
                self.phase = "The report is whole"
            case _ if event.analyst:
                self._update_row(event)

    def introduce(self, panel: Sequence[Mapping[str, Any]]) -> None:
        """Say who is who in a run that goes on after its panel was approved."""
        self.roles = {analyst["id"]: analyst["role"] for analyst in panel}

    def _update_row(self, event: Event) -> None:
        # A run that goes on after an interruption does not announce its panel again: rows come as they are needed.
        row = self.rows.setdefault(event.analyst, Row(self.roles.get(event.analyst, event.analyst)))
        self.phase = "Interviews"
        match event:
            case QuestionAsked(question=question, queries=queries):
                row.state, row.turn, row.searches_open = "busy", event.turn, len(queries)
                row.doing = f"searching: {question}"
            case SearchDone(documents=documents):
                self.searches += 1
                row.found += documents
                row.searches_open -= 1
                row.doing = row.doing if row.searches_open > 0 else "answering"
            case AnswerGiven():
                last = event.turn >= self.turn_limit
                row.doing = "writing the section" if last else "considering what is still open"
            case InterviewDone(turns=turns):
                row.state, row.turn, row.doing = "done", turns, "done"
            case GapFound(what=what, reason=reason) if what.startswith("interview"):
                row.state, row.doing = "failed", f"failed: {reason}"
