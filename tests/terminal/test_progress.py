"""What is shown while a run goes on."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console
from wcwidth import wcswidth

from tertulia.events import (
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
    StepDone,
    SurveyDone,
    UsageReported,
    Waiting,
)
from tertulia.terminal.board import Board
from tertulia.terminal.pace import Pace, roughly
from tertulia.terminal.picture import NO_LIMITS, Limits, Picture, elapsed
from tertulia.terminal.progress import LiveView, PlainView, QuietView

SAID: dict[str, Any] = {"run": "r1", "at": "2026-11-21T12:00:00+00:00"}


def panel(size: int, role: str = "Role") -> list[dict[str, Any]]:
    return [
        {"id": f"a{n}", "name": f"Person {n}", "affiliation": "", "role": f"{role} {n}", "description": f"Focus {n}"}
        for n in range(1, size + 1)
    ]


def interview(analyst: str, question: str = "How many?") -> list[Event]:
    """The events of an interview of one turn over two sources."""
    told: dict[str, Any] = {**SAID, "analyst": analyst, "turn": 1}
    return [
        QuestionAsked(**told, question=question, queries={"documents": ["x"], "web": ["y"]}),
        SearchDone(**told, source="documents", documents=3, passages=9),
        SearchDone(**told, source="web", documents=2, passages=4),
        AnswerGiven(**told, answer="Five.", citations=1),
        InterviewDone(**told, turns=1, reason="turn limit"),
    ]


def begin(size: int, role: str = "Role") -> list[Event]:
    return [
        RunStarted(**SAID, topic="Land", engine="extractive", language="en", sources=["documents"]),
        SurveyDone(**SAID, documents=12, passages=34),
        PanelProposed(**SAID, panel=panel(size, role)),
        PanelApproved(**SAID, panel=panel(size, role)),
    ]


END = [Composing(**SAID, sections=2), ReportAssembled(**SAID, title="Land", sections=2, sources=5, citations=8)]


def test_the_board_follows_an_interview():
    board = Board(turn_limit=1)
    states = []
    for event in [*begin(1), *interview("a1")]:
        board.update(event)
        states += [(row.state, row.turn, row.doing, row.found) for row in board.rows.values()]
    assert states == [
        ("waiting", 0, "", 0),
        ("busy", 1, "searching documents, web", 0),
        ("busy", 1, "searching web", 3),
        ("busy", 1, "answering", 5),
        ("busy", 1, "writing the section", 5),
        ("done", 1, "done", 5),
    ]
    board.update(UsageReported(**SAID, role="expert", model="m", calls=1, input_tokens=1000, output_tokens=200))
    assert (board.searches, board.tokens, board.finished) == (2, 1200, 1)


def test_a_failed_interview_is_not_a_failed_source():
    board = Board(turn_limit=2)
    for event in begin(2):
        board.update(event)
    board.update(GapFound(**SAID, analyst="a1", what="source web", reason="It is closed."))
    board.update(GapFound(**SAID, analyst="a2", what="interview Role 2", reason="The model is away."))
    assert [row.state for row in board.rows.values()] == ["waiting", "failed"]


def test_a_run_that_goes_on_knows_who_is_who():
    """Its panel is not announced again: rows come with the first event of each interview."""
    board = Board(turn_limit=1)
    board.introduce(panel(3))
    for event in interview("a2"):
        board.update(event)
    assert [row.role for row in board.rows.values()] == ["Role 2"]


def test_a_log_gets_a_few_plain_lines():
    lines: list[str] = []
    view = PlainView(1, lines.append)
    view.note("Loaded 3 documents.")
    view.note("Loaded 3 documents.")
    gap = GapFound(**SAID, analyst="a1", what="source web", reason="It is closed.")
    wait = Waiting(**SAID, analyst="a1", seconds=90, reason="The model server at http://h asks to wait 90 seconds.")
    for event in [*begin(2), *interview("a2"), gap, gap, wait, *interview("a1"), *END]:
        view.show(event)
    assert lines == [
        "Loaded 3 documents.",
        "Looked at 12 documents, 34 passages.",
        "Panel:",
        "1. Role 1 (Person 1): Focus 1",
        "2. Role 2 (Person 2): Focus 2",
        "Interview 1/2 done: Role 2 (turns 1, documents found 5)",
        "Missing: source web: It is closed.",
        "The model server at http://h asks to wait 90 seconds. The run goes on by itself after that.",
        "Interview 2/2 done: Role 1 (turns 1, documents found 5)",
        "The report has 2 sections, 5 sources and 8 citations.",
    ]


def picture(
    events: list[Event],
    *,
    width: int = 80,
    height: int = 24,
    encoding: str = "utf-8",
    limits: Limits = NO_LIMITS,
    board: Board | None = None,
) -> list[str]:
    """What the live view draws after these events, 83 seconds into the run."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=screen, width=width, height=height, markup=False, highlight=False, emoji=False)
    board = board or Board(2)
    for event in events:
        board.update(event, 80.0)
    console.print(Picture(board, 83.0, limits))
    screen.flush()
    screen.seek(0)
    return [line.rstrip() for line in screen.read().splitlines()]


