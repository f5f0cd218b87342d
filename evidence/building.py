"""Building the report from its written parts and the evidence: sources numbered, sentences checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ..agents.roles import Analyst, Judgement, Section
from ..agents.usage import Usage
from .checks import Finding
from .citations import MARKER, Numbering, clean_citations, number_sources
from .corroboration import Corroboration
from .disagreements import find_disagreements
from .ledger import Ledger
from .report import (
    REPORT_VERSION,
    CitedSource,
    Claim,
    Counts,
    Disagreement,
    FindingNote,
    GapNote,
    Report,
    RunInfo,
    Summary,
    Transcript,
    Written,
)
from .verification import check_text
from .words import count_words


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
    repaired: int = 0,
    dropped: int = 0,
    unsupported: Literal["mark", "drop", "keep"] = "mark",
    judgements: Mapping[str, Mapping[str, Judgement]] | None = None,
    corroboration: Corroboration | None = None,
) -> Report:
    """The report as data, from its written parts and the evidence. The same parts give the same report.

    The texts are cleaned of citations that the ledger does not hold, whoever wrote them; sections without text are
    left out. So the sources are exactly what the texts cite: numbered from 1 without a gap, none twice, none unused.
    Every sentence is checked here again, so that what is said of it is true of the text as it is printed.
    `judgements` are a model's opinions by place and sentence. `corroboration` is that of this ledger and language, if
    it was made before.
    """
    known = {passage.key for passage in ledger.passages()}
    given = (introduction, *(s["text"] for s in sections), conclusion)
    cleaned = [clean_citations(text.strip(), known) for text in given]
    texts = [text.text.strip() for text in cleaned]
    written_sections = zip(sections, texts[1:-1], strict=True)
    kept: list[Section] = [{**s, "title": _one_line(s["title"]), "text": text} for s, text in written_sections if text]
    places = [("introduction", texts[0]), *((s["analyst"], s["text"]) for s in kept), ("conclusion", texts[-1])]
    numbering = number_sources([text for _, text in places], ledger)
    corroboration = corroboration or Corroboration(ledger, run["language"])
    claims = _claims(places, run, numbering, ledger, corroboration=corroboration, judgements=judgements or {})
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
        "claims": claims,
        "disagreements": _disagreements(numbering, ledger, run["language"]),
        "summary": _summary(claims, repaired=repaired, dropped=dropped, unsupported=unsupported),
        "documents": [document.to_dict() for document in ledger.documents()],
        "passages": [passage.to_dict() for passage in ledger.passages()],
        "gaps": list(gaps),
        "usage": list(usage),
        "invented": sum((text.invented for text in cleaned), invented),
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


def _claims(
    places: Sequence[tuple[str, str]],
    run: RunInfo,
    numbering: Numbering,
    ledger: Ledger,
    *,
    corroboration: Corroboration,
    judgements: Mapping[str, Mapping[str, Judgement]],
) -> list[Claim]:
    language = run["language"]
    claims: list[Claim] = []
    for place, text in places:
        for checked in check_text(text, ledger, language=language, topic=run["topic"]):
            cited, verdict = checked.cited, checked.verdict
            sites = corroboration.sites(cited.sentence, cited.citations)
            claim: Claim = {
                "id": f"c{len(claims) + 1}",
                "place": place,
                "sentence": cited.sentence,
                "start": cited.start,
                "end": cited.end,
                "citations": cited.citations,
                "sources": sorted({numbering.citations[key] for key in cited.citations}),
                "verdict": verdict.status,
                "holds": checked.holds,
                "findings": [_note(finding, language) for finding in verdict.findings],
                "figure": sites > 0,
                "sites": sites,
            }
            if judgement := judgements.get(place, {}).get(cited.sentence):
                claim["judgement"] = judgement
            claims.append(claim)
    return claims


def _note(finding: Finding, language: str) -> FindingNote:
    return {
        "check": finding.check,
        "severity": finding.severity,
        "text": finding.text,
        "start": finding.start,
        "end": finding.end,
        "message": finding.message(language),
    }


def _disagreements(numbering: Numbering, ledger: Ledger, language: str) -> list[Disagreement]:
    return [
        {
            "subject": disagreement.subject,
            "statements": [
                {
                    "sentence": statement.sentence,
                    "value": statement.value,
                    "citation": statement.citation,
                    "source": numbering.citations[statement.citation],
                }
                for statement in disagreement.statements
            ],
        }
        for disagreement in find_disagreements(ledger.excerpts(numbering.citations), language=language)
    ]


def _summary(
    claims: Sequence[Claim], *, repaired: int, dropped: int, unsupported: Literal["mark", "drop", "keep"]
) -> Summary:
    verified = [claim for claim in claims if claim["holds"] and claim["citations"]]
    return {
        "sentences": len(claims),
        "cited": sum(bool(claim["citations"]) for claim in claims),
        "verified": len(verified),
        "failing": sum(not claim["holds"] for claim in claims),
        "figures": sum(claim["figure"] for claim in verified),
        "single_source": sum(claim["sites"] == 1 for claim in verified),
        "repaired": repaired,
        "dropped": dropped,
        "unsupported": unsupported,
    }
