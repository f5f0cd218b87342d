"""What `tertulia show` prints: rendered in a terminal, plain elsewhere, or as JSON."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict
from typing import Any, Final

from .. import report_templates
from ..app import App
from ..errors import UsageError
from ..storage.events import load_events
from .cards import show_panel as show_analysts
from .checks import check_lines
from .consoles import open_console, result, say
from .panels import write_panel
from .tables import show_cited
from .text import plain_text
from .timeline import draw, read_timeline
from .timeline_svg import draw_svg

# Rendering in a terminal takes time that grows with the square of a line, and many lines are slow in themselves.
_LONGEST: Final = 150_000
_LONGEST_LINE: Final = 5_000
_MOST_LINES: Final = 300
# What is drawn for a file is read where a terminal is: 80 columns fit.
_PIPE_WIDTH: Final = 80
_WIDEST: Final = 140
_FRONT_MATTER: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def show_report(app: App, run: str, template: str, *, as_json: bool) -> None:
    """The report; as JSON all of its evidence."""
    report = app.report(run)
    if as_json:
        _print_json(report)
        return
    row = app.runs.get(run)
    name = template or row.request.get("template") or app.settings.template
    _print_markdown(report_templates.render_markdown(report, name))


def show_interview(app: App, run: str, number: int, *, as_json: bool) -> None:
    """The transcript of one interview, counted from 1.

    Raises:
        UsageError: the report has no interview of this number.
    """
    report = app.report(run)
    interviews = report["interviews"]
    if not 1 <= number <= len(interviews):
        raise UsageError(f"There is no interview {number}.", hint=f"Run {run} has interviews 1 to {len(interviews)}.")
    interview = interviews[number - 1]
    if as_json:
        _print_json(interview)
    else:
        _print_markdown(report_templates.render_transcript(report, interview["analyst"]))


def show_sources(app: App, run: str, *, as_json: bool) -> None:
    """The sources that the report cites."""
    cited = app.report(run)["sources"]
    if as_json:
        _print_json(cited)
    else:
        show_cited(cited)


def show_checks(app: App, run: str, *, as_json: bool) -> None:
    """Each sentence of the report with its verdict, and what was found in it."""
    report = app.report(run)
    if as_json:
        _print_json({"summary": report["summary"], "claims": report["claims"]})
    else:
        result("\n".join(check_lines(report, _width())))


def show_panel(app: App, run: str, *, as_json: bool) -> None:
    """The panel as it is now: cards in a terminal, elsewhere a file that `--panel` reads.

    Raises:
        UsageError: none was proposed yet.
    """
    row = app.runs.get(run)
    panel = [dict(analyst) for analyst in asyncio.run(app.panel(row.id))]
    if not panel:
        raise UsageError(f"Run {row.id} has no panel yet.", hint=f"Go on with `tertulia resume {row.id}`.")
    if as_json:
        _print_json(panel)
        return
    console = open_console(stderr=False)
    if console.is_terminal:
        show_analysts(console, panel)
        say(f"As a file to change and give back: tertulia show {row.id} --panel > panel.yaml")
        return
    waits = row.status == "awaiting_approval"
    command = f"resume {row.id} --panel FILE" if waits else "report TOPIC --panel FILE"
    what = "Give it back and go on with" if waits else "Another report with these analysts"
    result(write_panel(panel, title=f"The panel of run {row.id}: {row.topic}", command=f"{what}: tertulia {command}"))


def show_traces(app: App, run: str, *, as_json: bool) -> None:
    """The links to the traces of a run, one for each part of it.

    Raises:
        UsageError: it was not traced.
    """
    row = app.runs.get(run)
    links = row.trace.splitlines()
    if not links:
        raise UsageError(f"Run {row.id} was not traced.", hint="Set LANGSMITH_API_KEY and add --trace.")
    if as_json:
        _print_json(links)
    else:
        result("\n".join(links))


def show_timeline(app: App, run: str, *, as_svg: bool, as_json: bool) -> None:
    """What ran when, from the run's kept events: drawn with characters, as a picture, or as data.

    Raises:
        UsageError: no events of it were kept.
    """
    row = app.runs.get(run)
    timeline = read_timeline(row.id, load_events(app.runs.path, row.id))
    if as_json:
        _print_json(asdict(timeline))
        return
    if as_svg:
        result(draw_svg(timeline))
        return
    result("\n".join(draw(timeline, _width())))


def _width() -> int:
    console = open_console(stderr=False)
    return min(console.width if console.is_terminal else _PIPE_WIDTH, _WIDEST)


def _print_markdown(text: str) -> None:
    console = open_console(stderr=False)
    if not console.is_terminal or _is_heavy(text):
        result(text)
        return
    from rich.markdown import Markdown  # noqa: PLC0415 - only terminals pay for it

    console.print(Markdown(_FRONT_MATTER.sub("", plain_text(text)), hyperlinks=False))


def _is_heavy(text: str) -> bool:
    """Whether a text would take seconds to render; then it is printed as it is."""
    return (
        len(text) > _LONGEST
        or any(len(line) > _LONGEST_LINE for line in text.split("\n"))
        or any(paragraph.count("\n") > _MOST_LINES for paragraph in text.split("\n\n"))
    )


def _print_json(data: Any) -> None:
    result(json.dumps(data, indent=1))