def test_the_picture_has_a_line_for_the_run_and_one_per_analyst():
    told: dict[str, Any] = {**SAID, "analyst": "a2", "turn": 1}
    asked = QuestionAsked(**told, question="How many?", queries={"web": ["y"]})
    lines = picture([*begin(3), *interview("a1"), asked])
    assert lines[0].split() == ["Interviews", "1/3", "1:23"]
    assert lines[1] == "searches 2"
    assert [line.split()[1:] for line in lines[2:5]] == [
        ["Role", "1", "1/2", "done", "found", "5"],
        ["Role", "2", "1/2", "searching", "web", "found", "0"],
        ["Role", "3", "waiting"],
    ]
    assert lines[5:] == ["Role 2 asks: How many?", "Role 1 is told: Five."]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_picture_never_wraps(width: int):
    """Long and hostile words, wide letters: one line each, narrower than the terminal, without escapes."""
    question = "\x1b[2J[red]何がどれくらい[/red] " * 20
    lines = picture([*begin(4, "役割\x07 of a very long name " * 5), *interview("a1", question)[:1]], width=width)
    assert len(lines) == 7
    widths = [sum(2 if ord(c) > 0x2E80 else 1 for c in line) for line in lines]
    assert max(widths) < width
    assert not [line for line in lines if "\x1b" in line or "\x07" in line]


def test_the_picture_fits_the_height_and_keeps_those_at_work():
    """Sixty analysts on twenty lines: the busy ones are shown, the others counted."""
    busy = [event for n in (40, 50, 60) for event in interview(f"a{n}")[:1]]
    lines = picture([*begin(60), *busy], height=20)
    assert len(lines) < 20
    assert [n for n in (40, 50, 60) if any(f"Role {n} " in line for line in lines)] == [40, 50, 60]
    assert [line.strip() for line in lines if "more" in line] == ["and 46 more"]


def test_the_picture_can_be_drawn_in_ascii():
    lines = picture([*begin(2), *interview("a1")], encoding="ascii")
    assert lines[2].startswith("+ Role 1")
    assert all(line.isascii() for line in lines)


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_the_picture_fits_where_letters_cannot_be_shown(encoding: str):
    """On a code page of Windows what has no letter is a question mark, not an escape of six characters."""
    lines = picture([*begin(2, "役割 ñandú 👩\u200d🌾"), *interview("a1", "何がどれくらい " * 9)], encoding=encoding)
    assert "?" in lines[2]
    assert max(map(len, lines)) < 80


def test_what_is_wide_is_measured_alike_everywhere():
    """Wide letters, marks that combine and joined pictures leave the columns where they are."""
    names = ["役割" * 30, "e\u0301" * 60, "👩\u200d🌾👍\U0001f3fd❤\ufe0f" * 9, "plain"]
    panel_ = [{**each, "role": name} for each, name in zip(panel(4), names, strict=True)]
    lines = picture([PanelApproved(**SAID, panel=panel_), *(e for n in range(1, 5) for e in interview(f"a{n}"))])
    ends = {wcswidth(line[: line.index(" 1/2 ")]) for line in lines[2:6]}
    assert len(ends) == 1
    assert not set("\u200d\ufe0f\U0001f3fd") & set("".join(lines))


