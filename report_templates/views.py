"""What every page of a report needs, in words of its language: dates, figures, sources, gaps, and how it was made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from .cited_text import one_line, printable, shortened
from .locales import Catalogue, catalogue
from .verification import summary_sentences

Report = Mapping[str, Any]

_EXTRACTIVE: Final = "extractive"
# What the fallback engine can have done in the model's place.
_PARTS: Final = {"panel", "question", "answer", "section", "introduction", "conclusion"}
_STATEMENT_LIMIT: Final = 280
_FRAME = re.compile(r"\|[\s|:-]+\|?")


def is_verbatim(report: Report) -> bool:
    """Whether the report's text is quoted, not written: then it is literal text, not a model's Markdown."""
    return bool(report["run"]["engine"] == _EXTRACTIVE)


def words_of(report: Report) -> Catalogue:
    """The catalogue of the report's language."""
    return catalogue(str(report["run"]["language"]))


def language_tag(language: str) -> str:
    """A language code fit for a `lang` attribute; "" when it is none."""
    return language if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language) else ""


def web_address(url: str) -> str:
    """The address when it is safe to link to, percent-encoded; "" for paths and every other scheme."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    return quote(url, safe="!#$%&'*+,-./:;=?@_~[]", errors="replace")


def source_facts(source: Mapping[str, Any], words: Catalogue) -> list[str]:
    """What a reader wants to know of a source after its title: site, date, kind, date of retrieval."""
    kind = "wikipedia" if source["source"] == "wikipedia" else source["kind"]
    retrieved = one_line(source["retrieved_at"])[:10]
    facts = [one_line(source["site"]), one_line(source["published"])[:10], words.kind(one_line(kind))]
    if retrieved:
        facts.append(f"{words.text('labels', 'retrieved')} {retrieved}")
    return [fact for fact in facts if fact]


def byline(report: Report) -> list[str]:
    """Date, engine and size, as the line under the title."""
    words, figures, run = words_of(report), report["counts"], report["run"]
    engine = "extractive" if is_verbatim(report) else "model"
    return [
        words.date(one_line(run["finished_at"])),
        words.text("engine", engine, engine=one_line(run["engine"])),
        words.count("sources", figures["sources"]),
        words.count("words", figures["words"]),
    ]


def usage_facts(report: Report) -> dict[str, Any]:
    """What the model calls used: calls, tokens, and USD if all prices are known. Nothing without model calls."""
    calls = report["usage"]
    if not calls:
        return {}
    facts: dict[str, Any] = {
        "calls": len(calls),
        "tokens": sum(call["input_tokens"] + call["output_tokens"] for call in calls),
    }
    if any(call.get("estimated") for call in calls):
        facts["tokens_estimated"] = True
    costs = [call.get("cost") for call in calls]
    if None not in costs:
        facts["cost_usd"] = round(sum(costs), 6)
    return facts


def gap_lines(report: Report) -> list[str]:
    """What the report lacks, one sentence each, each once. Why is in evidence.json: no error text enters a report."""
    words = words_of(report)
    roles = {analyst["id"]: one_line(analyst["role"]) for analyst in report["panel"]}
    # How a section came about says nothing to whom it is not shown.
    unseen = set(roles) - {section["analyst"] for section in report["sections"]}
    gaps = [gap for gap in report["gaps"] if not (gap["analyst"] in unseen and gap["what"].startswith("section "))]
    return list(dict.fromkeys(_gap_line(gap, words, roles) for gap in gaps))


def disagreements(report: Report) -> list[dict[str, Any]]:
    """Points on which cited sources differ: `subject`, and `statements` (`sentence`, `value`, `key`)."""
    return [
        {
            "subject": one_line(point["subject"]),
            "statements": [
                {
                    "sentence": shortened(readable(said["sentence"]), _STATEMENT_LIMIT),
                    "value": one_line(said["value"]),
                    "key": said["citation"],
                }
                for said in point["statements"]
            ],
        }
        for point in report.get("disagreements", [])
    ]


def readable(passage: str) -> str:
    """A passage as a person reads it: the rows of a table without their frame."""
    lines = (line.strip() for line in printable(passage).strip().split("\n"))
    return "\n".join(line.strip("| ") if line.startswith("|") else line for line in lines if not _FRAME.fullmatch(line))


def _gap_line(gap: Mapping[str, Any], words: Catalogue, roles: Mapping[str, str]) -> str:
    what, _, name = one_line(gap["what"]).partition(" ")
    if what == "stand-in" and name in _PARTS:
        return words.text("gaps", f"stand_in_{name}", name=roles.get(gap["analyst"], ""))
    if gap["reason"] == "cap reached" and what in words.strings["cap"]:
        return words.text("cap", what, name=name)
    if what == "interview" and gap["reason"] == "nothing found":
        return words.text("gaps", "empty", name=name)
    if what == "interview" and gap["reason"] == "nothing new":
        return words.text("gaps", "repeated", name=name)
    if what == "section" and gap["reason"] == "nothing new":
        return words.text("gaps", "retold", name=name)
    if what in {"source", "interview", "questions", "section", "introduction", "conclusion"}:
        return words.text("gaps", what, name=name)
    return words.text("gaps", "other", name=one_line(gap["what"]))


def about(report: Report, *, explained: bool = False) -> list[str]:
    """How the report was made, what was and was not checked, and by which program: a paragraph each.

    `explained`: what verified means is said elsewhere on the page.
    """
    words, figures, run = words_of(report), report["counts"], report["run"]
    verbatim = is_verbatim(report)
    origin = words.text(
        "about",
        "extractive" if verbatim else "model",
        engine=one_line(run["engine"]),
        documents=words.count("documents", figures["documents"]),
        passages=words.count("passages", figures["passages"]),
    )
    checked = summary_sentences(report, words, verbatim=verbatim, explained=explained)
    if report["invented"]:
        checked.append(words.count("invented", report["invented"], section="about"))
    made = words.text("about", "made", version=one_line(run["tertulia_version"]), run=one_line(run["id"]))
    return [origin, " ".join(checked), made]
