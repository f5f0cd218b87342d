"""A stored report is checked again from itself alone: what code derived cannot be changed unnoticed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_report import Path, at, changed, documents, leaves, small_report

from tertulia.evidence.documents import content_hash
from tertulia.evidence.reverification import contrast, reverify
from tertulia.evidence.schema import json_path
from tertulia.version import VERSION

# What nothing else in the file says, so that no code can derive it (docs/evidence-format.md says why for each).
FREE = re.compile(
    r"""
      run\.(id|topic|engine|created_at|finished_at|tertulia_version)
    | title | sections\[\d+\]\.title
    | panel\[\d+\]\.(name|affiliation|role|description|locked)
    | interviews\[\d+\]\.(reason|turns\[\d+\]\.(question|answer|queries\.web\[\d+\]))
    | documents\[\d+\]\.language
    | documents\[0\]\.(title|kind|retrieved_at|published|site)   # the document that nothing cites
    | claims\[\d+\]\.judgement\.reason
    | gaps\[\d+\]\.(analyst|what|reason) | usage\[\d+\]\.\w+
    | invented | summary\.(repaired|dropped)
    """,
    re.VERBOSE,
)

REPORT = small_report()
LEAVES = list(leaves(REPORT))
# Free as long as no verdict and no subject depends on it.
HALF_FREE = {"run.language"}
BOUND = [path for path in LEAVES if not FREE.fullmatch(json_path(*path)) and json_path(*path) not in HALF_FREE]


def problems(report: Any) -> list[tuple[str, str]]:
    """What does not hold: paths and messages."""
    return [(problem.path, problem.message) for problem in reverify(report, version=VERSION).problems]


def other_values(value: Any) -> list[Any]:
    """Values that could stand there instead: a letter more, a letter else, nothing; the next number; the contrary."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, str(value)]
    return [other for other in (f"{value}x", f"x{value[1:]}", value[:-1], "", None, 1) if other != value]


def test_an_intact_report_holds_and_names_the_sentence_that_does_not():
    found = reverify(REPORT, version=VERSION)
    assert (found.problems, found.notes) == ([], [])
    assert [claim["sentence"] for claim in found.failing] == ["A new hive costs 250 euros."]
    assert len(REPORT["claims"]) == 5
    assert REPORT["disagreements"]


@pytest.mark.parametrize("path", BOUND, ids=lambda path: json_path(*path))
def test_every_leaf_that_follows_from_others_is_bound(path: Path):
    """Whatever is written over a hash, id, key, offset, number, sentence, verdict or count is found."""
    missed = [value for value in other_values(at(REPORT, path)) if not problems(changed(REPORT, path, value))]
    assert missed == []


def test_most_leaves_are_bound_and_the_free_ones_are_really_free():
    """The list of free leaves holds nothing that is checked, or it would hide a loss."""
    free = [path for path in LEAVES if FREE.fullmatch(json_path(*path))]
    assert len(BOUND) > 3 * len(free)
    unnoticed = [
        path for path in free if any(not problems(changed(REPORT, path, v)) for v in other_values(at(REPORT, path)))
    ]
    assert unnoticed == free


@given(st.sampled_from(BOUND), st.text(max_size=20) | st.integers() | st.booleans() | st.none())
def test_no_value_whatever_passes_for_another(path: Path, value: Any):
    stored = at(REPORT, path)
    if type(value) is not type(stored) or value != stored:
        assert problems(changed(REPORT, path, value))


@pytest.mark.parametrize("field", sorted(REPORT))
def test_no_part_can_be_left_out(field: str):
    assert problems({key: value for key, value in REPORT.items() if key != field}) == [(field, "is missing")]


@pytest.mark.parametrize("field", ["claims", "sources", "citations", "passages", "documents", "disagreements", "panel"])
def test_no_entry_can_be_left_out(field: str):
    rest = dict(list(REPORT[field].items())[1:]) if field == "citations" else REPORT[field][1:]
    assert problems({**REPORT, field: rest})


def test_a_text_and_its_hash_changed_together_are_found_by_the_passages():
    """Who knows how hashes work still has to change every passage, and then the sentences no longer hold."""
    index = next(index for index, document in enumerate(REPORT["documents"]) if "160 hives" in document["text"])
    text = REPORT["documents"][index]["text"].replace("160 hives", "961 hives")
    report = changed(
        REPORT, ("documents", index), {**REPORT["documents"][index], "text": text, "content_hash": content_hash(text)}
    )
    place = next(place for place, passage in enumerate(REPORT["passages"]) if "160 hives" in passage["text"])
    assert [path for path, _ in problems(report)][:2] == [f"documents[{index}].id", f"passages[{place}].text"]
    report = changed(report, ("passages", place, "text"), text)
    assert ("claims[1].holds", "is true, but the texts and the evidence give false") in problems(report)


