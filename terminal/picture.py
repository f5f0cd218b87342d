"""What a run looks like while it goes on: a line for all of it, what it used, a row per analyst, what was said last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .board import Board, Row, Said
from .costs import money
from .pace import roughly
from .text import steady_line

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, OverflowMethod, RenderResult
    from rich.table import Table
    from rich.text import Text

_MARKS: Final = {"waiting": "·", "done": "✓", "failed": "✗"}
_ASCII_MARKS: Final = {"waiting": "-", "done": "+", "failed": "x"}
_SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_SPINNER: Final = "|/-\\"
_FRAMES: Final = 4
_STYLES: Final = {"waiting": "dim", "busy": "", "done": "green", "failed": "red"}
_WIDEST: Final = 110
# How many lines the latest words may take, and how many rows of analysts go before them.
_WORDS_LINES: Final = 2
_FEWEST_ROWS: Final = 8
_MOST_WORDS: Final = 400


@dataclass(frozen=True, slots=True)
class Limits:
    """The caps of a run: tokens, and USD. None is no cap."""

    tokens: int | None = None
    cost: float | None = None


NO_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Picture:
    """A run as it stands `now`, in seconds since it began."""

    board: Board
    now: float
    limits: Limits

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines, none of them as wide as the terminal (some wrap it), fewer than it has."""
        pen = _Pen(min(options.max_width - 1, _WIDEST), options.encoding)
        room = console.size.height - 4
        words = [line for said, verb in self._said() for line in pen.words(console, said, verb)]
        if len(words) + min(len(self.board.rows), _FEWEST_ROWS) > room:
            words = []
        yield self._head(pen)
        if used := self._used():
            yield pen.cut(used, "dim")
        if self.board.rows:
            yield _rows(self.board, self.now, pen, room - len(words))
        yield from words

    def _head(self, pen: _Pen) -> Table:
        board = self.board
        interviews = f" {board.finished}/{len(board.rows)}" if board.phase == "Interviews" else ""
        left = board.left(self.now)
        guess = f", {roughly(left)} left" if left else ""
        grid = pen.grid()
        grid.add_column(ratio=1, no_wrap=True, overflow=pen.overflow, style="bold")
        grid.add_column(no_wrap=True, overflow=pen.overflow, justify="right", style="dim")
        grid.add_row(pen.text(board.phase + interviews), pen.text(elapsed(self.now) + guess))
        return grid

    def _used(self) -> str:
        board, limits = self.board, self.limits
        parts = [f"searches {board.searches}"] if board.searches else []
        if board.tokens:
            parts.append(f"tokens {board.tokens:,}" + (f" of {limits.tokens:,}" if limits.tokens else ""))
        if board.tokens and board.cost is None:
            parts.append("cost not known")
        elif board.cost or (board.tokens and limits.cost):
            parts.append(
                f"cost {money(board.cost or 0.0)}" + (f" of {money(limits.cost)}" if limits.cost else "") + " USD"
            )
        return "   ".join(parts)

    def _said(self) -> Iterator[tuple[Said, str]]:
        if self.board.question is not None:
            yield self.board.question, "asks"
        if self.board.answer is not None:
            yield self.board.answer, "is told"


def elapsed(seconds: float) -> str:
    """A duration as a clock shows it: 0:07, 12:40, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _rows(board: Board, now: float, pen: _Pen, room: int) -> Table:
    shown = _most_alive(list(board.rows.values()), max(1, room))
    frames, marks = (_ASCII_SPINNER, _ASCII_MARKS) if pen.ascii_only else (_SPINNER, _MARKS)
    frame = frames[int(now * _FRAMES) % len(frames)]
    grid = pen.grid()
    grid.add_column(width=1)
    grid.add_column(ratio=1, no_wrap=True, overflow=pen.overflow)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1, no_wrap=True, overflow=pen.overflow)
    grid.add_column(no_wrap=True, justify="right")
    for row in shown:
        turn = f"{row.turn}/{max(board.turn_limit, row.turn)}" if row.turn else ""
        found = f"found {row.found}" if row.turn else ""
        cells = (marks.get(row.state, frame), row.role, turn, row.doing or row.state, found)
        grid.add_row(*(pen.text(cell) for cell in cells), style=_STYLES[row.state])
    if hidden := len(board.rows) - len(shown):
        grid.add_row(pen.text(""), pen.text(f"and {hidden} more"), style="dim")
    return grid


def _most_alive(rows: list[Row], room: int) -> list[Row]:
    """As many rows as there is room for, in panel order; those at work come before those that wait or are done."""
    if len(rows) <= room:
        return rows
    order = {"busy": 0, "failed": 1, "waiting": 2, "done": 3}
    places = sorted(range(len(rows)), key=lambda place: (order[rows[place].state], place))[: room - 1]
    return [rows[place] for place in sorted(places)]


class _Pen:
    """Writes texts of any origin so that each takes the room it is measured with."""

    def __init__(self, width: int, encoding: str) -> None:
        self.width = max(1, width)
        self.ascii_only = not encoding.startswith("utf")
        self.overflow: OverflowMethod = "crop" if self.ascii_only else "ellipsis"
        self._encoding = encoding

    def text(self, text: str, style: str = "") -> Text:
        """One line; it is cut where it ends, and what the terminal cannot show is a question mark."""
        from rich.text import Text  # noqa: PLC0415 - only terminals pay for it

        return Text(steady_line(text, self._encoding), style=style, no_wrap=True, overflow=self.overflow)

    def cut(self, text: str, style: str = "") -> Text:
        """A line of our own, spaces and all, no wider than the picture."""
        from rich.text import Text  # noqa: PLC0415

        line = Text(text, style=style)
        line.truncate(self.width, overflow=self.overflow)
        return line

    def words(self, console: Console, said: Said, verb: str) -> list[Text]:
        """The first words of what was said, in as many lines as they may take."""
        whole = self.text(f"{said.role} {verb}: {said.text[:_MOST_WORDS]}", "dim")
        lines = whole.wrap(console, self.width, no_wrap=False)
        shown = list(lines[:_WORDS_LINES])
        if len(lines) > len(shown):
            shown[-1] = self.text(f"{shown[-1].plain} {lines[_WORDS_LINES].plain}", "dim")
        for line in shown:
            line.truncate(self.width, overflow=self.overflow)
        return shown

    def grid(self) -> Table:
        """A table without lines, as wide as the picture."""
        from rich.table import Table  # noqa: PLC0415

        grid = Table.grid(padding=(0, 1), expand=True)
        grid.width = self.width
        return grid
