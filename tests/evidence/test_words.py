"""Words compare equal whatever the case, the accents and the endings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.evidence.words import WORD_PATTERN, count_words, fold, folded_words, terms


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "Training agencies", "trained AGENCY"),
        ("es", "administraciones públicas", "Administración publica"),
        ("es-ES", "Lenguajes abiertos", "lenguaje abierto"),
        ("ca", "administracions intel·ligents", "Administració intel·ligent"),
        ("eu", "datuak", "datuen"),
        ("gl", "datos abertos, animais, cidades", "dato aberta animal cidade"),
        ("gl", "administracións", "administración"),
        ("pt", "administrações", "administração"),
        ("xx", "frobs", "frob"),
    ],
)
def test_inflected_forms_share_their_term(language: str, one: str, other: str):
    assert terms(one, language) == terms(other, language)


@given(st.text(alphabet="aB1.,_·é -2z\n"))
def test_ascii_has_the_same_words_as_any_other_text(text: str):
    """Its pattern is another one, which is quicker."""
    assert folded_words(text) == WORD_PATTERN.findall(text.casefold())


def test_stop_words_go_and_numbers_stay():
    """Stop words are known without their accents too; separators inside a number belong to it."""
    assert terms("The 36,500 sections of 2019 and 13.75 % in QU4LITY", "en") == [
        "36,500",
        "section",
        "2019",
        "13.75",
        "qu4liti",
    ]
    assert terms("según segun los datos", "es") == ["dat"]


def test_words_that_differ_keep_different_terms():
    assert terms("datos", "es") != terms("dos", "es")
    assert terms("lingua", "gl") != terms("linguaxe", "gl")


def test_fold_forgets_case_and_accents():
    assert fold("Àrea ÑANDÚ intel·ligència STRASSE straße") == "area nandu intelligencia strasse strasse"


def test_words_are_counted_as_a_reader_counts_them():
    assert count_words("The state-of-the-art costs 3.5 € — today.") == 5
