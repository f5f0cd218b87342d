"""A run's timeline: what ran when, from its events, at the width that there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len

from tertulia.errors import UsageError
from tertulia.events import Event, PanelApproved, RunPaused, RunStarted, StepDone, stamp
from tertulia.terminal.timeline import draw, read_timeline, totals
from tertulia.terminal.timeline_svg import draw_svg

BEGAN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PANEL = [{"id": "a1", "role": "Millers"}, {"id": "a2", "role": "潮汐磨坊的历史学家与工程师们以及其他人"}]


def at(moment: float, event: type[Event], **fields: Any) -> dict[str, Any]:
    return event(run="r", at=stamp(BEGAN + timedelta(seconds=moment)), **fields).to_dict()


def step(end: float, name: str, seconds: float, **fields: Any) -> dict[str, Any]:
    return at(end, StepDone, step=name, seconds=seconds, **fields)


def started(seconds: float, *, resumed: bool = False) -> dict[str, Any]:
    told = {"topic": "Tidal <mills>", "engine": "x", "language": "", "sources": [], "resumed": resumed}
    return at(seconds, RunStarted, **told)


# Ten seconds, a pause of a day, and thirty seconds in which one interview waits for a slot and then fails.
EVENTS = [
    started(0),
    step(4, "survey", 4),
    step(10, "propose_panel", 6, calling=5.5),
    at(10, RunPaused, status="awaiting_approval", exit_code=3),
    started(86_410, resumed=True),
    at(86_410, PanelApproved, panel=PANEL),
    step(86_415, "ask", 5, analyst="a1", turn=1, calling=5),
    step(86_419, "search", 4, analyst="a1", turn=1),
    step(86_420, "ask", 3, analyst="a2", turn=1, waited=7, failed=True),
    step(86_425, "answer", 6, analyst="a1", turn=1, calling=6),
    step(86_430, "write_section", 5, analyst="a1", calling=4.5),
    step(86_440, "assemble", 2),
    {"type": "thought", "version": 1, "run": "r", "at": "", "analyst": "", "turn": 0},
]


def test_a_timeline_is_drawn_without_colour_in_eighty_columns():
    """The first part takes a quarter of the time without the pause, and a bar stands where it went on."""
    lines = list(draw(read_timeline("r", EVENTS), 80))
    assert lines[:8] == [
        "Run r: Tidal <mills>",
        "",
        "                            0                                   40.0 s",
        "The whole run               sssspppppp|                             rr",
        "Millers                               |qqqqqssssaaaaaawwwwww             20.0 s",
        "潮汐磨坊的历史学家与工程师            |.......!!!                        10.0 s",
        "",
        "s search   p panel   q question   a answer   w writing   r report",
    ]
    assert max(cell_len(line) for line in lines) <= 80


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_timeline_fits_its_width(width: int):
    assert max(cell_len(line) for line in draw(read_timeline("r", EVENTS), width)) <= max(width, 60)


def test_a_timeline_says_what_a_run_waited_for():
    """Wall time without the pause, the longest conversation, and the sum of the time of model calls."""
    assert list(totals(read_timeline("r", EVENTS))) == [
        "Wall time: 40.0 s, paused once (24:00:00).",
        "Critical path: the longest conversation, 20.0 s (Millers), and 20.0 s before and after it.",
        "One after another, the steps worked 35.0 s; model calls took 21.0 s in all.",
    ]


def test_a_picture_is_whole_without_scripts_and_told_in_words():
    svg = draw_svg(read_timeline("r", EVENTS))
    root = ET.fromstring(svg)
    named = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert named == {"svg", "title", "desc", "style", "rect", "line", "text"}
    assert root.attrib["role"] == "img"
    title, description, style = (element.text or "" for element in list(root)[:3])
    assert title == "Timeline of run r: Tidal <mills>"
    assert "Interview Millers: from 10.0 s to 30.0 s." in description
    assert "prefers-color-scheme:dark" in style
    assert "url(" not in style
    labels = [element.text for element in root.iter() if element.tag.endswith("title")]
    assert "answer, turn 1: 6.0 s" in labels
    assert "failed, turn 1: 3.0 s" in labels
    assert "The run paused here and went on later." in labels


def test_a_clock_that_was_put_back_breaks_nothing():
    """Times are those of the machine: a part that seems to begin before the last one ended is drawn after it."""
    timeline = read_timeline("r", [*EVENTS[:4], started(-3600, resumed=True), step(-3590, "survey", 5)])
    assert timeline.paused == 0
    assert all(len(line) <= 80 for line in draw(timeline, 80))


@pytest.mark.parametrize("events", [[], EVENTS[:1]])
def test_without_a_finished_step_there_is_no_timeline(events: list[dict[str, Any]]):
    with pytest.raises(UsageError, match="no timeline"):
        read_timeline("r", events)
