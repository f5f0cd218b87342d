"""report.html: one file that needs nothing else, with the passage behind each citation at hand."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from .cited_text import cited_markdown, one_line, printable
from .templates import FOLDER, render_template
from .views import Report, about, byline, gap_lines, is_verbatim, language_tag, source_facts, web_address, words_of

# Python-Markdown takes quadratic time on some inputs and recurses on nested ones, so both are bounded; brackets, on
# which it is slowest, are hidden from it, since no link or image may come out.
_TEXT_LIMIT: Final = 20_000
_NESTING = re.compile(r"^[ \t]*(?:(?:>[ \t]?){9}|[ \t]{24})|[*_`<>~]{40}|(?:[*_`] ?){40}", re.MULTILINE)
_BRACKET = re.compile(r"\\\\|\\?([\[\]<])")
_HIDDEN: Final = {"[": "\ue010", "]": "\ue011", "<": "\ue012"}
_SHOWN: Final = str.maketrans({"\ue010": "[", "\ue011": "]", "\ue012": "&lt;"})
_FRAME = re.compile(r"\|[\s|:-]+\|?")
_QUOTE_LIMIT: Final = 420
_TAGS: Final = frozenset(
    "p br strong em del ul ol li table thead tbody tr th td h3 h4 h5 h6 blockquote code pre".split()  # noqa: SIM905
)
# Private-use characters around a number stand for a run of citations while Markdown is made into HTML.
_PLACE = re.compile("\ue000([0-9]+)\ue001")


def render_html(report: Report) -> str:
    """The report as one HTML file: no script, nothing loaded from elsewhere, readable in light, dark and print."""
    words, language = words_of(report), language_tag(report["run"]["language"])
    marks = _Marks(report)
    introduction = marks.html(report["introduction"])
    sections = [
        {"id": f"section-{number}", "title": one_line(section["title"]), "body": marks.html(section["text"])}
        for number, section in enumerate(report["sections"], start=1)
    ]
    conclusion = marks.html(report["conclusion"])
    style = _style()
    view = {
        "label": words.strings["labels"],
        "language": language or words.language,
        "title": one_line(report["title"]),
        "topic": one_line(report["run"]["topic"]),
        "byline": byline(report),
        "introduction": introduction,
        "sections": sections,
        "conclusion": conclusion,
        "gaps": gap_lines(report),
        "sources": [_source(source, report, marks) for source in report["sources"]],
        "about": about(report),
        "style": style,
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    }
    return render_template("report.html.j2", view)


class _Marks:
    """The citations of a page in reading order: each is linked to its source and shows its passages."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._verbatim = is_verbatim(report)
        self._numbers: Mapping[str, int] = report["citations"]
        self._sources = {source["number"]: source for source in report["sources"]}
        self.passages = {passage["key"]: passage for passage in report["passages"]}
        self.languages = {document["id"]: language_tag(document["language"]) for document in report["documents"]}
        self.places: dict[int, list[str]] = defaultdict(list)
        """For each source the ids of the marks that cite it."""

    def html(self, text: str) -> str:
        """Cited Markdown as safe HTML with its marks."""
        runs: list[Sequence[str]] = []

        def hold(keys: Sequence[str]) -> str:
            runs.append(keys)
            return f"\ue000{len(runs) - 1}\ue001"

        alone = words_of(self._report).text("labels", "source") + ": "
        safe = cited_markdown(text, self._numbers, hold, verbatim=self._verbatim, alone=alone)
        return re.sub(r"\s*" + _PLACE.pattern, lambda place: self._marks(runs[int(place[1])]), _to_html(safe))

    def _marks(self, keys: Sequence[str]) -> str:
        by_number: dict[int, list[str]] = defaultdict(list)
        for key in dict.fromkeys(keys):
            by_number[self._numbers[key]].append(key)
        marks = "".join(self._mark(number, by_number[number]) for number in sorted(by_number))
        return f'<span class="marks">{marks}</span>'

    def _mark(self, number: int, keys: Sequence[str]) -> str:
        place = f"mark-{number}-{len(self.places[number]) + 1}"
        self.places[number].append(place)
        source = self._sources.get(number, {"title": ""})
        label = html.escape(f"{words_of(self._report).text('labels', 'source')} {number}: {one_line(source['title'])}")
        quotes = "".join(self._quote(key) for key in keys)
        title = f'<span class="from">{html.escape(one_line(source["title"]))}</span>'
        return (
            f'<span class="mark"><sup><a href="#source-{number}" id="{place}" aria-label="{label}">{number}</a></sup>'
            f'<span class="passage"><span class="card">{quotes}{title}</span></span></span>'
        )

    def _quote(self, key: str) -> str:
        passage = self.passages.get(key)
        if passage is None:
            return ""
        text = html.escape(shortened(readable(passage["text"]), _QUOTE_LIMIT))
        return f"<q{lang_attribute(self.languages.get(passage['document_id'], ''))}>{text}</q>"


def _source(source: Mapping[str, Any], report: Report, marks: _Marks) -> dict[str, Any]:
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
        "passages": [readable(passage["text"]) for passage in cited],
        "places": marks.places[source["number"]],
    }


def readable(passage: str) -> str:
    """A passage as a person reads it: the rows of a table without their frame."""
    lines = (line.strip() for line in printable(passage).strip().split("\n"))
    return "\n".join(line.strip("| ") if line.startswith("|") else line for line in lines if not _FRAME.fullmatch(line))


def shortened(text: str, limit: int) -> str:
    """The text in one line, cut at a word when it is longer than `limit` characters."""
    text = one_line(text)
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " …"


def lang_attribute(language: str) -> str:
    """A `lang` attribute with a leading space, or nothing."""
    return f' lang="{language}"' if language else ""


def _to_html(text: str) -> str:
    """Markdown as HTML of the allowed tags only; text that is too long or too nested as plain paragraphs."""
    import markdown  # noqa: PLC0415 - only a rendered page needs it
    import nh3  # noqa: PLC0415

    if len(text) > _TEXT_LIMIT or _NESTING.search(text):
        return _plain_paragraphs(text)
    try:
        hidden = _BRACKET.sub(lambda match: _HIDDEN[match[1]] if match[1] else match[0], text)
        page = markdown.markdown(hidden, extensions=["tables", "sane_lists"], output_format="html")
    except RecursionError:
        return _plain_paragraphs(text)
    return nh3.clean(page, tags=set(_TAGS), attributes={"ol": {"start"}}, link_rel=None).translate(_SHOWN)


def _plain_paragraphs(text: str) -> str:
    return "\n".join(f"<p>{html.escape(part.strip())}</p>" for part in re.split(r"\n\s*\n", text) if part.strip())


@cache
def _style() -> str:
    return (FOLDER / "report.css").read_text("utf-8").strip()
