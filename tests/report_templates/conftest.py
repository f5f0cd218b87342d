"""One small report, in any language and by any engine, as `build_report` makes it, with verdicts of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tertulia.agents.roles import Analyst, Section, Turn
from tertulia.evidence.building import build_report
from tertulia.evidence.checks import Finding
from tertulia.evidence.citations import sentences_with_citations
from tertulia.evidence.documents import Document, make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.evidence.report import Claim, Disagreement, FindingNote, Report, Summary

TOPICS = {
    "en": "Open data in Spain",
    "es": "Datos abiertos en España",
    "ca": "Dades obertes a Espanya",
    "eu": "Datu irekiak Espainian",
    "gl": "Datos abertos en España",
}

DOCUMENTS = (
    (
        "https://datos.gob.es/en/api_(v2)?a=1&b=2",
        "The API of datos.gob.es",
        "web",
        "page",
        "datos.gob.es",
        "2025-03-01",
    ),
    ("https://es.wikipedia.org/wiki/INAP", "INAP", "wikipedia", "page", "es.wikipedia.org", ""),
    ("docs/election results_2019.csv", "Election results | 2019", "documents", "csv", "", ""),
    ("docs/unused.md", "Only an interview cites this", "documents", "md", "", "2024"),
)
TEXTS = (
    (
        "The portal offers its catalogue through an API. Data stay with their publishers.\n\n"
        "## Federation\n\nThe portal is federated with data.europa.eu."
    ),
    "The training catalogue of 2025 has more than 180 activities.",
    "| place | april | november |\n|---|---|---|\n| Medina del Campo | 13.75 % | 19.86 % |",
    "A working group named four roles in the public sector.",
)

WRONG: dict[str, Finding] = {
    "It lists": Finding(
        "number", "error", "12.4 million", 9, 21, "number_other", {"value": "12.4 million", "found": "more than 180"}
    ),
    "Soria joined": Finding("citation", "error", "2020", 16, 20, "citation_missing", {"value": "2020"}),
    "Medina del Campo": Finding("number", "error", "21 %", 30, 34, "number_missing", {"value": "21 %"}),
}
"""What the sentences that begin so are found to say wrong. All others hold."""

JUDGED = {
    "It lists": ("supported", "The passage speaks of it."),
    "Training grew": ("partly", "The passage gives one year only."),
}


def _document(facts: tuple[str, ...], text: str) -> Document:
    url, title, source, kind, site, published = facts
    return make_document(
        url=url,
        title=title,
        source=source,
        kind=kind,
        text=text,
        retrieved_at="2026-11-21T10:00:30+01:00",
        language="en",
        published=published,
        site=site,
    )


def sample_ledger() -> tuple[Ledger, list[str]]:
    """The evidence, and its keys: API, federation, training, results, roles."""
    ledger = Ledger()
    documents = [_document(facts, text) for facts, text in zip(DOCUMENTS, TEXTS, strict=True)]
    excerpts = [Excerpt(passage, document) for document in documents for passage in split_passages(document)]
    return ledger, [excerpt.key for excerpt in asyncio.run(ledger.add(excerpts))]


@pytest.fixture
def sample_report() -> Callable[..., Report]:
    """`sample_report(language, engine, **changes)`."""
    return make_report


def make_report(language: str = "en", engine: str = "extractive", **changes: Any) -> Report:
    """A report with two sections, a table, a gap, an invented citation and an interview."""
    ledger, (api, federation, training, results, roles) = sample_ledger()
    written = engine != "extractive"
    panel: list[Analyst] = [
        {"id": "a1", "name": "Ana Ruiz", "affiliation": "INAP", "role": "Training", "description": "Who learns what?"},
        {"id": "a2", "name": "Jon Etxeberria", "affiliation": "", "role": "Elections", "description": "Results."},
    ]
    sections: list[Section] = [
        {
            "analyst": "a1",
            "title": "Training for *everybody*",
            "text": f"The training catalogue of 2025 has more than 180 activities [{training}]."
            + (
                f" It lists **12.4 million** data [{training}][{api}]. Soria joined in 2020.\n\n"
                f"### A **closer** look\n\n- The *portal* has an API [{api}][{federation}].\n- It is federated."
            )
            * written,
        },
        {
            "analyst": "a2",
            "title": "Elections",
            "text": f"Joined with_care * in <table> #1 [{results}].\n\n{TEXTS[2]}"
            + f"\n| Medina del Campo | 13.75 % | 21 % [{results}] |" * written
            + f"\n\n[{results}]",
        },
    ]
    turns: list[Turn] = [
        {
            "number": 1,
            "question": "Who trains *public* workers?",
            "queries": {"web": ["INAP training 2025"], "wikipedia": ["INAP"], "documents": []},
            "shown": [training, roles, api],
            "answer": f"A working group named four roles [{roles}]. More than 180 activities [{training}][{roles}].",
        },
        {"number": 2, "question": "And elsewhere?", "queries": {}, "shown": [], "answer": ""},
    ]
    parts: dict[str, Any] = {
        "run": {
            "id": "r7k2",
            "topic": TOPICS[language],
            "language": language,
            "engine": engine,
            "created_at": "2026-11-21T10:00:00+01:00",
            "finished_at": "2026-11-21T10:01:00+01:00",
            "tertulia_version": "0.1.0",
        },
        "title": f"{TOPICS[language]}: “training” & elections",
        "introduction": f"The portal offers its catalogue through an API [{api}]. It is federated [{federation}].",
        "sections": sections,
        "conclusion": f"Training grew [{training}]. Data stay with their publishers [{api}][{training}].",
        "panel": panel,
        "interviews": [
            {"analyst": "a1", "turns": turns, "reason": "turn limit"},
            {"analyst": "a2", "turns": [], "reason": "nothing new"},
        ],
        "ledger": ledger,
        "gaps": [
            {"analyst": "a1", "what": "source web", "reason": "Tavily does not answer."},
            {"analyst": "a2", "what": "source web", "reason": "Tavily does not answer."},
            {"analyst": "a3", "what": "interview Data protection", "reason": "nothing found"},
        ],
        "usage": [],
        "invented": 1,
    }
    report = build_report(**{**parts, **changes})
    points = [_disagreement("Training activities", training, api)] if written else []
    return with_verdicts(report) | {"disagreements": points}


def with_verdicts(report: Report) -> Report:
    """The report with the verdicts of `WRONG` and the opinions of `JUDGED`: it does not change when the checks do."""
    sections = [(section["analyst"], section["text"]) for section in report["sections"]]
    places = [("introduction", report["introduction"]), *sections, ("conclusion", report["conclusion"])]
    claims: list[Claim] = []
    for place, text in places:
        for cited in sentences_with_citations(text, report["run"]["language"]):
            finding = next((found for start, found in WRONG.items() if cited.sentence.startswith(start)), None)
            wrong = finding is not None and "19.86" not in cited.sentence
            judged = next((said for start, said in JUDGED.items() if cited.sentence.startswith(start)), None)
            figure = any(map(str.isdigit, cited.sentence)) and bool(cited.citations)
            claim: Claim = {
                "id": f"c{len(claims) + 1}",
                "place": place,
                "sentence": cited.sentence,
                "start": cited.start,
                "end": cited.end,
                "citations": cited.citations,
                "sources": sorted({report["citations"][key] for key in cited.citations}),
                "verdict": "supported" if not wrong else "partly" if cited.citations else "uncited",
                "holds": not wrong,
                "findings": [_note(finding, report["run"]["language"])] if finding and wrong else [],
                "figure": figure,
                "sites": 1 if figure else 0,
            }
            if judged and report["run"]["engine"] != "extractive":
                claim["judgement"] = {"status": judged[0], "reason": judged[1]}
            claims.append(claim)
    return report | {"claims": claims, "summary": summary_of(claims)}


def summary_of(claims: list[Claim]) -> Summary:
    verified = [claim for claim in claims if claim["holds"] and claim["citations"]]
    return {
        "sentences": len(claims),
        "cited": sum(bool(claim["citations"]) for claim in claims),
        "verified": len(verified),
        "failing": sum(not claim["holds"] for claim in claims),
        "figures": sum(claim["figure"] for claim in verified),
        "single_source": sum(claim["sites"] == 1 for claim in verified),
        "repaired": 0,
        "dropped": 0,
        "unsupported": "mark",
    }


def _note(finding: Finding, language: str) -> FindingNote:
    return {
        "check": finding.check,
        "severity": finding.severity,
        "text": finding.text,
        "start": finding.start,
        "end": finding.end,
        "message": finding.message(language),
    }


def _disagreement(subject: str, one: str, other: str) -> Disagreement:
    return {
        "subject": subject,
        "statements": [
            {"sentence": "The catalogue has more than 180 activities.", "value": "180", "citation": one, "source": 2},
            {"sentence": "The catalogue *of 2025* has 140 activities.", "value": "140", "citation": other, "source": 1},
        ],
    }
