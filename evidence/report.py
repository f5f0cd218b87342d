"""The report as data: what `evidence.json` holds, and all that the templates need.

Texts are cited Markdown: a sentence carries its passage keys in brackets, `… an API [k7qdm4][m3xz8a].` Rendering
replaces each key by the number of its source, so a report can be rendered again at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from typing_extensions import TypedDict

from ..agents.roles import Analyst, Section, Turn
from ..agents.usage import Usage
from .citations import MARKER, Numbering, clean_citations, number_sources, sentences_with_citations
from .ledger import Ledger
from .repetitions import drop_repetitions
from .words import count_words

__all__ = [
    "REPORT_VERSION",
    "CitedSource",
    "Claim",
    "Counts",
    "GapNote",
    "Report",
    "RunInfo",
    "Transcript",
    "Written",
    "build_report",
    "counts",
    "drop_repetitions",
]

REPORT_VERSION: Final = 1


class RunInfo(TypedDict):
    """Which run this is. Times are ISO 8601 with zone; `engine` is `extractive` or `provider:model`."""

    id: str
    topic: str
    language: str
    engine: str
    created_at: str
    finished_at: str
    tertulia_version: str


class CitedSource(TypedDict):
    """A document that the report cites, under its number. `document` is its id."""

    number: int
    document: str
    title: str
    url: str
    source: str
    kind: str
    site: str
    published: str
    retrieved_at: str


class Claim(TypedDict):
    """A sentence of the report with its citations. `place` is introduction, conclusion or an analyst's id."""

    place: str
    sentence: str
    citations: list[str]
    sources: list[int]


class Transcript(TypedDict):
    """One interview as it was held."""

    analyst: str
    turns: list[Turn]
    reason: str


class GapNote(TypedDict):
    """Something the report lacks, and why."""

    analyst: str
    what: str
    reason: str


class Counts(TypedDict):
    """The report in figures.

    `words` are those of introduction, sections and conclusion; `cited_sentences` those of its `sentences` that cite;
    `citations` the passages that are cited; `documents` and `passages` all that the run kept.
    """

    analysts: int
    words: int
    sentences: int
    cited_sentences: int
    sources: int
    citations: int
    documents: int
    passages: int


class Written(TypedDict):
    """A report with its evidence, JSON-ready.

    `citations` maps each cited passage key to its source's number; `sources` lists exactly the cited ones, by number;
    `documents` and `passages` hold everything the run kept, cited or not. `invented` counts citations of passages that
    do not exist, which were removed.
    """

    schema_version: int
    run: RunInfo
    title: str
    introduction: str
    sections: list[Section]
    conclusion: str
    panel: list[Analyst]
    interviews: list[Transcript]
    sources: list[CitedSource]
    citations: dict[str, int]
    claims: list[Claim]
    documents: list[dict[str, Any]]
    passages: list[dict[str, Any]]
    gaps: list[GapNote]
    usage: list[Usage]
    invented: int


class Report(Written):
    """The whole report: what `Written` holds, and its figures."""

    counts: Counts


def build_report(
    *,
    run: RunInfo,
    title: str,
    introduction: str,
    sections: Sequence[Section],
    conclusion: str,
    panel: Sequence[Analyst],
    interviews: Sequence[Transcript],
    ledger: Ledger,
    gaps: Sequence[GapNote],
    usage: Sequence[Usage],
    invented: int,
) -> Report:
    """The report as data, from its written parts and the evidence. The same parts give the same report.

    The texts are cleaned of citations that the ledger does not hold, whoever wrote them; sections without text are
    left out. So the sources are exactly what the texts cite: numbered from 1 without a gap, none twice, none unused.
    """
    known = {passage.key for passage in ledger.passages()}
    cleaned = [clean_citations(text, known) for text in (introduction, *(s["text"] for s in sections), conclusion)]
    texts = [text.text.strip() for text in cleaned]
    kept: list[Section] = [
        {**section, "title": _one_line(section["title"]), "text": text}
        for section, text in zip(sections, texts[1:-1], strict=True)
        if text
    ]
    places = [("introduction", texts[0]), *((s["analyst"], s["text"]) for s in kept), ("conclusion", texts[-1])]
    numbering = number_sources([text for _, text in places], ledger)
    written: Written = {
        "schema_version": REPORT_VERSION,
        "run": run,
        "title": _one_line(title) or run["topic"],
        "introduction": texts[0],
        "sections": kept,
        "conclusion": texts[-1],
        "panel": list(panel),
        "interviews": list(interviews),
        "sources": _sources(numbering, ledger),
        "citations": numbering.citations,
        "claims": [claim for place, text in places for claim in _claims(place, text, run["language"], numbering)],
        "documents": [document.to_dict() for document in ledger.documents()],
        "passages": [passage.to_dict() for passage in ledger.passages()],
        "gaps": list(gaps),
        "usage": list(usage),
        "invented": invented + sum(text.invented for text in cleaned),
    }
    return {**written, "counts": counts(written)}


def counts(report: Written) -> Counts:
    """The report in figures."""
    texts = [report["introduction"], *(section["text"] for section in report["sections"]), report["conclusion"]]
    return {
        "analysts": len(report["panel"]),
        "words": sum(count_words(MARKER.sub("", text)) for text in texts),
        "sentences": len(report["claims"]),
        "cited_sentences": sum(bool(claim["citations"]) for claim in report["claims"]),
        "sources": len(report["sources"]),
        "citations": len(report["citations"]),
        "documents": len(report["documents"]),
        "passages": len(report["passages"]),
    }


def _one_line(title: str) -> str:
    return " ".join(MARKER.sub("", title).split())


def _sources(numbering: Numbering, ledger: Ledger) -> list[CitedSource]:
    cited = [(number, ledger.document(key)) for number, key in enumerate(numbering.sources, start=1)]
    return [
        {
            "number": number,
            "document": document.id,
            "title": document.title,
            "url": document.url,
            "source": document.source,
            "kind": document.kind,
            "site": document.site,
            "published": document.published,
            "retrieved_at": document.retrieved_at,
        }
        for number, document in cited
        if document is not None
    ]


def _claims(place: str, text: str, language: str, numbering: Numbering) -> list[Claim]:
    return [
        {
            "place": place,
            "sentence": sentence.sentence,
            "citations": sentence.citations,
            "sources": sorted({numbering.citations[key] for key in sentence.citations}),
        }
        for sentence in sentences_with_citations(text, language)
    ]
