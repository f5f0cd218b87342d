"""What happens in a run, as typed events: the live view, logs, the timeline and `--json` are renderings of this stream.

docs/events.md describes them for readers of other programs; `event_schema` makes their JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, Final

EVENT_VERSION: Final = 1
# What people, models and pages wrote: a log has it only when it is asked for everything.
_WRITTEN: Final[Mapping[str, bool]] = {"written": True}


def stamp(moment: datetime) -> str:
    """A moment as events have it: ISO 8601 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _copied(value: Any) -> Any:
    """JSON-ready data of its own: whoever listens may change what it is told, and must not change the run by it."""
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return {name: _copied(item) for name, item in value.items()} if isinstance(value, dict) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event says: the run, when (see `stamp`), and whose interview and turn it belongs to."""

    type: ClassVar[str] = "event"
    run: str
    at: str
    analyst: str = ""
    turn: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The event as JSON-ready data, with its type and version."""
        own = {each.name: _copied(getattr(self, each.name)) for each in fields(self)}
        return {"type": self.type, "version": EVENT_VERSION, **own}

    @classmethod
    def written_fields(cls) -> frozenset[str]:
        """The names of the fields that hold what people, models or pages wrote."""
        return frozenset(each.name for each in fields(cls) if each.metadata.get("written"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A run began, or goes on (`resumed`). `trace` is the id of its LangSmith trace, if it is traced."""

    type = "run_started"
    topic: str = field(metadata=_WRITTEN)
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
    panel: list[dict[str, Any]] = field(metadata=_WRITTEN)
    round: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelChanged(Event):
    """Who reviews the panel changed it, and did not approve it yet."""

    type = "panel_changed"
    panel: list[dict[str, Any]] = field(metadata=_WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelApproved(Event):
    """The panel is settled and the interviews begin. `estimate` is what they will use (`agents.forecast.Estimate`)."""

    type = "panel_approved"
    panel: list[dict[str, Any]] = field(metadata=_WRITTEN)
    estimate: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewStarted(Event):
    """An interview begins, or begins again: what was said in it before does not count.

    `persona` is its analyst as plain data: it may begin while the rest of the panel is still being written.
    """

    type = "interview_started"
    persona: dict[str, Any] = field(default_factory=dict, metadata=_WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked(Event):
    """An analyst asks. `queries` are what each source is searched for."""

    type = "question_asked"
    question: str = field(metadata=_WRITTEN)
    queries: dict[str, list[str]] = field(default_factory=dict, metadata=_WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchStarted(Event):
    """One source is asked for one question, with so many queries."""

    type = "search_started"
    source: str
    queries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDone(Event):
    """One source was searched for one question."""

    type = "search_done"
    source: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGiven(Event):
    """The expert answered; with it a turn is complete. `shown` are the keys of the passages that the expert saw."""

    type = "answer_given"
    answer: str = field(metadata=_WRITTEN)
    citations: int
    shown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewDone(Event):
    """An interview is over; `reason` says why it stopped."""

    type = "interview_done"
    turns: int
    reason: str = field(default="", metadata=_WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionWritten(Event):
    """An interview became a section, which is checked next."""

    type = "section_written"
    title: str = field(metadata=_WRITTEN)
    words: int
    citations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChecked(Event):
    """The sentences of one text were held against their passages. `failing` still do not hold after the repair.

    `place` is introduction, conclusion, or the id of the analyst whose section it is; `text` is what the check left.
    """

    type = "text_checked"
    place: str
    sentences: int
    failing: int
    repaired: int
    dropped: int
    text: str = field(default="", metadata=_WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound(Event):
    """Something is missing from the report: a source that failed, an interview that failed."""

    type = "gap_found"
    what: str = field(metadata=_WRITTEN)
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
class StepDone(Event):
    """A step of the graph is over, well or badly (`failed`). All times are in seconds.

    It waited `waited` for a slot (`--concurrency`), then worked for `seconds`, and of these `calling` went by in calls
    to models; calls that were made at the same time count each.
    """

    type = "step_done"
    step: str
    seconds: float
    waited: float = 0.0
    calling: float = 0.0
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Composing(Event):
    """Introduction and conclusion are being written."""

    type = "composing"
    sections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAssembled(Event):
    """The report is whole. `markdown` is all of it, in the form `--template report`."""

    type = "report_assembled"
    title: str = field(metadata=_WRITTEN)
    sections: int
    sources: int
    citations: int
    markdown: str = field(default="", metadata=_WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused(Event):
    """The run stops here for now and can go on: it awaits approval of its panel, or was interrupted."""

    type = "run_paused"
    status: str
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(Event):
    """The run is over: done, partial, cancelled, failed or no_evidence, and `detail` says why where it is not done.

    One that failed can be resumed all the same.
    """

    type = "run_ended"
    status: str
    exit_code: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """The last line of `--json`: what came of the command. It belongs to the process, not to the run: no event."""

    type: ClassVar[str] = "result"
    run: str
    status: str
    exit_code: int
    files: list[str] = field(default_factory=list)
    trace: str = ""
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The line as JSON-ready data, with its type and version."""
        return {"type": self.type, "version": EVENT_VERSION, **asdict(self)}


@cache
def event_types() -> dict[str, type[Event]]:
    """All types of events by name, in the order of a run."""
    return {cls.type: cls for cls in Event.__subclasses__()}


def event_from_dict(data: dict[str, Any]) -> Event:
    """The event that `to_dict` wrote. Keys of a newer version are ignored.

    Raises:
        KeyError: the type is unknown.
    """
    cls = event_types()[data["type"]]
    known = {f.name for f in fields(cls)}
    return cls(**{key: value for key, value in data.items() if key in known})
