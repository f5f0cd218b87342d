"""A quick look decides whether a sentence is read closely for figures: it may be wrong in one direction only."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.evidence.checks.facts import find_facts
from tertulia.evidence.checks.vocabulary import units, vocabulary
from tertulia.evidence.figures import _is_one, find_figures
from tertulia.evidence.languages import SUPPORTED
from tertulia.evidence.sentences import split_sentences

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.md"))


def states_number(sentence: str, language: str) -> bool:
    """What the close reading finds."""
    quantities = find_facts(sentence, language).quantities
    return any(quantity.kind == "number" and not _is_one(quantity) for quantity in quantities)


@pytest.mark.parametrize("language", SUPPORTED)
def test_no_sentence_with_a_number_is_passed_over(language: str):
    """All sentences of the examples, read in each language, and every word that numbers are made of, in a sentence."""
    words = vocabulary(language)
    numerals = [*words.counting, *words.scales, *words.denominators, *words.hundred, *words.thousand, *words.halves]
    sentences = [f"The house has {word} rooms." for word in numerals]
    sentences += [f"It takes {one} {phrase[0]}." for one in words.ones for phrase in units()]
    sentences += [f"It lost {year} {phrase[0]} then." for year in ("1990", "2024") for phrase in units()]
    for path in EXAMPLES:
        sentences += [sentence.text for sentence in split_sentences(path.read_text("utf-8"), language)]
    missed = [text for text in sentences if states_number(text, language) and not words.may_state(text)]
    assert missed == []


@pytest.mark.parametrize(
    "sentence", ["The bridge of 1990 is old.", "Since 1887, and again in 2005, the mill stood still.", "It is a house."]
)
def test_years_and_articles_alone_are_not_read_closely(sentence: str):
    assert not vocabulary("en").may_state(sentence)
    assert find_figures(sentence, "en") == []


@given(st.sampled_from(SUPPORTED), st.text(st.sampled_from("0123456789 .,;:()%€$-/½²aunomil's"), max_size=30))
def test_whatever_stands_in_a_text(language: str, text: str):
    assert vocabulary(language).may_state(text) or not states_number(text, language)
