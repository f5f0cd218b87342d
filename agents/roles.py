"""The roles of a run and what they exchange: analysts, questions, answers, sections.

What travels through the graph's state is plain data (TypedDict); what a role is asked with is a frozen brief.
Who plays the roles is an `Engine`: a language model, or the extractive one. Nobody else needs to know which.

Cited text is Markdown in which a sentence carries the keys of its passages in brackets before its final
full stop, each key in brackets of its own: `The portal has an API [k7qdm4][m3xz8a].`
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NotRequired, Protocol

from typing_extensions import TypedDict

from ..evidence.passages import Excerpt
from .prices import Rate


class Analyst(TypedDict):
    """One member of the panel. `id` is stable for a run (`a1`, `a2`, …); a locked analyst never changes."""

    id: str
    name: str
    affiliation: str
    role: str
    description: str
    locked: NotRequired[bool]


class Question(TypedDict):
    """The next question and, per source name, one to three queries; or `done` with the reason to stop."""

    text: str
    queries: dict[str, list[str]]
    done: bool
    reason: str


class Turn(TypedDict):
    """One question and its answer. `shown` are the keys that the expert saw, best first."""

    number: int
    question: str
    queries: dict[str, list[str]]
    shown: list[str]
    answer: str


class Section(TypedDict):
    """What one interview becomes. `text` is cited Markdown without its own heading."""

    analyst: str
    title: str
    text: str


class Opening(TypedDict):
    """The report's title, which says the finding, and its introduction as cited Markdown."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PanelBrief:
    """What the planner is asked with. `feedback` is all of it so far, oldest first; `previous` the last panel.

    Analysts in `previous` that are locked, or that the feedback does not touch, come back unchanged.
    """

    topic: str
    language: str
    size: int
    survey: Sequence[Excerpt]
    feedback: Sequence[str] = ()
    previous: Sequence[Analyst] = ()


@dataclass(frozen=True, slots=True)
class QuestionBrief:
    """What the interviewer is asked with. `sources` are the names of the sources that can be searched."""

    topic: str
    language: str
    analyst: Analyst
    panel: Sequence[Analyst]
    survey: Sequence[Excerpt]
    turns: Sequence[Turn]
    turn_limit: int
    sources: Sequence[str]

    @property
    def focus(self) -> str:
        """What is asked first when there is no better question."""
        return self.analyst["description"] or self.topic


@dataclass(frozen=True, slots=True)
class AnswerBrief:
    """What the expert is asked with: the question and the excerpts found for it, best first."""

    topic: str
    language: str
    analyst: Analyst
    turns: Sequence[Turn]
    question: str
    excerpts: Sequence[Excerpt]


@dataclass(frozen=True, slots=True)
class SectionBrief:
    """What the section writer is asked with: the interview, and every excerpt that its expert saw."""

    topic: str
    language: str
    analyst: Analyst
    panel: Sequence[Analyst]
    turns: Sequence[Turn]
    excerpts: Sequence[Excerpt]


@dataclass(frozen=True, slots=True)
class ComposeBrief:
    """What introduction and conclusion are written from: the sections, and the excerpts that they cite."""

    topic: str
    language: str
    sections: Sequence[Section]
    excerpts: Sequence[Excerpt]
    missing: Sequence[str] = field(default=())


class Judgement(TypedDict):
    """What a model says of one sentence: `status` as in `evidence.checks.Verdict`, and why, in a sentence."""

    status: Literal["supported", "partly", "unsupported"]
    reason: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A sentence with its markers, the excerpts it may be held against, and what is wrong with it, if that is known."""

    sentence: str
    excerpts: Sequence[Excerpt]
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReviewBrief:
    """What the reviewer is asked with: some sentences of one text."""

    topic: str
    language: str
    claims: Sequence[Claimed]


Seat = Callable[[Analyst, Sequence[str]], None]
"""Told of an analyst of a panel that is still being proposed, with the roles of the whole panel."""


class Planner(Protocol):
    """Who invites the panel."""

    async def propose_panel(self, brief: PanelBrief) -> list[Analyst]:
        """A panel of exactly `brief.size` analysts with different names and roles, ids `a1`… in order.

        Raises:
            EngineError: the panel cannot be proposed.
            NoEvidenceError: this planner needs evidence and the survey is empty.
        """
        ...


class Interviewer(Protocol):
    """Who asks."""

    async def ask(self, brief: QuestionBrief) -> Question:
        """The next question with its queries, or that the interview is complete."""
        ...


class Expert(Protocol):
    """Who answers, only from the excerpts."""

    async def answer(self, brief: AnswerBrief) -> str:
        """Cited Markdown. When the excerpts do not tell, a sentence that says so, without citations."""
        ...


class Writer(Protocol):
    """Who writes what is printed."""

    async def write_section(self, brief: SectionBrief) -> Section:
        """The section of one interview; an empty text when the interview found nothing."""
        ...

    async def write_introduction(self, brief: ComposeBrief) -> Opening:
        """The title and the introduction. Cites only keys that the sections cite."""
        ...

    async def write_conclusion(self, brief: ComposeBrief) -> str:
        """The conclusion as cited Markdown. Cites only keys that the sections cite."""
        ...


class Reviewer(Protocol):
    """Who mends and judges sentences."""

    async def repair(self, brief: ReviewBrief) -> list[str]:
        """For each claim, in order, the corrected sentence with its citations, or "" when it cannot be corrected.

        One model call for all of them. Raises EngineError.
        """
        ...

    async def judge(self, brief: ReviewBrief) -> list[Judgement]:
        """For each claim, in order, whether its excerpts support it. One model call for all. Raises EngineError."""
        ...

    async def close(self) -> None:
        """Give up what is kept open between calls; nothing is asked after that."""
        ...


async def _nothing_to_close() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Engine:
    """Who plays the roles. `name` is `extractive` or the model's `provider:name`, as the report prints it; models
    that play single roles follow in parentheses.

    Without a `reviewer` nothing is repaired: quoted sentences need none. `stream_panel` proposes a new panel as the
    planner does, and seats its analysts one by one as they become known, in order; what it returns holds these
    unchanged. None where panels come whole. `rates` are the prices of each role's model, by the role's name; None for
    one that is not known. `close` gives up what is kept open between calls; nothing is asked after that.
    """

    name: str
    planner: Planner
    interviewer: Interviewer
    expert: Expert
    writer: Writer
    reviewer: Reviewer | None = None
    stream_panel: Callable[[PanelBrief, Seat], Awaitable[list[Analyst]]] | None = None
    rates: Mapping[str, Rate | None] = field(default_factory=dict)
    close: Callable[[], Awaitable[None]] = _nothing_to_close

    @property
    def is_extractive(self) -> bool:
        """Whether no language model is involved."""
        return self.name == "extractive"
