"""report.html: one file that needs nothing else, with the passage behind each citation at hand."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from .citation_marks import Marks, statement_html
from .cited_text import one_line
from .templates import FOLDER, render_template
from .verification import summary_figures
from .views import (
    Report,
    about,
    byline,
    disagreements,
    gap_lines,
    language_tag,
    readable,
    source_facts,
    web_address,
    words_of,
)


def render_html(report: Report) -> str:
    """The report as one HTML file: no script, nothing loaded from elsewhere, readable in light, dark and print."""
    words, language = words_of(report), language_tag(report["run"]["language"])
    marks = Marks(report)
    introduction = marks.html("introduction", report["introduction"])
    sections = [
        {
            "id": f"section-{number}",
            "title": one_line(section["title"]),
            "body": marks.html(section["analyst"], section["text"]),
        }
        for number, section in enumerate(report["sections"], start=1)
    ]
    points = _points(report, marks)
    conclusion = marks.html("conclusion", report["conclusion"])
    style = _style()
    view = {
        "label": words.strings["labels"],
        "language": language or words.language,
        "title": one_line(report["title"]),
        "topic": one_line(report["run"]["topic"]),
        "byline": byline(report),
        "figures": summary_figures(report, words),
        "meaning": words.text("checks", "meaning"),
        "introduction": introduction,
        "sections": sections,
        "disagreements": points,
        "conclusion": conclusion,
        "unverified": _remarks(marks),
        "gaps": gap_lines(report),
        "sources": [_source(source, report, marks) for source in report["sources"]],
        "about": about(report, explained=bool(report.get("summary"))),
        "style": style,
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    }
    return render_template("report.html.j2", view)


def _points(report: Report, marks: Marks) -> list[dict[str, Any]]:
    """The points of disagreement, each statement as safe HTML."""
    return [
        {
            "subject": point["subject"],
            "statements": [statement_html(said, marks, report["citations"]) for said in point["statements"]],
        }
        for point in disagreements(report)
    ]


def _remarks(marks: Marks) -> list[dict[str, Any]]:
    """What was not verified, as the list shows it, with the way back to the sentence."""
    return [
        {
            "number": remark.number,
            "beginning": remark.beginning,
            "lines": remark.lines(),
            "marked": remark.number in marks.marked,
        }
        for remark in marks.remarks.values()
    ]


def _source(source: Mapping[str, Any], report: Report, marks: Marks) -> dict[str, Any]:
    """A source as the list shows it, with the passages that are cited and the way back to each citation."""
    numbers: Mapping[str, int] = report["citations"]
    cited = [marks.passages[key] for key, n in numbers.items() if n == source["number"] and key in marks.passages]
    address = web_address(source["url"])
    return {
        "number": source["number"],
        "title": one_line(source["title"]),
        "address": address,
        "path": "" if address or source["url"] == source["title"] else one_line(source["url"]),
        "facts": source_facts(source, words_of(report)),
        "language": marks.languages.get(source["document"], ""),
        "passages": [{"heading": marks.heading(one), "text": readable(one["text"])} for one in cited],
        "places": marks.places[source["number"]],
    }


@cache
def _style() -> str:
    return (FOLDER / "report.css").read_text("utf-8").strip()
