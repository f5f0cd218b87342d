"""Who watches a run: a live picture in a terminal, a few plain lines elsewhere, nobody when asked to be quiet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..events import (
    Event,
    GapFound,
    InterviewDone,
    PanelProposed,
    ReportAssembled,
    RunEnded,
    RunPaused,
    StepDone,
    StoodIn,
    SurveyDone,
    Waiting,
)
from .board import Board, Row
from .cards import panel_lines
from .consoles import say
from .text import plain_line

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

_REFRESHES: Final = 8
_MARKS: Final = {"waiting": "·", "done": "✓", "failed": "✗"}
_ASCII_MARKS: Final = {"waiting": "-", "done": "+", "failed": "x"}
_SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_SPINNER: Final = "|/-\\"
_STYLES: Final = {"waiting": "dim", "busy": "", "done": "green", "failed": "red"}
_WIDEST: Final = 110


class View(Protocol):
    """Who watches a run."""

    def begin(self, panel: Sequence[Mapping[str, Any]]) -> None:
        """A run begins, or goes on with this panel."""
        ...

    def note(self, text: str) -> None:
        """A sentence for a person, said once however often it comes."""
        ...

    def show(self, event: Event) -> None:
        """Something happened."""
        ...

    def pause(self) -> None:
        """Leave the screen to a question; the next event takes it back."""
        ...

    def close(self) -> None:
        """The run is over for now."""
        ...


class QuietView:
    """Nobody watches."""

    def begin(self, panel: Sequence[Mapping[str, Any]]) -> None:
        """Nobody asks."""

    def note(self, text: str) -> None:
        """Said to nobody."""

    def show(self, event: Event) -> None:
        """Shown to nobody."""

    def pause(self) -> None:
        """There is nothing to leave."""

    def close(self) -> None:
        """There is nothing to close."""


class PlainView:
    """A few lines on standard error, for logs, pipes and terminals that can do no more."""

    def __init__(self, turn_limit: int = 0, write: Callable[[str], None] = say) -> None:
        self.board = Board(turn_limit)
        self._write = write
        self._said: set[str] = set()

    def begin(self, panel: Sequence[Mapping[str, Any]]) -> None:
        """Remember who is who."""
        self.board.introduce(panel)

    def note(self, text: str) -> None:
        """Write it, unless it was written before: sources are opened again after each reply."""
        if text not in self._said:
            self._said.add(text)
            self._write(text)

    def show(self, event: Event) -> None:
        """Write what a reader of a log wants to know: few lines, each a milestone."""
        self.board.update(event)
        match event:
            case SurveyDone(documents=documents, passages=passages):
                self.note(f"Looked at {documents} documents, {passages} passages.")
            case PanelProposed(panel=panel):
                self._write("Panel:")
                for line in panel_lines(panel):
                    self._write(line)
            case InterviewDone(analyst=analyst, turns=turns):
                row = self.board.rows[analyst]
                counts = f"turns {turns}, documents found {row.found}"
                self._write(f"Interview {self.board.finished}/{len(self.board.rows)} done: {row.role} ({counts})")
            case GapFound(what=what, reason=reason):
                self.note(f"Missing: {what}: {reason}")
            case StoodIn(part=part, reason=reason):
                self._write(f"The extractive engine stood in for the model ({part}): {reason}")
            case Waiting(reason=reason):
                self._write(f"{reason} The run goes on by itself after that.")
            case ReportAssembled():
                self._write(summary(event))

    def pause(self) -> None:
        """Lines that are written stay; there is nothing to leave."""

    def close(self) -> None:
        """Nothing is open."""


class LiveView:
    """One line per analyst that changes as the interview goes on, and a line for the whole run above them."""

    def __init__(self, console: Console, turn_limit: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.board = Board(turn_limit)
        self._console = console
        self._clock = clock
        self._began = clock()
        self._live: Live | None = None
        self._said: set[str] = set()

    def begin(self, panel: Sequence[Mapping[str, Any]]) -> None:
        """Show at once that something happens: opening the sources may take a while."""
        self.board.introduce(panel)
        self._open()

    def note(self, text: str) -> None:
        """Write it above the picture, once."""
        if text not in self._said:
            self._said.add(text)
            self._write(text)

    def show(self, event: Event) -> None:
        """Take it into the picture."""
        self.board.update(event)
        match event:
            case GapFound(what=what, reason=reason):
                self.note(f"Missing: {what}: {reason}")
            case StoodIn(part=part, reason=reason):
                self._write(f"The extractive engine stood in for the model ({part}): {reason}")
            case Waiting(reason=reason):
                self._write(f"{reason} The run goes on by itself after that.")
            case RunPaused() | RunEnded():
                self.pause()
                return
            case StepDone():
                # Also the last step, which is over when the picture is gone already.
                return
            case ReportAssembled():
                self.pause()
                self._write(f"{summary(event)} {elapsed(self._clock() - self._began)}.")
                return
        self._open()

    def pause(self) -> None:
        """Take the picture away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def close(self) -> None:
        """Take the picture away for good."""
        self.pause()

    def _open(self) -> None:
        if self._live is None:
            from rich.live import Live  # noqa: PLC0415 - only terminals pay for it

            # Standard output stays as it is: results and JSON lines are not the picture's to move.
            self._live = Live(
                self, console=self._console, transient=True, refresh_per_second=_REFRESHES, redirect_stdout=False
            )
            self._live.start()

    def _write(self, text: str) -> None:
        from rich.text import Text  # noqa: PLC0415

        self._console.print(Text(plain_line(text)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        now = self._clock() - self._began
        # A line as wide as the terminal wraps on some; a picture higher than the terminal cannot be redrawn.
        width = min(options.max_width - 1, _WIDEST)
        yield _totals(self.board, now, width)
        if self.board.rows:
            yield _rows(self.board, now, width, height=console.size.height - 3, ascii_only=options.ascii_only)


def summary(event: ReportAssembled) -> str:
    """The finished report in a sentence."""
    sections, sources = _count(event.sections, "section"), _count(event.sources, "source")
    return f"The report has {sections}, {sources} and {_count(event.citations, 'citation')}."


def elapsed(seconds: float) -> str:
    """A duration as a clock shows it: 0:07, 12:40, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _totals(board: Board, now: float, width: int) -> Table:
    interviews = f" {board.finished}/{len(board.rows)}" if board.phase == "Interviews" else ""
    counts = [f"searches {board.searches}"] if board.searches else []
    counts += [f"tokens {board.tokens:,}"] if board.tokens else []
    grid = _grid(width)
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis", style="bold")
    grid.add_column(no_wrap=True, overflow="ellipsis", justify="right", style="dim")
    grid.add_row(_text(board.phase + interviews), _text("  ".join([*counts, elapsed(now)])))
    return grid


def _rows(board: Board, now: float, width: int, *, height: int, ascii_only: bool) -> Table:
    shown = _most_alive(list(board.rows.values()), max(1, height))
    frames, marks = (_ASCII_SPINNER, _ASCII_MARKS) if ascii_only else (_SPINNER, _MARKS)
    frame = frames[int(now * _REFRESHES) % len(frames)]
    grid = _grid(width)
    grid.add_column(width=1)
    grid.add_column(ratio=2, no_wrap=True, overflow="ellipsis")
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=3, no_wrap=True, overflow="ellipsis")
    grid.add_column(no_wrap=True, justify="right")
    for row in shown:
        turn = f"{row.turn}/{max(board.turn_limit, row.turn)}" if row.turn else ""
        found = f"found {row.found}" if row.turn else ""
        cells = (marks.get(row.state, frame), row.role, turn, row.doing or row.state, found)
        grid.add_row(*(_text(cell) for cell in cells), style=_STYLES[row.state])
    if hidden := len(board.rows) - len(shown):
        grid.add_row(_text(""), _text(f"and {hidden} more"), style="dim")
    return grid


def _most_alive(rows: list[Row], room: int) -> list[Row]:
    """As many rows as there is room for, in panel order; those at work come before those that wait or are done."""
    if len(rows) <= room:
        return rows
    order = {"busy": 0, "failed": 1, "waiting": 2, "done": 3}
    places = sorted(range(len(rows)), key=lambda place: (order[rows[place].state], place))[: room - 1]
    return [rows[place] for place in sorted(places)]


def _grid(width: int) -> Table:
    from rich.table import Table  # noqa: PLC0415 - only terminals pay for it

    grid = Table.grid(padding=(0, 1), expand=True)
    grid.width = max(1, width)
    return grid


def _text(text: str) -> Text:
    from rich.text import Text  # noqa: PLC0415

    return Text(plain_line(text))
