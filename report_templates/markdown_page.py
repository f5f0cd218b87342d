"""report.md: the report as Markdown, by a built-in template or the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..errors import UsageError
from .cited_text import cited_markdown, literal, one_line
from .templates import check_source, render_source, render_template
from .views import Report, about, byline, gap_lines, is_verbatim, source_facts, web_address, words_of

TEMPLATES: Final = ("report", "brief")
"""The built-in Markdown templates."""

_KEY_SENTENCES: Final = 2


def render_markdown(report: Report, template: str = "report") -> str:
    """The report as Markdown.

    `template` is the name of a built-in template or the path of a Jinja2 file, which gets what `markdown_view` gives.

    Raises:
        UsageError: there is no such template, or the file cannot be read or rendered.
    """
    view = markdown_view(report)
    if template in TEMPLATES:
        return render_template(f"{template}.md.j2", view)
    return render_source(_read_template(template), view, name=Path(template).name)


def check_template(template: str) -> None:
    """Check that a template can be used, as far as that can be told without a report.

    Raises:
        UsageError: there is no such template, or the file cannot be read or is no template.
    """
    if template not in TEMPLATES:
        check_source(_read_template(template), name=Path(template).name)


def _read_template(template: str) -> str:
    try:
        return Path(template).read_text("utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        known = ", ".join(TEMPLATES)
        raise UsageError(
            f"There is no template {template!r}.", hint=f"Built in are: {known}. Or give the path of a Jinja2 file."
        ) from error


def markdown_view(report: Report) -> dict[str, Any]:
    """What a Markdown template is rendered with. All texts are safe Markdown, citations are numbers.

    `title`, `introduction`, `conclusion`; `sections` (`title`, `text`, `key_sentences`); `sources` (`number`, `link`,
    `facts`); `brief_sources`, those that introduction, key sentences and conclusion cite; `gaps`, `about`, `byline`
    (lists of sentences); `label` (headings in the report's language); `front_matter` (YAML); `report` (the data).
    """
    words = words_of(report)
    sections = [
        {
            "title": literal(section["title"]),
            "text": cite_text(report, section["text"]),
            "key_sentences": [_sentence(report, claim) for claim in _key_claims(report, section["analyst"])],
        }
        for section in report["sections"]
    ]
    sources = [source_line(source, report) for source in report["sources"]]
    in_brief = _numbers_in_brief(report)
    return {
        "report": report,
        "label": words.strings["labels"],
        "front_matter": _front_matter(report),
        "title": literal(report["title"]),
        "byline": [literal(part) for part in byline(report)],
        "introduction": cite_text(report, report["introduction"]),
        "sections": sections,
        "conclusion": cite_text(report, report["conclusion"]),
        "sources": sources,
        "brief_sources": [source for source in sources if source["number"] in in_brief],
        "gaps": [literal(line) for line in gap_lines(report)],
        "about": [literal(line) for line in about(report)],
    }


def cite_text(report: Report, text: str) -> str:
    """Cited Markdown with the report's numbers in place of its keys."""
    numbers = report["citations"]

    def cite(keys: Sequence[str]) -> str:
        return "".join(f"[{number}]" for number in sorted({numbers[key] for key in keys}))

    return cited_markdown(text, numbers, cite, verbatim=is_verbatim(report), alone=source_label(report)).strip()


def source_label(report: Report) -> str:
    """What stands before the citations of a table."""
    return words_of(report).text("labels", "source") + ": "


def source_line(source: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """A source as the list prints it: its label, its title as a link or with its path, and its facts."""
    title, address = literal(source["title"]), web_address(source["url"])
    if address:
        escaped = title.replace("\\[", "[").replace("[", "\\[").replace("\\]", "]").replace("]", "\\]")
        link = f"[{escaped}]({address})"
    else:
        link = f"{title} {_code(source['url'])}" if source["title"] != source["url"] else _code(source["url"])
    facts = [literal(fact) for fact in source_facts(source, words_of(report))]
    return {"number": source["number"], "link": link, "facts": ", ".join(facts)}


def _code(text: str) -> str:
    """Text as a code span, whatever backticks it holds."""
    text = one_line(text)
    fence = "`"
    while fence in text:
        fence += "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}"


def _key_claims(report: Report, analyst: str) -> list[Mapping[str, Any]]:
    """The first cited sentences of a section; a table's row is none."""
    claims = [claim for claim in report["claims"] if claim["place"] == analyst and claim["citations"]]
    return [claim for claim in claims if " | " not in claim["sentence"]][:_KEY_SENTENCES]


def _sentence(report: Report, claim: Mapping[str, Any]) -> str:
    sentence, markers = str(claim["sentence"]), "".join(f"[{key}]" for key in claim["citations"])
    ends = sentence.endswith(".") and not sentence.endswith("..")
    return cite_text(report, f"{sentence[:-1]} {markers}." if ends else f"{sentence} {markers}")


def _numbers_in_brief(report: Report) -> set[int]:
    claims = [claim for claim in report["claims"] if claim["place"] in {"introduction", "conclusion"}]
    for section in report["sections"]:
        claims += _key_claims(report, section["analyst"])
    return {number for claim in claims for number in claim["sources"]}


def _front_matter(report: Report) -> str:
    import yaml  # noqa: PLC0415 - only a rendered report needs it

    run, figures = report["run"], report["counts"]
    facts = {
        "title": one_line(report["title"]),
        "topic": one_line(run["topic"]),
        "language": one_line(run["language"]),
        "date": one_line(run["finished_at"]),
        "engine": one_line(run["engine"]),
        "run": one_line(run["id"]),
        "analysts": figures["analysts"],
        "sources": figures["sources"],
        "citations": figures["citations"],
        "words": figures["words"],
    }
    return yaml.safe_dump(facts, allow_unicode=True, sort_keys=False, width=float("inf")).strip()
