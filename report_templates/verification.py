"""What the checks found, in words of the report's language: which sentences get a mark and why, and the figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .cited_text import one_line, shortened
from .locales import Catalogue

Claim = Mapping[str, Any]

UNVERIFIED_SIGN: Final = "⚠"
"""Follows a sentence that was not verified; survives plain text."""

_BEGINNING_LIMIT: Final = 110
_EMPHASIS = re.compile(r"\\(?=[!-/:-@\[-`{-~])|[*`]+|(?<![^\W_])_+|_+(?![^\W_])")


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of a sentence.

    `number` counts the remarks of a report; `beginning` is how the sentence begins, in plain words; `failing` says that
    a check found something wrong in it, and `reasons` what; `opinion` is what a model judged, or "".
    """

    number: int
    beginning: str
    failing: bool
    reasons: list[str]
    opinion: str

    def lines(self) -> list[str]:
        """All that is to be said, line by line."""
        return [*self.reasons, self.opinion] if self.opinion else self.reasons


def remarks(report: Mapping[str, Any], words: Catalogue, *, verbatim: bool) -> dict[int, Remark]:
    """The remarks on a report, by the index of the claim.

    On sentences that do not hold, and on those that a model judged otherwise than supported. None when the report was
    written before there were checks, or when sentences that do not hold are to be kept as they are.
    """
    summary = report.get("summary")
    if not summary or summary["unsupported"] == "keep":
        return {}
    found: dict[int, Remark] = {}
    for index, claim in enumerate(report["claims"]):
        judgement = claim.get("judgement")
        doubted = judgement is not None and judgement["status"] != "supported"
        if not claim["holds"] or doubted:
            beginning = _beginning(claim["sentence"], verbatim=verbatim)
            opinion = _opinion(judgement, words) if judgement else ""
            found[index] = Remark(len(found) + 1, beginning, not claim["holds"], _reasons(claim, words), opinion)
    return found


def claims_of(report: Mapping[str, Any], place: str) -> Iterator[tuple[int, Claim]]:
    """The claims of one place with their indexes."""
    return ((index, claim) for index, claim in enumerate(report["claims"]) if claim["place"] == place)


def rests_on_one_source(claim: Claim) -> bool:
    """Whether a verified sentence states a figure that stands in one place only."""
    return bool(claim.get("figure") and claim["holds"] and claim["citations"] and claim["sites"] == 1)


def summary_figures(report: Mapping[str, Any], words: Catalogue) -> list[dict[str, Any]]:
    """The summary as figures (`name`, `label`, `value`), for a box; empty for a report that was not checked."""
    summary = report.get("summary")
    if not summary:
        return []
    kept = summary["unsupported"] == "keep"
    drops = summary["unsupported"] == "drop"
    figures = [("sentences", True), ("cited", True), ("verified", True)]
    figures += [("failing", not drops), ("dropped", drops), ("repaired", False), ("single_source", True)]
    return [
        {"name": name, "label": words.text("checks", "kept" if kept and name == "failing" else name), "value": value}
        for name, always in figures
        if (value := summary[name]) or always
    ]


def summary_sentences(report: Mapping[str, Any], words: Catalogue, *, verbatim: bool, explained: bool) -> list[str]:
    """The summary in plain sentences; for a report that was not checked, that it was not.

    `explained`: what verified means has been said already.
    """
    summary, figures = report.get("summary"), report["counts"]
    if not summary:
        sentences = words.count("sentences", figures["sentences"])
        cited = words.text("about", "cited", cited=figures["cited_sentences"], sentences=sentences)
        return [cited] if verbatim else [words.text("about", "unchecked"), cited]
    names = ("sentences", "cited", "verified")
    lines = [words.text("about", "checked", **{name: summary[name] for name in names})]
    if not explained:
        lines.append(words.text("checks", "meaning"))
    became = "kept" if summary["unsupported"] == "keep" else "marked"
    changes = ((became, "failing"), ("repaired", "repaired"), ("dropped", "dropped"))
    lines += [words.count(said, summary[name], section="about") for said, name in changes if summary[name]]
    if summary["figures"]:
        lines.append(words.text("about", "single", figures=summary["figures"], single=summary["single_source"]))
    return [*lines, *_judged(report, words)]


def _judged(report: Mapping[str, Any], words: Catalogue) -> list[str]:
    """One line on what a model judged, when one was asked."""
    statuses = [claim["judgement"]["status"] for claim in report["claims"] if claim.get("judgement")]
    if not statuses:
        return []
    numbers = {status: statuses.count(status) for status in ("supported", "partly", "unsupported")}
    return [words.text("about", "judged", judged=len(statuses), **numbers)]


def _reasons(claim: Claim, words: Catalogue) -> list[str]:
    errors = [one_line(finding["message"]) for finding in claim["findings"] if finding["severity"] == "error"]
    if claim["holds"]:
        return []
    return list(dict.fromkeys(errors)) or [words.text("checks", "unexplained")]


def _opinion(judgement: Mapping[str, str], words: Catalogue) -> str:
    status = words.strings["judgement"].get(judgement["status"], judgement["status"])
    reason = one_line(judgement["reason"])
    return words.text("judgement", "said" if reason else "said_only", status=one_line(status), reason=reason)


def _beginning(sentence: str, *, verbatim: bool) -> str:
    """How a sentence begins, without its emphasis, cut at a word."""
    return shortened(sentence if verbatim else _EMPHASIS.sub("", sentence), _BEGINNING_LIMIT)
