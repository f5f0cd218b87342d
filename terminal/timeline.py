"""What ran when: a run's steps from its kept events, as lanes over time, and as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from textwrap import wrap
from typing import Any, Final, NamedTuple

from ..errors import UsageError
from ..events import Event, PanelApproved, PanelChanged, PanelProposed, RunStarted, StepDone, event_from_dict
from .text import plain_line

# What a step of the graph does, in a word; a bar begins with its first letter.
KINDS: Final[Mapping[str, str]] = {
    "survey": "search",
    "search": "search",
    "propose_panel": "panel",
    "ask": "question",
    "answer": "answer",
    "write_section": "writing",
    "write_introduction": "writing",
    "write_conclusion": "writing",
    "check_section": "checking",
    "judge_section": "checking",
    "check_introduction": "checking",
    "check_conclusion": "checking",
    "assemble": "report",
}
WAITING: Final = "waiting"
FAILED: Final = "failed"
MARKS: Final[Mapping[str, str]] = {
    **{kind: kind[0] for kind in KINDS.values()},
    WAITING: ".",
    FAILED: "!",
}
_EXPLAINED: Final = {WAITING: "waits for a slot"}
_WIDEST_NAME: Final = 26
_NARROWEST: Final = 20
_BREAK: Final = "|"


class Bar(NamedTuple):
    """One step at work, or waiting for its slot; seconds since the run began, pauses left out."""

    kind: str
    turn: int
    begin: float
    end: float


@dataclass(slots=True)
class Lane:
    """What was done for one interview, or for the whole run."""

    name: str
    bars: list[Bar] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From its first step to the end of its last one."""
        return max(bar.end for bar in self.bars) - min(bar.begin for bar in self.bars) if self.bars else 0.0


@dataclass(slots=True)
class Timeline:
    """A run's lanes, the whole run's first. All times are in seconds.

    `wall` is how long it took without its pauses; `breaks` are the moments at which it went on after one, and
    `paused` is how long these were. `working` and `calling` are the sums over all steps of their work, and of their
    model calls.
    """

    run: str
    topic: str
    lanes: list[Lane]
    wall: float
    breaks: list[float]
    paused: float
    working: float
    calling: float

    @property
    def longest(self) -> Lane | None:
        """The longest interview: no run is faster than its longest conversation."""
        return max(self.lanes[1:], key=lambda lane: lane.seconds, default=None)


def read_timeline(run: str, events: Sequence[Mapping[str, Any]]) -> Timeline:
    """The timeline of a run from its kept events.

    Raises:
        UsageError: none were kept, or no step was finished yet.
    """
    known = list(_known(events))
    moments = _moments(known)
    parts = _parts(known, moments)
    whole, lanes, topic = Lane("The whole run"), dict[str, Lane](), ""
    working = calling = 0.0
    for event, moment in zip(known, moments, strict=True):
        match event:
            case RunStarted():
                topic = plain_line(event.topic)
            case PanelProposed(panel=panel) | PanelChanged(panel=panel) | PanelApproved(panel=panel):
                held = {key: lane.bars for key, lane in lanes.items()}
                lanes = {one["id"]: Lane(plain_line(one["role"]), held.get(one["id"], [])) for one in panel}
            case StepDone(analyst=analyst):
                lane = lanes.setdefault(analyst, Lane(analyst)) if analyst else whole
                lane.bars += _bars(event, _drawn(moment, parts))
                working, calling = working + event.seconds, calling + event.calling
    if not whole.bars:
        raise UsageError(
            f"Run {run} has no timeline: no finished step of it was kept.",
            hint="Runs that were made before tertulia kept events have none.",
        )
    return Timeline(
        run=run,
        topic=topic,
        lanes=[whole, *(lane for lane in lanes.values() if lane.bars)],
        wall=sum(end - begin for begin, end in parts),
        breaks=[_drawn(begin, parts) for begin, _ in parts[1:]],
        paused=sum(later - end for (_, end), (later, _) in pairwise(parts)),
        working=working,
        calling=calling,
    )


