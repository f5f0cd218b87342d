"""What a person sees at 80 columns and at 200, in the middle of a run, at its end, and afterwards: kept as text."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from command import World, world
from screen import SCREENS, Screen, same_every_time
from servers.openai import play_every_role


class Gate:
    """A model that answers so many questions, and then waits until it is opened."""

    def __init__(self, answers: int) -> None:
        self._left = answers
        self._lock = threading.Lock()
        self._opened = threading.Event()

    def __call__(self, body: dict[str, Any]) -> str:
        if str(body["messages"][0]["content"]).startswith("You are an expert who"):
            with self._lock:
                self._left -= 1
                waits = self._left < 0
            if waits:
                assert self._opened.wait(120)
        return play_every_role(body)

    def open(self) -> None:
        self._opened.set()


@contextmanager
def gated(answers: int) -> Iterator[tuple[World, Gate, list[str]]]:
    """A world whose model stops after so many answers, and the arguments of a run in it, one step at a time."""
    gate = Gate(answers)
    with world(gate) as there:
        try:
            yield there, gate, [*there.report_arguments, "--concurrency", "1", "--max-cost", "0.5"]
        finally:
            gate.open()


def test_a_run_at_80_columns_is_resized_and_interrupted():
    """Cards, the picture of the interviews, a smaller and a larger terminal, Ctrl-C: nothing of the picture stays."""
    with gated(1) as (there, gate, arguments), Screen(*arguments, environment=there.environment) as screen:
        screen.shows("review-80x24", "Anything else is feedback")
        screen.type("a\r")
        screen.shows("interviews-80x24", "is told", "answering")
        screen.resize(60, 16)
        screen.shows("interviews-resized-60x16", "is told", "answering")
        screen.resize(100, 30)
        screen.shows("interviews-resized-100x30", "is told", "answering")
        screen.type("\x03")
        screen.shows("interrupted-100x30", "Interrupted")
        gate.open()
        assert screen.ends() == 130
        assert screen.cursor_is_shown
        assert b"\x1b[2J" not in screen.written


@pytest.mark.long
def test_a_run_at_200_columns_without_colours_to_its_end():
    """The picture is no wider than a person reads; the report, its panel and its checks are shown afterwards."""
    with gated(4) as (there, gate, arguments):
        plain = {**there.environment, "NO_COLOR": "1"}
        with Screen(*arguments, "--yes", environment=plain, columns=200, lines=50) as screen:
            screen.shows("interviews-200x50", "is told", "answering", "2/2")
            gate.open()
            screen.shows("done-200x50", "report.md")
            assert screen.ends() == 0
            assert screen.cursor_is_shown
            assert not re.search(rb"\x1b\[[0-9;]*[34][0-8]m", screen.written)
        run = json.loads(there.run("runs", "--json").stdout)[0]["id"]
        for name in ("panel", "checks", "sources", "report"):
            what = [] if name == "report" else [f"--{name}"]
            with Screen("show", run, *what, environment=plain) as screen:
                assert screen.ends() == 0
                screen.shows(f"show-{name}-80x24")


def test_the_picture_in_the_readme_is_one_of_these():
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    shown = readme.partition("kept up to date:\n\n```text\n")[2].partition("\n```")[0].splitlines()
    kept = (SCREENS / "interviews-80x24.txt").read_text("utf-8").splitlines()
    assert [same_every_time(line) for line in shown] == kept[-len(shown) :]
    assert {len(shown[0]), len(shown[2])} == {79}
