"""The panel as a person sees it: cards in a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from .costs import estimate_line
from .text import plain_line, plain_text, steady_line

if TYPE_CHECKING:
    from rich.console import Console, OverflowMethod
    from rich.text import Text

_WIDEST: Final = 100
_FEW_ROUNDS: Final = 3
# More cards than these scroll out of sight: a line for each is seen at once, and one card when it is asked for.
MOST_CARDS: Final = 8
_MOST_LINES: Final = 4


def show_cards(console: Console, review: Mapping[str, Any]) -> None:
    """Show a panel that waits for its review: topic, cards, feedback so far, rounds left, estimate, what went wrong."""
    from rich.text import Text  # noqa: PLC0415 - only terminals pay for it

    console.print()
    console.print(Text(f"A panel for: {plain_line(review['topic'])}", style="bold"))
    show_panel(console, review["panel"])
    if review["feedback"]:
        console.print(Text("Feedback so far:", style="bold"))
        for feedback in review["feedback"]:
            console.print(Text(f"  - {plain_line(feedback)}"))
    if review["rounds_left"] <= _FEW_ROUNDS:
        console.print(Text(f"The panel can be proposed again {_times(review['rounds_left'])}.", style="dim"))
    if review.get("estimate"):
        console.print(Text(estimate_line(review["estimate"]), style="dim"))
    if review["notice"]:
        console.print(Text(plain_line(review["notice"]), style="yellow"))


def show_panel(console: Console, panel: Sequence[Mapping[str, Any]]) -> None:
    """A panel as cards, or as a line for each analyst when there are many."""
    if len(panel) <= MOST_CARDS:
        for number, analyst in enumerate(panel, start=1):
            show_card(console, number, analyst, lines=_MOST_LINES)
        return
    from rich.table import Table  # noqa: PLC0415

    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.width = min(console.width - 1, _WIDEST)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(ratio=3, no_wrap=True, overflow=_overflow(console), style="bold")
    grid.add_column(ratio=2, no_wrap=True, overflow=_overflow(console))
    for number, analyst in enumerate(panel, start=1):
        cells = (str(number), _role(analyst), _who(analyst))
        grid.add_row(*(_line(console, cell) for cell in cells))
    console.print(grid)


def show_card(console: Console, number: int, analyst: Mapping[str, Any], *, lines: int | None = None) -> None:
    """One analyst as a card. The description is cut after `lines` lines, if they are given."""
    from rich.console import Group  # noqa: PLC0415
    from rich.panel import Panel  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    width = min(console.width - 1, _WIDEST)
    who = _line(console, _who(analyst), "italic")
    if lines is not None:
        who.truncate(width - 4, overflow=_overflow(console))
    parts = [who]
    description = analyst.get("description", "")
    if description != analyst["role"]:
        told = [_line(console, line) for line in plain_text(description).strip().split("\n") if line.strip()]
        wrapped = [part for line in told for part in line.wrap(console, width - 4)]
        if lines is not None and len(wrapped) > lines:
            last = _line(console, f"{wrapped[lines - 1].plain.rstrip()} {wrapped[lines].plain}")
            last.truncate(width - 4, overflow=_overflow(console))
            wrapped[lines - 1 :] = [last]
        parts += wrapped
    title = Text(f"{number}  ", style="bold").append_text(_line(console, _role(analyst)))
    title.truncate(width - 6, overflow=_overflow(console))
    console.print(
        Panel(Group(*parts), title=title, title_align="left", padding=(0, 1), border_style="cyan"), width=width
    )


def panel_lines(panel: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The panel as one line per analyst."""
    for number, analyst in enumerate(panel, start=1):
        affiliation = f", {analyst['affiliation']}" if analyst.get("affiliation") else ""
        description = analyst.get("description", "")
        focus = f": {description}" if description and description != analyst["role"] else ""
        yield f"{number}. {analyst['role']} ({analyst['name']}{affiliation}){focus}"


def _times(count: int) -> str:
    return {0: "no more", 1: "once"}.get(count, f"{count} times")


def _role(analyst: Mapping[str, Any]) -> str:
    return f"{analyst['role']} (locked)" if analyst.get("locked") else str(analyst["role"])


def _who(analyst: Mapping[str, Any]) -> str:
    affiliation = analyst.get("affiliation", "")
    return f"{analyst['name']}, {affiliation}" if affiliation else str(analyst["name"])


def _line(console: Console, text: str, style: str = "") -> Text:
    from rich.text import Text  # noqa: PLC0415

    return Text(steady_line(text, console.encoding), style=style)


def _overflow(console: Console) -> OverflowMethod:
    return "crop" if console.options.ascii_only else "ellipsis"
