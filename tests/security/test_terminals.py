"""Hostile texts on their way to a terminal: no control, escape sequence, turned direction or hidden letter arrives."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from rich.console import Console
from security.reports import poisoned

from tertulia.app import App
from tertulia.settings import load_settings
from tertulia.terminal import showing, tables
from tertulia.terminal.cards import panel_lines, show_cards
from tertulia.terminal.consoles import say

# Written here. Whole sequences, single controls, marks of direction, invisible letters, and all of these as entities.
SEQUENCES = """
\x1b[38;5;201mred|\x1b[2J|\x1b[1;1H|\x1b]0;title\x07|\x1b]8;;http://e.example\x1b\\x\x1b]8;;\x1b\\|\x1b]52;c;cm0=\x07|\x1bP+q\x1b\\
|\x1b_x\x1b\\|\x1b^x\x1b\\|\x1bX\x1b\\|\x1bc|\x1b(0|\x1b[?1049h|\x1b[6n|\x1b[20t|\x9b2J|\x9d0;x\x9c|\x90x\x9c|\x1b|\x1b[|\x1b]0;x
""".strip().split("|")
SINGLE = [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x061C, *range(0x200E, 0x2010)]
SINGLE += [*range(0x2028, 0x202F), *range(0x2060, 0x206A), 0xFEFF, *range(0xE0001, 0xE0080, 9)]
HOSTILE = [
    *(f"a{sequence}b" for sequence in SEQUENCES),
    *(f"a{chr(number)}b" for number in SINGLE),
    *(f"a&#{number};b" for number in SINGLE),
    *(
        "a&rlm;b",
        "a&ZeroWidthSpace;b",
        "&NewLine;&Tab;",
        "[bold red]markup[/]",
        "[link=http://e.example]x[/link]",
        ":bomb:",
    ),
]
STYLE = re.compile(r"\x1b\[[0-9;]*m")
STEERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


def assert_harmless(printed: str) -> None:
    assert printed
    assert "\x1b[38;5;201m" not in printed
    assert STEERS.findall(STYLE.sub("", printed)) == []


def stored() -> Iterator[App]:
    """An app with one finished run after another, whose reports hold all of the texts in turn."""
    app = App(load_settings({}))
    for turn in range(0, len(HOSTILE), 30):
        report = poisoned(HOSTILE, turn)
        run = f"run{turn}"
        app.runs.create(run, topic=HOSTILE[turn % len(HOSTILE)], request={}, now="2026-11-21T10:00:00+00:00")
        app.runs.save_report(run, report)
        app.runs.update(run, now="2026-11-21T10:00:00+00:00", status="done", title=report["title"], output="\x1b[2J")
        yield app


def shown(app: App) -> None:
    (row, *_) = app.runs.list()
    for as_json in (False, True):
        showing.show_report(app, row.id, "", as_json=as_json)
        showing.show_interview(app, row.id, 1, as_json=as_json)
        showing.show_sources(app, row.id, as_json=as_json)
        showing.show_checks(app, row.id, as_json=as_json)
        showing.show_panel(app, row.id, as_json=as_json)


def test_what_is_shown_in_a_pipe(capsys: pytest.CaptureFixture[str]):
    for app in stored():
        shown(app)
    tables.show_runs(app.runs.list())
    assert_harmless(capsys.readouterr().out)


def test_what_is_shown_in_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Rendered Markdown too: its entities are decoded after the text was cleaned."""
    stream = io.StringIO()

    def console(*, stderr: bool = True) -> Console:
        return Console(file=stream, force_terminal=True, width=80, markup=False, highlight=False, emoji=False)

    monkeypatch.setattr(showing, "open_console", console)
    monkeypatch.setattr(tables, "open_console", console)
    for app in stored():
        shown(app)
    tables.show_runs(app.runs.list())
    assert_harmless(stream.getvalue())
    assert_harmless(capsys.readouterr().out)


def test_cards_and_sentences(capsys: pytest.CaptureFixture[str]):
    """The panel as it is reviewed, its lines, and what is said on standard error."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, markup=False, highlight=False, emoji=False)
    names = ("name", "affiliation", "role", "description")
    for turn in range(len(HOSTILE)):
        texts = iter((HOSTILE * 2)[turn : turn + 8])
        panel = [{name: next(texts) for name in names}]
        review = {"topic": next(texts), "panel": panel, "feedback": [next(texts)], "rounds_left": 1}
        show_cards(console, {**review, "notice": next(texts)})
        for text in (*panel_lines(panel), next(texts)):
            say(text)
    assert_harmless(stream.getvalue())
    assert_harmless(capsys.readouterr().err)
    assert "[bold red]markup[/]" in stream.getvalue()
