"""Lines at the end of a terminal, drawn in place: rendered as a terminal would, and counted in bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pyte
import pytest
from rich.console import Console
from rich.text import Text

from tertulia.terminal import painter as painting
from tertulia.terminal.painter import Painter


@pytest.fixture(autouse=True)
def _painted_by_hand(monkeypatch: pytest.MonkeyPatch):
    """Nothing is drawn but when a test says so."""
    monkeypatch.setattr(painting, "REFRESHES", 0.001)


class Scene:
    """A painter on standard error, the lines it draws, and a terminal that shows what it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *lines: str) -> None:
        self.drawn = list(lines)
        self.capsys = capsys
        self.console = Console(stderr=True, force_terminal=True, color_system=None, width=20, height=6, _environ={})
        self.painter = Painter(self.console, lambda: Text("\n".join(self.drawn), no_wrap=True))
        self.screen = pyte.Screen(20, 6)
        self._terminal = pyte.Stream(self.screen)

    def written(self) -> str:
        """What was written since the last time; the terminal shows it."""
        text = self.capsys.readouterr().err
        self._terminal.feed(text.replace("\n", "\r\n"))
        return text

    def shown(self) -> list[str]:
        self.written()
        return [line.rstrip() for line in self.screen.display if line.strip()]


@pytest.fixture
def scene(capsys: pytest.CaptureFixture[str]) -> Iterator[Scene]:
    scene = Scene(capsys, "one", "two")
    scene.painter.start()
    yield scene
    scene.painter.stop()


def test_what_looks_as_before_is_not_written_again(scene: Scene):
    assert scene.shown() == ["one", "two"]
    scene.painter.paint()
    assert scene.written() == ""


def test_lines_are_written_over_each_other_without_being_wiped_first(scene: Scene):
    """Nothing flickers: the rest of a line is erased after it was written, never before; the screen never."""
    scene.written()
    scene.drawn = ["1", "2", "3"]
    scene.painter.paint()
    assert scene.written() == "\r1\x1b[K\r\n2\x1b[K\r\n3\x1b[J\x1b[2A\r"
    scene.drawn = ["uno"]
    scene.painter.paint()
    assert scene.shown() == ["uno"]


def test_a_frame_costs_little_more_than_its_letters(scene: Scene):
    """Six bytes a line, and eight to go back to the first."""
    scene.written()
    scene.drawn = ["x" * 19] * 5
    scene.painter.paint()
    assert len(scene.written()) < 5 * (19 + 6) + 8


def test_a_picture_higher_than_the_terminal_is_cut(scene: Scene):
    scene.drawn = [str(number) for number in range(9)]
    scene.painter.paint()
    assert scene.shown() == ["0", "1", "2", "3", "4"]


def test_a_terminal_of_another_size_is_wiped_from_the_picture_on(scene: Scene):
    scene.written()
    scene.console.width = 15
    scene.painter.paint()
    assert scene.written().startswith("\r\x1b[J\rone")


def test_what_others_write_to_standard_error_comes_above(scene: Scene):
    """A line that is not finished waits for its end, or for the picture's."""
    scene.painter.stop()
    before = sys.stderr
    scene.painter.start()
    scene.shown()
    sys.stderr.write("a warning\n")
    scene.painter.print(Text("a note"))
    sys.stderr.write("unfini")
    assert scene.shown() == ["a warning", "a note", "one", "two"]
    sys.stderr.write("shed\nbegun")
    assert scene.shown() == ["a warning", "a note", "unfinished", "one", "two"]
    scene.painter.stop()
    assert scene.shown() == ["a warning", "a note", "unfinished", "begun"]
    assert sys.stderr is before


def test_the_picture_leaves_nothing_but_the_cursor(scene: Scene):
    """However often it is taken away and comes back."""
    for _ in range(2):
        scene.shown()
        assert scene.screen.cursor.hidden
        scene.painter.stop()
        scene.painter.stop()
        assert scene.shown() == []
        assert not scene.screen.cursor.hidden
        scene.painter.start()
    scene.painter.stop()


def test_a_terminal_that_went_away_ends_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    def broken(_: str) -> int:
        raise OSError

    monkeypatch.setattr(scene.console.file, "write", broken)
    scene.drawn = ["three"]
    scene.painter.paint()
    scene.painter.stop()
