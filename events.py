"""What happens in a run, as typed events: the progress view, logs and `--json` are renderings of this stream."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Final

EVENT_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event says: the run, when (ISO 8601 with zone), and whose interview and turn it belongs to."""

    type: ClassVar[str] = "event"
    run: str
    at: str
    analyst: str = ""
    turn: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The event as JSON-ready data, with its type and version."""
        return {"type": self.type, "version": EVENT_VERSION, **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A run began, or goes on (`resumed`). `trace` is the id of its LangSmith trace, if it is traced."""

    type = "run_started"
    topic: str
    engine: str
    language: str
    sources: list[str]
    resumed: bool = False
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDone(Event):
    """The first look at the sources is over."""

    type = "survey_done"
    documents: int
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelProposed(Event):
    """A panel waits for its review. `panel` holds analysts as plain data (`agents.roles.Analyst`)."""

    type = "panel_proposed"
    panel: list[dict[str, Any]]
    round: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelApproved(Event):
    """The panel is settled and the interviews begin. `estimate` is what they will use (`agents.forecast.Estimate`)."""

    type = "panel_approved"
    panel: list[dict[str, Any]]
    estimate: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked(Event):
    """An analyst asks."""

    type = "question_asked"
    question: str
    queries: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDone(Event):
    """One source was searched for one question."""

    type = "search_done"
    source: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGiven(Event):
    """The expert answered."""

    type = "answer_given"
    answer: str
    citations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewDone(Event):
    """An interview is over; `reason` says why it stopped."""

    type = "interview_done"
    turns: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionWritten(Event):
    """An interview became a section."""

    type = "section_written"
    title: str
    words: int
    citations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChecked(Event):
    """The sentences of one text were held against their passages. `failing` still do not hold after the repair."""

    type = "text_checked"
    place: str
    sentences: int
    failing: int
    repaired: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound(Event):
    """Something is missing from the report: a source that failed, an interview that failed."""

    type = "gap_found"
    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodIn(Event):
    """The fallback engine did a step that the model had failed at. `part` is `agents.fallback.Part`."""

    type = "stood_in"
    part: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Event):
    """A model server wants to be left alone for more than a minute; the run goes on by itself after `seconds`."""

    type = "waiting"
    seconds: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReported(Event):
    """Tokens and USD spent by one step (`node`) with one model; see `agents.usage.Usage`."""

    type = "usage_reported"
    role: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost: float | None = None
    estimated: bool = False
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composing(Event):
    """Introduction and conclusion are being written."""

    type = "composing"
    sections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAssembled(Event):
    """The report is whole."""

    type = "report_assembled"
    title: str
    sections: int
    sources: int
    citations: int


def _types(root: type[Event]) -> dict[str, type[Event]]:
    return {cls.type: cls for cls in root.__subclasses__()}


def event_from_dict(data: dict[str, Any]) -> Event:
    """The event that `to_dict` wrote. Keys of a newer version are ignored.

    Raises:
        KeyError: the type is unknown.
    """
    cls = _types(Event)[data["type"]]
    known = {f.name for f in fields(cls)}
    return cls(**{key: value for key, value in data.items() if key in known})
