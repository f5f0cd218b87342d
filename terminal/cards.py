"""The panel as a person sees it: cards in a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from .costs import estimate_line
from .text import plain_line, plain_text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WIDEST: Final = 100
_FEW_ROUNDS: Final = 3


def show_cards(console: Console, review: Mapping[str, Any]) -> None:
    """Show a panel that waits for its review: topic, cards, feedback so far, rounds left, estimate, what went wrong."""
    from rich.text import Text  # noqa: PLC0415 - only terminals pay for it

    console.print()
    console.print(Text(f"A panel for: {plain_line(review['topic'])}", style="bold"))
    for number, analyst in enumerate(review["panel"], start=1):
        console.print(_card(number, analyst), width=min(console.width - 1, _WIDEST))
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


def panel_lines(panel: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The panel as one line per analyst."""
    for number, analyst in enumerate(panel, start=1):
        affiliation = f", {analyst['affiliation']}" if analyst.get("affiliation") else ""
        description = analyst.get("description", "")
        focus = f": {description}" if description and description != analyst["role"] else ""
        yield f"{number}. {analyst['role']} ({analyst['name']}{affiliation}){focus}"


def _times(count: int) -> str:
    return {0: "no more", 1: "once"}.get(count, f"{count} times")


def _card(number: int, analyst: Mapping[str, Any]) -> RenderableType:
    from rich.panel import Panel  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    name, affiliation = plain_line(analyst["name"]), plain_line(analyst.get("affiliation", ""))
    body = Text(f"{name}, {affiliation}" if affiliation else name, style="italic")
    description = plain_text(analyst.get("description", "")).strip()
    if description and description != analyst["role"]:
        body.append("\n" + description, style="not italic")
    locked = " (locked)" if analyst.get("locked") else ""
    title = Text(f"{number}  {plain_line(analyst['role'])}{locked}", style="bold")
    return Panel(body, title=title, title_align="left", padding=(0, 1), border_style="cyan")
