"""One small report, in any language and by any engine, as `build_report` makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tertulia.agents.roles import Analyst, Section, Turn
from tertulia.evidence.documents import Document, make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.evidence.report import Report, build_report

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
                f"\n\n### A **closer** look\n\n- The *portal* has an API [{api}][{federation}].\n- It is federated."
                * written
            ),
        },
        {
            "analyst": "a2",
            "title": "Elections",
            "text": f"Joined with_care * in <table> #1 [{results}].\n\n{TEXTS[2]}\n\n[{results}]",
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
    return build_report(**{**parts, **changes})
