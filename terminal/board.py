"""How far a run is, gathered from its events: one row per analyst, and what the whole run did."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from ..events import (
    AnswerGiven,
    Composing,
    Event,
    GapFound,
    InterviewDone,
    InterviewStarted,
    PanelApproved,
    PanelProposed,
    QuestionAsked,
    ReportAssembled,
    RunEnded,
    RunPaused,
    RunStarted,
    SearchDone,
    SectionWritten,
    StepDone,
    SurveyDone,
    UsageReported,
)
from ..evidence.claims import MARKER
from .pace import COMPOSING, Pace, interview_steps

_WRITING: Final = ("write_section", "writing the section")
_ASKING_ON: Final = ("ask", "considering what is still open")
_MARKER: Final = re.compile(rf"[ \t]*{MARKER.pattern}")

State = Literal["waiting", "busy", "done", "failed"]


class Said(NamedTuple):
    """Words of an interview, and the role of the analyst whose interview it is."""

    role: str
    text: str


@dataclass(slots=True)
class Row:
    """One analyst: the turn, what happens in it now, and how many documents were found so far.

    `step` is the step of the interview that is under way, since the moment `since`; empty before it and after it.
    """

    role: str
    state: State = "waiting"
    turn: int = 0
    doing: str = ""
    found: int = 0
    step: str = ""
    since: float = 0.0
    searching: list[str] = field(default_factory=list)

    def begin(self, step: str, doing: str, now: float) -> None:
        """Go on to another step."""
        self.state, self.step, self.doing, self.since = "busy", step, doing, now

    def search(self, sources: list[str], now: float) -> None:
        """Search these sources still; with the last one of them the answer begins."""
        self.searching = sources
        if not sources:
            self.begin("answer", "answering", now)
        elif self.step == "search":
            self.doing = f"searching {', '.join(sources)}"
        else:
            self.begin("search", f"searching {', '.join(sources)}", now)

    def end(self, state: State, doing: str) -> None:
        """The interview is over."""
        self.state, self.step, self.doing = state, "", doing


@dataclass(slots=True)
class Board:
    """What a run did so far. `turn_limit` is how many turns an interview may have, `roles` who is who.

    `tokens` and `cost` (USD) begin with what earlier parts of the run used; `cost` is None when a price is not known.
    """

    turn_limit: int
    phase: str = "Opening the sources"
    rows: dict[str, Row] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    searches: int = 0
    tokens: int = 0
    cost: float | None = 0.0
    question: Said | None = None
    answer: Said | None = None
    pace: Pace = field(default_factory=Pace)
    composing_since: float | None = None
    is_over: bool = False

    @property
    def finished(self) -> int:
        """How many interviews are over, well or badly."""
        return sum(row.state in ("done", "failed") for row in self.rows.values())

    def left(self, now: float) -> float | None:
        """How many seconds the run will still take, from what its own steps took; None when nothing can be said.

        It is done when the longest interview is, and introduction and conclusion are written.
        """
        if self.composing_since is not None:
            return self.pace.left(COMPOSING, now - self.composing_since)
        if not self.rows:
            return None
        lefts = [self._left_of(row, now) for row in self.rows.values()]
        known = [left for left in (*lefts, self.pace.left(COMPOSING, 0.0)) if left is not None]
        return max(known[:-1]) + known[-1] if len(known) > len(lefts) else None

    def _left_of(self, row: Row, now: float) -> float | None:
        if row.state in ("done", "failed"):
            return 0.0
        steps = interview_steps(row.turn, row.step or "ask", self.turn_limit)
        return self.pace.left(steps, now - row.since if row.step else 0.0)

    def update(self, event: Event, now: float = 0.0) -> None:
        """Take in what happened at the moment `now`, in seconds of any clock."""
        match event:
            case UsageReported():
                self.tokens += event.input_tokens + event.output_tokens
                self.cost = None if event.cost is None or self.cost is None else self.cost + event.cost
            case StepDone():
                self.pace.note(event)
            case _ if event.analyst:
                self._update_row(event, now)
            case _:
                self._update_phase(event, now)

    def introduce(self, panel: Sequence[Mapping[str, Any]]) -> None:
        """Say who is who in a run that goes on after its panel was approved."""
        self.roles = {analyst["id"]: analyst["role"] for analyst in panel}

    def _update_phase(self, event: Event, now: float) -> None:
        match event:
            case RunStarted():
                self.phase, self.is_over = "Going on" if event.resumed else "Looking at the sources", False
            case SurveyDone():
                self.phase = "Proposing a panel"
            case PanelProposed():
                self.phase = "The panel is proposed"
            case PanelApproved(panel=panel):
                self.phase = "Interviews"
                # Some may have begun while the panel was being written.
                self.rows = {a["id"]: self.rows.get(a["id"]) or Row(a["role"]) for a in panel}
            case Composing():
                self.phase, self.composing_since = "Writing introduction and conclusion", now
                self.question = self.answer = None
            case ReportAssembled():
                self.phase, self.is_over = "The report is whole", True
            case RunPaused() | RunEnded():
                self.is_over = True

    def _update_row(self, event: Event, now: float) -> None:
        # A run that goes on after an interruption does not announce its panel again: rows come as they are needed.
        row = self.rows.setdefault(event.analyst, Row(self.roles.get(event.analyst, event.analyst)))
        self.phase = "Interviews"
        match event:
            case InterviewStarted(persona=persona):
                row.role = persona.get("role") or row.role
                row.turn = 0
                row.begin("ask", "thinking of a question", now)
            case QuestionAsked(question=question, queries=queries):
                row.turn = event.turn
                self.question = Said(row.role, question)
                row.search(list(queries), now)
            case SearchDone(documents=documents, source=source):
                self.searches += 1
                row.found += documents
                row.search([name for name in row.searching if name != source], now)
            case AnswerGiven(answer=answer):
                row.turn = event.turn
                self.answer = Said(row.role, _MARKER.sub("", answer))
                last = event.turn >= self.turn_limit
                row.begin(*(_WRITING if last else _ASKING_ON), now)
            case SectionWritten():
                row.begin("check_section", "checking the section", now)
            case InterviewDone(turns=turns):
                row.turn = turns
                row.end("done", "done")
            case GapFound(what=what, reason=reason) if what.startswith("interview"):
                row.end("failed", f"failed: {reason}")