def test_a_sentence_is_said_to_fail_at_its_place():
    """A number changed in the text and in the claim alike: the verdict is no longer what the checks say."""
    section, claim = ("sections", 0, "text"), ("claims", 1, "sentence")
    report = changed(REPORT, section, at(REPORT, section).replace("160", "170"))
    report = changed(report, claim, at(REPORT, claim).replace("160", "170"))
    found = dict(problems(report))
    assert found["claims[1].holds"] == "is true, but the texts and the evidence give false"
    assert found["summary.failing"] == "is 1, but the texts and the evidence give 2"


def test_an_invented_citation_is_named():
    text = f"{REPORT['introduction']} Roofs are high [a2aaaa]."
    assert ("introduction", "cites [a2aaaa], which is no passage") in problems({**REPORT, "introduction": text})


def test_sentences_that_should_have_been_dropped_are_found():
    assert problems(changed(REPORT, ("summary", "unsupported"), "drop")) == [
        ("summary.unsupported", "says that failing sentences were dropped, and some are there")
    ]


def test_what_another_version_says_otherwise_is_a_note_unless_it_hides_a_failure():
    """The checks may have learned; but a sentence that fails today is never passed over in silence."""
    older = changed(REPORT, ("run", "tertulia_version"), "0.0.1")
    assert reverify(older, version=VERSION).notes == []

    stricter = changed(older, ("claims", 0, "verdict"), "partly")
    found = reverify(stricter, version=VERSION)
    assert found.problems == []
    assert [note.path for note in found.notes] == ["claims[0].verdict"]

    blind = changed(
        older, ("claims", 3), {**REPORT["claims"][3], "holds": True, "verdict": "supported", "findings": []}
    )
    (problem,) = reverify(blind, version=VERSION).problems
    assert "250 euros is not in the cited passage; it says 180 euros." in problem.message

    moved = changed(older, ("citations",), dict.fromkeys(REPORT["citations"], 1))
    assert [problem.path for problem in reverify(moved, version=VERSION).problems]


def test_keys_of_others_are_ignored():
    """A reader ignores what it does not know; so whoever adds a key breaks nothing."""
    assert problems(with_notes(REPORT)) == []


def with_notes(data: Any) -> Any:
    """The data with another key in each object; `citations` and `queries` have keys of their own."""
    if isinstance(data, list):
        return [with_notes(value) for value in data]
    if not isinstance(data, dict):
        return data
    own = {key: value if key in {"citations", "queries"} else with_notes(value) for key, value in data.items()}
    return {**own, "note": "mine"}


KEYS = [passage["key"] for passage in REPORT["passages"]]
PIECES = [
    *(f"[{key}]" for key in KEYS),
    *(
        "[a2aaaa]",
        "[3]",
        "(see [1])",
        "\n\n",
        "\n",
        "- ",
        "| ",
        "|---|\n",
        "## ",
        ". ",
        " ",
        "`",
        "<b>",
        "“",
        "”",
        "Dr.",
    ),
    *("Roofs carry two hives", "160 hives", "In 2025", "180 euros", "Ana Ruiz", "Valladolid", "¿Cuántas?", "\u2028"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(texts, texts, texts, st.sampled_from(["en", "es", "eu", "xx"]))
def test_whatever_is_written_the_report_that_is_built_from_it_is_intact(one: str, two: str, three: str, language: str):
    """Building twice changes nothing: so a report that nobody touched always holds."""
    run = {**REPORT["run"], "language": language}
    sections = [
        {"analyst": "a1", "title": two[:40], "text": two},
        {"analyst": "a1", "title": "B", "text": f"{one}{two}"},
    ]
    report = small_report(run=run, title=one[:60], introduction=one, sections=sections, conclusion=three)
    assert problems(report) == []


@pytest.mark.parametrize("data", [None, [], {}, "report", {"run": {}}, {**REPORT, "claims": {}}])
def test_data_of_another_form_is_held_against_the_form_only(data: Any):
    assert problems(data)


def test_long_texts_are_shown_where_they_part():
    one, other = contrast("a" * 200 + "b", "a" * 200 + "c")
    assert one == "“…" + "a" * 26 + "b”"
    assert other == "“…" + "a" * 26 + "c”"


def test_the_documents_of_these_tests_are_what_they_seem():
    """`FREE` counts on the first document by id being the one that nothing cites."""
    cited = {source["document"] for source in REPORT["sources"]}
    assert [document["id"] in cited for document in REPORT["documents"]] == [False, True, True]
    assert len(documents()) == 3
