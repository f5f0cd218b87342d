"""The check itself: a Markdown text goes in, what its citations look like comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

from ..languages import detect_language
from .blocks import blocks
from .citations import find_citations
from .findings import (
    Finding,
    Lines,
    Reading,
    dangling_labels,
    duplicate_groups,
    find_all,
    missing_numbers,
    used_sources,
)
from .listing import read_listing
from .masking import mask
from .statements import read_statements


class StructureCounts(TypedDict):
    """The report in figures. Markers are counted as they stand (`[1, 4]` is one), labels once each."""

    markers: int
    cited_labels: int
    links: int
    bare_addresses: int
    sources: int
    duplicate_sources: int
    unused_sources: int
    dangling_labels: int
    missing_numbers: int
    sentences: int
    cited_sentences: int
    numeric_sentences: int
    cited_numeric_sentences: int


@dataclass(frozen=True, slots=True)
class StructureReport:
    """What the citations of a report look like: figures, and findings by line. Whether they are true is not judged."""

    language: str
    counts: StructureCounts
    findings: list[Finding]

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, ready for JSON."""
        return {
            "language": self.language,
            "counts": dict(self.counts),
            "findings": [finding.to_dict() for finding in self.findings],
        }


def check_structure(markdown: str) -> StructureReport:
    """Check how a Markdown report cites: markers, links, its list of sources, and sentences that state numbers.

    Understood are `[1]`, `[1, 4]`, `[2-5]`, `[^3]`, `【1】`, raised digits, `[words](address)`, `[1](address)` and bare
    addresses; lists under any usual heading or at the end, footnotes, link definitions and tables. Never raises.
    """
    text = mask(markdown)
    listing = read_listing(text, blocks(text))
    citations = find_citations(listing)
    language = detect_language(listing.body)
    statements = read_statements(listing.body, blocks(listing.body), citations, language)
    reading = Reading(markdown, Lines(text), listing, citations, statements)
    return StructureReport(language, _counts(reading), find_all(reading))


def _counts(reading: Reading) -> StructureCounts:
    numeric = [statement for statement in reading.statements if statement.numeric]
    forms = [citation.form for citation in reading.citations]
    return {
        "markers": forms.count("marker"),
        "cited_labels": len(reading.cited_labels),
        "links": forms.count("link"),
        "bare_addresses": forms.count("address"),
        "sources": len(reading.listing.sources),
        "duplicate_sources": sum(len(group) - 1 for group in duplicate_groups(reading)),
        "unused_sources": used_sources(reading).count(False),
        "dangling_labels": len(dangling_labels(reading)),
        "missing_numbers": sum(last - first + 1 for first, last, _ in missing_numbers(reading)),
        "sentences": len(reading.statements),
        "cited_sentences": sum(statement.cited for statement in reading.statements),
        "numeric_sentences": len(numeric),
        "cited_numeric_sentences": sum(statement.cited for statement in numeric),
    }
