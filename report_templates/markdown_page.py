"""report.md: the report as Markdown, by a built-in template or the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..errors import UsageError
from .cited_text import cited_markdown, literal, one_line
from .claim_places import is_row, place_of
from .locales import Catalogue
from .templates import check_source, render_source, render_template
from .verification import UNVERIFIED_SIGN, Claim, Remark, claims_of, remarks
from .views import (
    Report,
    about,
    byline,
    disagreements,
    gap_lines,
    is_verbatim,
    source_facts,
    usage_facts,
    web_address,
    words_of,
)

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

    `title`, `introduction`, `conclusion`; `sections` (`title`, `text`, `key_sentences`); `disagreements` (`subject`,
    `statements`); `sources` (`number`, `link`, `facts`); `unverified` and `gaps` (lists of sentences); `brief_sources`
    and `brief_unverified`, of introduction, key sentences, disagreements and conclusion; `about`, `byline` (lists of
    sentences); `label` (headings in the report's language); `front_matter` (YAML); `report` (the data).
    """
    words = words_of(report)
    noted = remarks(report, words, verbatim=is_verbatim(report))
    sections = [
        {
            "title": literal(section["title"]),
            "text": _cited(report, section["analyst"], section["text"], noted),
            "key_sentences": [_sentence(report, claim, noted.get(n)) for n, claim in _key_claims(report, section)],
        }
        for section in report["sections"]
    ]
    sources = [source_line(source, report) for source in report["sources"]]
    in_brief = _numbers_in_brief(report)
    brief_claims = {index for index, _ in _brief_claims(report)}
    return {
        "report": report,
        "label": words.strings["labels"],
        "front_matter": _front_matter(report),
        "title": literal(report["title"]),
        "byline": [literal(part) for part in byline(report)],
        "introduction": _cited(report, "introduction", report["introduction"], noted),
        "sections": sections,
        "disagreements": [_disagreement(report, point) for point in disagreements(report)],
        "conclusion": _cited(report, "conclusion", report["conclusion"], noted),
        "sources": sources,
        "brief_sources": [source for source in sources if source["number"] in in_brief],
        "unverified": [_remark_line(remark, words) for remark in noted.values()],
        "brief_unverified": [_remark_line(remark, words) for n, remark in noted.items() if n in brief_claims],
        "gaps": [literal(line) for line in gap_lines(report)],
        "about": [literal(line) for line in about(report)],
    }


def _cited(report: Report, place: str, text: str, noted: Mapping[int, Remark]) -> str:
    """The text of one place with the report's numbers in place of its keys, and a sign after what was not verified.

    Figures that rest on one source are counted in the summary and not marked: in plain text, so many marks disturb.
    """
    failing = (claim for index, claim in claims_of(report, place) if index in noted and noted[index].failing)
    places = (where for claim in failing if (where := place_of(claim, text)))
    return cite_text(report, text, sorted((where.mark, f" {UNVERIFIED_SIGN}") for where in places))


def cite_text(report: Report, text: str, insertions: Sequence[tuple[int, str]] = ()) -> str:
    """Cited Markdown with the report's numbers in place of its keys."""
    numbers = report["citations"]

    def cite(keys: Sequence[str]) -> str:
        return "".join(f"[{number}]" for number in sorted({numbers[key] for key in keys}))

    alone = source_label(report)
    return cited_markdown(text, numbers, cite, verbatim=is_verbatim(report), alone=alone, insertions=insertions).strip()


def _remark_line(remark: Remark, words: Catalogue) -> str:
    """How a sentence begins, and what is to be said of it."""
    return literal(words.text("checks", "item", beginning=remark.beginning, reasons=" ".join(remark.lines())))


def _disagreement(report: Report, point: Mapping[str, Any]) -> dict[str, Any]:
    """A subject, and its statements as quotations with their numbers."""
    words, numbers = words_of(report), report["citations"]
    statements = [
        literal(words.text("checks", "quotation", sentence=said["sentence"]))
        + (f" [{numbers[said['key']]}]" if said["key"] in numbers else "")
        for said in point["statements"]
    ]
    return {"subject": literal(point["subject"]), "statements": statements}


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


def _key_claims(report: Report, section: Mapping[str, Any]) -> list[tuple[int, Claim]]:
    """The first cited sentences of a section, those that hold before others; a table's row is none."""
    found = claims_of(report, section["analyst"])
    cited = [(n, claim) for n, claim in found if claim["citations"] and not is_row(claim, section["text"])]
    held = [(n, claim) for n, claim in cited if claim.get("holds", True)]
    return (held or cited)[:_KEY_SENTENCES]


def _sentence(report: Report, claim: Claim, remark: Remark | None) -> str:
    sentence, markers = str(claim["sentence"]), "".join(f"[{key}]" for key in claim["citations"])
    if remark and remark.failing:
        markers += f" {UNVERIFIED_SIGN}"
    ends = sentence.endswith(".") and not sentence.endswith("..")
    return cite_text(report, f"{sentence[:-1]} {markers}." if ends else f"{sentence} {markers}")


def _brief_claims(report: Report) -> list[tuple[int, Claim]]:
    claims = [found for place in ("introduction", "conclusion") for found in claims_of(report, place)]
    return claims + [found for section in report["sections"] for found in _key_claims(report, section)]


def _numbers_in_brief(report: Report) -> set[int]:
    numbers = report["citations"]
    keys = {said["key"] for point in disagreements(report) for said in point["statements"]}
    in_claims = {number for _, claim in _brief_claims(report) for number in claim["sources"]}
    return in_claims | {numbers[key] for key in keys if key in numbers}


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
        **usage_facts(report),
    }
    return yaml.safe_dump(facts, allow_unicode=True, sort_keys=False, width=float("inf")).strip()
