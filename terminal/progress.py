"""Who watches a run: a live picture in a terminal, a few plain lines elsewhere, nobody when asked to be quiet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..events import (
    Event,
    GapFound,
    InterviewDone,
    PanelProposed,
    ReportAssembled,
    RunEnded,
    RunPaused,
    StoodIn,
    SurveyDone,
    Waiting,
)
from .board import Board
from .cards import panel_lines
from .consoles import say
from .painter import Painter
from .picture import NO_LIMITS, Limits, Picture, elapsed
from .text import plain_line

if TYPE_CHECKING:
    from rich.console import Console


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
    """A picture at the end of the terminal that changes as the run goes on; what is said stays above it.

    `used` are the tokens and the USD of earlier parts of the run, `limits` its caps.
    """

    def __init__(
        self,
        console: Console,
        turn_limit: int = 0,
        limits: Limits = NO_LIMITS,
        used: tuple[int, float | None] = (0, 0.0),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.board = Board(turn_limit, tokens=used[0], cost=used[1])
        self._clock = clock
        self._began = clock()
        self._painter = Painter(console, lambda: Picture(self.board, self._now(), limits))
        self._said: set[str] = set()

    def begin(self, panel: Sequence[Mapping[str, Any]]) -> None:
        """Show at once that something happens: opening the sources may take a while."""
        self.board.introduce(panel)
        self._painter.start()

    def note(self, text: str) -> None:
        """Write it above the picture, once."""
        if text not in self._said:
            self._said.add(text)
            self._write(text)

    def show(self, event: Event) -> None:
        """Take it into the picture."""
        with self._painter.lock:
            self.board.update(event, self._now())
        match event:
            case GapFound(what=what, reason=reason):
                self.note(f"Missing: {what}: {reason}")
            case StoodIn(part=part, reason=reason):
                self._write(f"The extractive engine stood in for the model ({part}): {reason}")
            case Waiting(reason=reason):
                self._write(f"{reason} The run goes on by itself after that.")
            case RunPaused() | RunEnded():
                self.pause()
            case ReportAssembled():
                self.pause()
                self._write(f"{summary(event)} {elapsed(self._now())}.")
                return
        if not self.board.is_over:
            self._painter.start()

    def pause(self) -> None:
        """Take the picture away."""
        self._painter.stop()

    def close(self) -> None:
        """Take the picture away for good."""
        self.pause()

    def _now(self) -> float:
        return self._clock() - self._began

    def _write(self, text: str) -> None:
        from rich.text import Text  # noqa: PLC0415 - only terminals pay for it

        self._painter.print(Text(plain_line(text)))


def summary(event: ReportAssembled) -> str:
    """The finished report in a sentence."""
    sections, sources = _count(event.sections, "section"), _count(event.sources, "source")
    return f"The report has {sections}, {sources} and {_count(event.citations, 'citation')}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
