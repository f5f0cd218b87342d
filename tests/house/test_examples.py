"""The documents of the demo keep what `examples/README.md` and the demo promise of them."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from house.tree import ROOT

from tertulia.evidence.documents import Document
from tertulia.evidence.passages import split_passages
from tertulia.sources.loading import load_document

FOLDER = ROOT / "examples" / "open-data-in-spain"
TABLE_KINDS = {"csv"}


@cache
def documents() -> tuple[Document, ...]:
    """All of them, read as the documents source reads them."""
    paths = sorted(FOLDER.iterdir())
    return tuple(load_document(path, url=path.name, retrieved_at="2026-11-21T00:00:00+00:00") for path in paths)


def notes() -> list[Document]:
    """The documents that are prose."""
    return [document for document in documents() if document.kind not in TABLE_KINDS]


def holding(*figures: str) -> set[str]:
    """The documents whose text holds one of these figures."""
    return {document.url for document in documents() for figure in figures if figure in document.text}


def test_there_is_enough_to_write_a_report_from() -> None:
    """At least sixteen notes, in both languages and every form that can be read."""
    assert len(notes()) >= 16
    languages = Counter(document.language for document in notes())
    assert set(languages) == {"en", "es"}
    assert min(languages.values()) >= 7
    assert {document.kind for document in documents()} == {"md", "txt", "html", "pdf", "docx", "csv"}


@pytest.mark.parametrize("document", notes(), ids=lambda document: document.url)
def test_notes_are_short_and_have_headings(document: Document) -> None:
    """A note has 250 to 600 words, begins with its title, and has at least three headed parts below it."""
    headings = {passage.heading for passage in split_passages(document)}
    assert 250 <= len(document.text.split()) <= 600
    assert document.text.startswith("# ")
    assert len(headings - {"", document.title}) >= 3


def test_nothing_of_the_page_around_a_note_is_read() -> None:
    """Navigation and footers are no part of what a document says."""
    assert [document.url for document in documents() if "Apache-2.0" in document.text] == []


def test_two_pairs_of_figures_disagree() -> None:
    """A report can show two disagreements, each between documents and in both languages."""
    assert holding("than 180 activities", "de 180 actividades") == {
        "training-public-workers.docx",
        "formacion-empleo-publico.md",
    }
    assert holding("160 activities", "160 actividades") == {"open-data-briefing.md", "preguntas-frecuentes.html"}
    assert holding("36,000", "36.000") == {"election-data.md", "preguntas-frecuentes.html"}
    assert holding("36,500", "36.500") == {"portal-and-apis.html", "datos-electorales.pdf"}