def draw(timeline: Timeline, width: int) -> Iterator[str]:
    """The timeline as lines of plain characters, none wider than `width`."""
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415 - some characters are two columns wide

    longest = max(cell_len(lane.name) for lane in timeline.lanes)
    room = min(longest, _WIDEST_NAME)
    cells = max(_NARROWEST, width - room - 12)
    yield set_cell_size(f"Run {timeline.run}: {timeline.topic}", width).rstrip()
    yield ""
    end = f"{duration(timeline.wall)}"
    yield " " * (room + 2) + "0" + end.rjust(cells - 1)
    for lane in timeline.lanes:
        drawn = "".join(_cell(lane.bars, number, cells, timeline) for number in range(cells))
        took = f"{duration(lane.seconds):>9}" if lane is not timeline.lanes[0] else ""
        yield f"{set_cell_size(lane.name, room)}  {drawn}{took}".rstrip()
    yield ""
    used = {bar.kind for lane in timeline.lanes for bar in lane.bars}
    legend = [f"{mark} {_EXPLAINED.get(kind, kind)}" for kind, mark in MARKS.items() if kind in used]
    legend += [f"{_BREAK} went on after a pause"] if timeline.breaks else []
    # Not parted at a line's end: a mark stands with its word.
    held = "   ".join(each.replace(" ", "\xa0") for each in legend)
    yield from (line.replace("\xa0", " ") for line in wrap(held, width))
    for sentence in totals(timeline):
        yield from wrap(sentence, width)


def totals(timeline: Timeline) -> Iterator[str]:
    """The timeline in sentences."""
    pauses = ""
    if timeline.breaks:
        times = "once" if len(timeline.breaks) == 1 else f"{len(timeline.breaks)} times"
        pauses = f", paused {times} ({duration(timeline.paused)})"
    yield f"Wall time: {duration(timeline.wall)}{pauses}."
    if timeline.longest is not None:
        around = max(0.0, timeline.wall - timeline.longest.seconds)
        yield (
            f"Critical path: the longest conversation, {duration(timeline.longest.seconds)} "
            f"({timeline.longest.name}), and {duration(around)} before and after it."
        )
    calls = f"model calls took {duration(timeline.calling)} in all" if timeline.calling else "no model was called"
    yield f"One after another, the steps worked {duration(timeline.working)}; {calls}."


def duration(seconds: float) -> str:
    """A duration for a person: 0.42 s, 7.3 s, 12:40, 1:02:03."""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _known(events: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    for event in events:
        # A later version may have kept types that this one does not know.
        try:
            yield event_from_dict(dict(event))
        except (KeyError, TypeError):
            continue


def _moments(events: Sequence[Event]) -> list[float]:
    """When each event was, in seconds. A clock that was put back between two parts does not make time run backwards."""
    moments: list[float] = []
    ahead = latest = 0.0
    for event in events:
        moment = datetime.fromisoformat(event.at).timestamp()
        if isinstance(event, RunStarted):
            ahead = max(0.0, latest - moment)
        moments.append(moment + ahead)
        latest = max(latest, moment + ahead)
    return moments


def _parts(events: Sequence[Event], moments: Sequence[float]) -> list[tuple[float, float]]:
    """When each part of the run began and ended: it may have paused, or have been killed, between them."""
    parts: list[tuple[float, float]] = []
    for event, moment in zip(events, moments, strict=True):
        if isinstance(event, RunStarted) or not parts:
            parts.append((moment, moment))
        else:
            parts[-1] = (parts[-1][0], max(parts[-1][1], moment))
    return parts


def _drawn(moment: float, parts: Sequence[tuple[float, float]]) -> float:
    """A moment in seconds since the run began, pauses left out."""
    return sum(max(0.0, min(moment, end) - begin) for begin, end in parts)


def _bars(step: StepDone, end: float) -> Iterator[Bar]:
    kind = KINDS.get(step.step)
    begin = max(0.0, end - step.seconds)
    if step.waited > 0 and kind:
        yield Bar(WAITING, step.turn, max(0.0, begin - step.waited), begin)
    if step.failed or kind:
        yield Bar(FAILED if step.failed else str(kind), step.turn, begin, end)


def _cell(bars: Sequence[Bar], number: int, cells: int, timeline: Timeline) -> str:
    """What most of this cell's time went to; work that is shorter than a cell is still seen."""
    size = (timeline.wall or 1.0) / cells
    begin, end = number * size, (number + 1) * size
    if any(begin <= moment < end for moment in timeline.breaks):
        return _BREAK
    shares = [(bar.kind != WAITING, min(bar.end, end) - max(bar.begin, begin), bar) for bar in bars]
    seen = [
        (works, share, bar.kind)
        for works, share, bar in shares
        if (begin <= bar.begin < end if bar.end - bar.begin < size else share >= size / 2)
    ]
    return MARKS[max(seen, key=lambda each: each[:2])[2]] if seen else " "
