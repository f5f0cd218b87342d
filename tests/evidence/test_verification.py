"""The language that a passage is read in never excuses what is wrong."""

from __future__ import annotations

import pytest

from tertulia.evidence.documents import make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.evidence.verification import check_text

TABLE = "| Town | Deaths |\n| --- | --- |\n| Milano | 54 |\n| Torino | 31 |"
CASES = {
    "a table whose names look Italian": ("csv", "it", TABLE, "Milano had {} deaths."),
    "names in another language": ("md", "en", "Der Spiegel and Die Zeit reported 54 deaths.", "There were {} deaths."),
}


async def kept(text: str, **about: str) -> tuple[Ledger, list[str]]:
    """A ledger with the passages of one document, and their keys."""
    given = {"url": "page.md", "title": "Page", "kind": "md", "language": "en", **about}
    document = make_document(**given, text=text, source="documents", retrieved_at="2026-01-01T00:00:00Z")
    ledger = Ledger()
    excerpts = await ledger.add([Excerpt(passage, document) for passage in split_passages(document)])
    return ledger, [excerpt.key for excerpt in excerpts]


@pytest.mark.parametrize("name", CASES)
async def test_a_wrong_number(name: str):
    kind, language, text, sentence = CASES[name]
    ledger, [key] = await kept(text, title="Deaths", kind=kind, language=language)
    for number, holds in (("54", True), ("540", False)):
        cited = f"{sentence.format(number)[:-1]} [{key}]."
        assert [each.holds for each in check_text(cited, ledger, language="en", topic="")] == [holds]


async def test_a_quotation_of_several_sentences_is_looked_for_whole():
    """Cut in two, neither half would be a quotation."""
    said = "The mayor said: “We did not know about the leak. We will pay for the damage.” Then she left."
    ledger, [key] = await kept(said, title="The leak")
    for quoted, holds in (
        ("We did not know about the leak. We will pay for the damage.", True),
        ("We knew about the leak for years. We will never pay a cent for it.", False),
    ):
        for left, right in (("“", "”"), ("«", "»"), ('"', '"')):
            text = f"The mayor said: {left}{quoted}{right} [{key}]. Then she left [{key}]."
            checked = check_text(text, ledger, language="en", topic="")
            assert [(each.cited.citations, each.holds) for each in checked] == [([key], holds), ([key], True)]


async def test_the_head_of_a_table_says_the_unit_of_its_rows():
    ledger, [key] = await kept("Unemployment was 12.5 % in Lugo and 9.1 % in Vigo.", title="Towns")
    rows = "".join(f"| {town} | {rate} [{key}] |\n" for town, rate in (("Lugo", "12.5"), ("Vigo", "9.4")))
    for head, holds in (("Unemployment (%)", [True, False]), ("Unemployment (euros)", [False, False])):
        text = f"| Town | {head} |\n|---|---|\n{rows}"
        assert [each.holds for each in check_text(text, ledger, language="en", topic="")] == holds


async def test_a_passage_stands_under_its_heading():
    """In a chronicle the heading says when, in a list of changes in which release."""
    chronicle = "## 2019\n\nThe mill burned down.\n\n## Release 15.18\n\nThe index was repaired."
    ledger, [mill, index] = await kept(chronicle, title="Chronicle")
    for sentence, key, holds in (
        ("The mill burned down in 2019", mill, True),
        ("The mill burned down in 2018", mill, False),
        ("The mill burned down in 2019", index, False),
        ("Release 15.18 repaired the index", index, True),
        ("Release 15.19 repaired the index", index, False),
    ):
        assert [each.holds for each in check_text(f"{sentence} [{key}].", ledger, language="en", topic="")] == [holds]
