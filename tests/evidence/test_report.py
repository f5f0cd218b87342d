"""The report as data: its sources are exactly what its texts cite, and nothing is said twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.agents.roles import Analyst, Section
from tertulia.evidence.building import build_report
from tertulia.evidence.citations import MARKER, sentences_with_citations
from tertulia.evidence.documents import make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.evidence.repetitions import drop_repetitions
from tertulia.evidence.report import Report, RunInfo

RUN: RunInfo = {
    "id": "r1",
    "topic": "Open data in Spain",
    "language": "en",
    "engine": "extractive",
    "created_at": "2026-11-21T10:00:00+01:00",
    "finished_at": "2026-11-21T10:01:00+01:00",
    "tertulia_version": "0.1.0",
}
ANALYST: Analyst = {"id": "a1", "name": "Ana", "affiliation": "INAP", "role": "Training", "description": "d"}


async def evidence(*texts: str) -> tuple[Ledger, list[str]]:
    """A ledger with one document of one passage per text, and the keys."""
    ledger = Ledger()
    keys = []
    for number, text in enumerate(texts):
        document = make_document(
            url=f"{number}.md", title=f"D{number}", source="documents", kind="md", text=text, retrieved_at="2026-01-01"
        )
        keys += [e.key for e in await ledger.add([Excerpt(passage, document) for passage in split_passages(document)])]
    return ledger, keys


def report_of(ledger: Ledger, *texts: str, **changes: Any) -> Report:
    """A report whose introduction, sections and conclusion are `texts`."""
    sections: list[Section] = [{"analyst": "a1", "title": f"S{n}", "text": text} for n, text in enumerate(texts[1:-1])]
    parts: dict[str, Any] = {
        "run": RUN,
        "title": "A title",
        "introduction": texts[0],
        "sections": sections,
        "conclusion": texts[-1],
        "panel": [ANALYST],
        "interviews": [],
        "ledger": ledger,
        "gaps": [],
        "usage": [],
        "invented": 0,
    }
    return build_report(**{**parts, **changes})


async def test_sources_are_numbered_in_reading_order():
    """Introduction first, then sections, then conclusion; claims carry the same numbers."""
    ledger, (one, two, three) = await evidence("One.", "Two.", "Three.")
    report = report_of(ledger, f"Alpha [{two}].", f"Beta [{one}][{two}]. Gamma.", f"Delta [{one}].")
    assert [(source["number"], source["title"]) for source in report["sources"]] == [(1, "D1"), (2, "D0")]
    assert report["citations"] == {two: 1, one: 2}
    assert [(c["place"], c["sentence"], c["sources"]) for c in report["claims"]] == [
        ("introduction", "Alpha.", [1]),
        ("a1", "Beta.", [1, 2]),
        ("a1", "Gamma.", []),
        ("conclusion", "Delta.", [2]),
    ]
    assert three not in report["citations"]
    assert len(report["documents"]) == len(report["passages"]) == 3


async def test_the_figures():
    ledger, (one, two) = await evidence("One.", "Two.")
    report = report_of(ledger, f"One thing [{one}].", f"Two – things [{one}][{two}]. Three.", "")
    assert report["counts"] == {
        "analysts": 1,
        "words": 5,
        "sentences": 3,
        "cited_sentences": 2,
        "sources": 2,
        "citations": 2,
        "documents": 2,
        "passages": 2,
    }


@given(st.lists(st.lists(st.sampled_from(["K0", "K1", "K2", "[z9zzzz]", "[1]", "(2)", "Word.", "\n\n"])), min_size=3))
async def test_no_reference_dangles_is_invented_unused_or_double(pieces: list[list[str]]):
    """Whatever the texts hold: markers, citations and sources name the same things, numbered 1 to n."""
    ledger, keys = await evidence("One.", "Two.", "Three.")
    texts = [" ".join(line) for line in pieces]
    for place, key in enumerate(keys):
        texts = [text.replace(f"K{place}", f"[{key}]") for text in texts]
    report = report_of(ledger, *texts)
    printed = [report["introduction"], *(section["text"] for section in report["sections"]), report["conclusion"]]
    markers = [match["key"] for text in printed for match in MARKER.finditer(text)]
    assert set(markers) == set(report["citations"])
    assert [source["number"] for source in report["sources"]] == sorted(set(report["citations"].values()))
    assert [source["number"] for source in report["sources"]] == list(range(1, len(report["sources"]) + 1))
    assert len({source["document"] for source in report["sources"]}) == len(report["sources"])
    assert report["invented"] == sum(text.count("[z9zzzz]") + text.count("[1]") for text in texts)
    assert report == report_of(ledger, *texts)
    assert json.loads(json.dumps(report)) == report


async def test_a_section_without_text_and_a_title_with_markers():
    ledger, (one,) = await evidence("One.")
    report = report_of(ledger, f"A [{one}].", "", "", title=f" A\n title [{one}] ", invented=2)
    assert (report["sections"], report["title"], report["invented"]) == ([], "A title", 2)
    assert report_of(ledger, "", "", title="")["title"] == "Open data in Spain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One [k7qdm4]. Two! [m3xz8a] Three.", [("One.", "k7qdm4"), ("Two!", "m3xz8a"), ("Three.", "")]),
        ("[k7qdm4] One. [m3xz8a] Two.", [("One.", "k7qdm4"), ("Two.", "m3xz8a")]),
        ("“One.” [k7qdm4] Two\nlines [k7qdm4][m3xz8a].", [("“One.”", "k7qdm4"), ("Two lines.", "k7qdm4 m3xz8a")]),
        ("## Head [k7qdm4]\n\n- One [k7qdm4].\n- Two", [("One.", "k7qdm4"), ("Two", "")]),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n[k7qdm4]", [("1 | 2", "k7qdm4"), ("3 | 4", "k7qdm4")]),
        ("| a |\n|---|\n| 1 [k7qdm4] |\n\nText.", [("1", "k7qdm4"), ("Text.", "")]),
        ("[k7qdm4]", []),
        ("", []),
    ],
)
def test_a_claim_is_a_sentence_with_its_citations(text: str, expected: list[tuple[str, str]]):
    found = sentences_with_citations(text, "en")
    assert [(claim.sentence, " ".join(claim.citations)) for claim in found] == expected


def sections(*texts: str) -> list[Section]:
    return [{"analyst": f"a{n}", "title": "T", "text": text} for n, text in enumerate(texts, start=1)]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("New here. The PORTAL  has an Api [m3xz8a]. Also new.", "New here. Also new."),
        ("The portal has an API [m3xz8a]. Also new.", "Also new."),
        ("New here. The portal has an API!", "New here."),
        ("The portal has an API [m3xz8a].\n\nNew [k7qdm4].", "New [k7qdm4]."),
        ("- The portal has an API.\n- New.", "- New."),
        ("### Old\n\nThe portal has an API.\n\n### New\n\nNew.", "### New\n\nNew."),
        ("### Old\n\n#### Older\n\nThe portal has an API.", ""),
        ("Same words.", "Same words."),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\n[m3xz8a]\n\nNew.", "New."),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"),
    ],
)
def test_a_later_section_does_not_repeat_an_earlier_one(later: str, expected: str):
    first = "The portal has an API [k7qdm4]. Same words.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[k7qdm4]"
    kept = drop_repetitions(sections(first, later), "en")
    assert [section["text"] for section in kept] == [first, expected]


@given(
    st.lists(
        st.lists(
            st.sampled_from(["The portal has an API [k7qdm4].", "It has many good data.", "- ", "\n", "\n\n", " "])
        )
    )
)
def test_no_sentence_stands_in_two_sections(pieces: list[list[str]]):
    kept = drop_repetitions(sections(*("".join(line) for line in pieces)), "en")
    said = [{claim.sentence for claim in sentences_with_citations(section["text"], "en")} for section in kept]
    for place, sentences in enumerate(said):
        assert not any(sentences & earlier for earlier in said[:place])
