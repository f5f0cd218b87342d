"""Lists as tables: runs, sources, what the doctor found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from .consoles import open_console
from .costs import money
from .text import plain_line

if TYPE_CHECKING:
    from ..doctor import Finding
    from ..sources import SourceInfo
    from ..storage.runs import Run

_STYLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("done", "ready", "ok"), "green"),
    **dict.fromkeys(("awaiting approval", "interrupted"), "yellow"),
    **dict.fromkeys(("failed", "broken"), "red"),
}


def show_runs(runs: Sequence[Run]) -> None:
    """The runs, newest first."""
    rows = [
        (r.id, r.topic, r.status.replace("_", " "), local_time(r.updated_at), r.engine, _tokens(r), _cost(r))
        for r in runs
    ]
    _show(("run", "topic", "state", "when", "engine", "tokens", "USD"), rows, widest=1)


def show_sources(sources: Sequence[SourceInfo]) -> None:
    """The sources, their settings and state."""
    rows = [(s.name, _joined(s.state, s.hint), s.description, ", ".join(s.settings)) for s in sources]
    _show(("source", "state", "what it is", "settings"), rows, widest=1)


def show_findings(findings: Sequence[Finding]) -> None:
    """What the doctor found, and how to mend it."""
    rows = [(f.name, f.state, _joined(f.detail, f.hint)) for f in findings]
    _show(("what", "state", "detail"), rows, widest=2)


def show_cited(sources: Sequence[Mapping[str, Any]]) -> None:
    """The sources a report cites, under their numbers."""
    rows = [(f"[{s['number']}]", s["title"], s["url"], s["kind"], s["retrieved_at"][:10]) for s in sources]
    _show(("", "title", "where", "kind", "retrieved"), rows, widest=1)


def _show(headings: Sequence[str], rows: Iterable[Sequence[str]], *, widest: int) -> None:
    """A table whose widest column takes the room that is left, and wraps in it; the first never wraps."""
    from rich import box  # noqa: PLC0415 - only commands that show tables pay for it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = open_console(stderr=False)
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        ratio = 1 if place == widest and console.is_terminal else None
        # What a row is called is typed again: it stays in one piece, however narrow the terminal is.
        table.add_column(heading, overflow="fold", no_wrap=place == 0, ratio=ratio)
    for row in rows:
        cells = [plain_line(cell) for cell in row]
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in cells))
    console.print(table)


def _joined(detail: str, hint: str) -> str:
    return " ".join(part.rstrip(".") + "." for part in (detail, hint) if part) if hint else detail


def local_time(iso: str) -> str:
    """An ISO 8601 time as a person reads it here, to the minute."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")


def _cost(run: Run) -> str:
    if not (run.input_tokens or run.output_tokens):
        return ""
    return "?" if run.cost is None else money(run.cost)


def _tokens(run: Run) -> str:
    total = run.input_tokens + run.output_tokens
    return f"{total:,}" if total else ""