def used(tokens: int, cost: float | None) -> UsageReported:
    return UsageReported(**SAID, role="expert", model="m", calls=1, input_tokens=tokens, output_tokens=0, cost=cost)


@pytest.mark.parametrize(
    ("spent", "limits", "line"),
    [
        ([used(1200, 0.031)], Limits(50_000, 0.5), "tokens 1,200 of 50,000   cost 0.03 of 0.50 USD"),
        ([used(1200, 0.031)], NO_LIMITS, "tokens 1,200   cost 0.03 USD"),
        ([used(1200, 0.0)], NO_LIMITS, "tokens 1,200"),
        ([used(1200, 0.0)], Limits(cost=2), "tokens 1,200   cost 0.00 of 2.00 USD"),
        ([used(1200, None), used(800, 0.1)], Limits(cost=2), "tokens 2,000   cost not known"),
    ],
)
def test_what_was_spent_stands_beside_its_cap(spent: list[Event], limits: Limits, line: str):
    assert picture([*begin(1), *spent], limits=limits)[1] == line


def test_what_earlier_parts_of_a_run_spent_counts():
    """The cap is the run's, not the process's."""
    board = Board(2, tokens=1000, cost=0.25)
    lines = picture([used(200, 0.05)], limits=Limits(cost=1), board=board)
    assert lines[1] == "tokens 1,200   cost 0.30 of 1.00 USD"


def took(step: str, seconds: float, waited: float = 0.0, **more: Any) -> StepDone:
    return StepDone(**SAID, step=step, seconds=seconds, waited=waited, **more)


def test_what_is_left_is_guessed_from_the_steps_of_this_run():
    """Nothing before a whole turn was seen; then the longest interview and what is written after it."""
    board = Board(2)
    for event in [*begin(2), *interview("a1")[:3]]:
        board.update(event, 100.0)
    board.update(took("ask", 4), 100.0)
    board.update(took("search", 1, waited=1), 100.0)
    assert board.left(100.0) is None
    board.update(took("answer", 10), 100.0)
    board.update(took("answer", 900, failed=True), 100.0)
    # The second interview: two turns of 4 + 2 + 10, a section like an answer, its check like a question; then
    # the introduction, likewise.
    assert board.left(100.0) == 2 * 16 + 14 + 14
    assert board.left(9000.0) == 60
    for event in interview("a2")[:1]:
        board.update(event, 200.0)
    assert [board.left(now) for now in (200.0, 201.0, 202.0, 203.0)] == [56, 55, 54, 54]
    board.update(Composing(**SAID, sections=2), 300.0)
    assert [board.left(now) for now in (300.0, 306.0, 900.0)] == [14, 8, 4]


def test_an_estimate_is_never_negative_and_says_about():
    durations = (0.4, 10, 11, 50, 51, 61, 3540, 3541, 4900)
    assert ", ".join(map(roughly, durations)) == (
        "a few seconds, a few seconds, about 20 s, about 50 s, about 1 min, about 2 min, about 59 min, about 1 h, "
        "about 1 h 30 min"
    )
    assert Pace({"ask": 3.0}, {"ask": 1}).left(["ask"], spent=100) == 0


def test_the_live_view_leaves_a_summary_and_no_picture():
    screen = io.StringIO()
    console = Console(file=screen, width=80, force_terminal=True, color_system=None, _environ={})
    view = LiveView(console, 1)
    view.begin([])
    for event in [*begin(1), *interview("a1"), *END]:
        view.show(event)
    view.close()
    assert "The report has 2 sections, 5 sources and 8 citations. 0:00." in screen.getvalue().splitlines()[-1]


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]):
    view = QuietView()
    view.begin([])
    view.note("Loaded.")
    for event in [*begin(1), *END]:
        view.show(event)
    view.pause()
    view.close()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("seconds", "shown"), [(7.9, "0:07"), (760, "12:40"), (3723, "1:02:03")])
def test_a_duration_reads_like_a_clock(seconds: float, shown: str):
    assert elapsed(seconds) == shown
