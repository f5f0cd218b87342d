"""How sentences are weighed: centrality, redundancy, key phrases, citation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.agents.extractive.candidates import is_quotable, leans
from tertulia.agents.extractive.citing import cite, cited_sentences
from tertulia.agents.extractive.key_phrases import find_key_phrases
from tertulia.agents.extractive.lexrank import lexrank
from tertulia.agents.extractive.redundancy import choose
from tertulia.agents.extractive.vectors import cosine, rarity, vectors

from .library import ENGLISH, SPANISH, library

WORDS = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), max_size=12)


def compare(*texts: str):
    split = [text.split() for text in texts]
    return vectors(split, rarity(split))


@given(WORDS)
def test_vectors_have_length_one_and_likeness_lies_between_0_and_1(texts: list[list[str]]):
    for one in vectors(texts, rarity(texts)):
        assert not one or cosine(one, one) == pytest.approx(1.0)
        for other in vectors(texts, rarity(texts)):
            assert -1e-9 <= cosine(one, other) <= 1 + 1e-9


@given(WORDS)
def test_centrality_is_a_share_of_the_highest(texts: list[list[str]]):
    ranks = lexrank(vectors(texts, rarity(texts)))
    assert len(ranks) == len(texts)
    assert all(0 < rank <= 1 for rank in ranks)
    assert not ranks or max(ranks) == 1


def test_what_most_sentences_resemble_is_central():
    ranks = lexrank(compare("lamp glass", "lamp oil", "lamp glass oil", "bread"))
    assert ranks.index(max(ranks)) == 2
    assert ranks.index(min(ranks)) == 3


def test_a_near_duplicate_is_not_chosen():
    compared = compare("lamp glass oil", "lamp glass oil", "bread butter", "salt")
    chosen = choose([1.0, 0.9, 0.2, 0.1], compared, enough=lambda chosen: False, least=0.15)
    assert chosen == [0, 2]


def test_key_phrases_are_noun_phrases_in_their_usual_form():
    phrases = find_key_phrases(library(ENGLISH), "en")
    texts = {phrase.text for phrase in phrases.values()}
    assert {"Fresnel lenses", "lighthouse keepers", "harbour authorities", "satellite navigation"} <= texts
    assert not texts & {"LED lamps need", "harbour authorities counts", "keepers kept"}


def test_spanish_key_phrases_go_across_their_prepositions():
    texts = {phrase.text.lower() for phrase in find_key_phrases(library(SPANISH), "es").values()}
    assert {"lentes de fresnel", "patrimonio marítimo", "autoridades portuarias"} <= texts


def test_no_key_phrase_begins_with_an_article_of_its_document_s_language():
    """A Galician report may rest on Spanish documents: "os" is an article there, "los" is none."""
    excerpts = [replace(one, document=replace(one.document, language="es")) for one in library(SPANISH)]
    starts = {phrase.text.split()[0].lower() for phrase in find_key_phrases(excerpts, "gl").values()}
    assert not starts & {"el", "los", "las", "una", "sus"}


@given(
    st.lists(
        st.tuples(st.sampled_from(["A b.", "Really?", "He said “no.”", "Wait…", "Done!", "Etc.."]), st.just("a2bcde")),
        max_size=6,
    )
)
def test_citing_can_be_undone(pairs: list[tuple[str, str]]):
    assert cited_sentences(" ".join(cite(text, key) for text, key in pairs)) == pairs


def test_the_key_stands_before_the_full_stop():
    assert cite("The portal has an API.", "k7qdm4") == "The portal has an API [k7qdm4]."
    assert cite("Is it so?", "k7qdm4") == "Is it so? [k7qdm4]"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "However, the beam looks colder to sailors."),
        ("en", "They are made of glass in France."),
        ("en", "The lamps also need less electricity than before."),
        ("es", "Sin embargo, las lámparas consumen menos electricidad."),
        ("es", "Permite ver el faro desde muy lejos."),
        ("ca", "A més, els fars són molt antics al país."),
        ("eu", "Horrek kalte egin die itsasargiei azken urteetan."),
        ("gl", "Con todo, os faros seguen acesos cada noite."),
    ],
)
def test_sentences_that_lean_on_their_neighbour_are_known(language: str, text: str):
    assert leans(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Fresnel lenses bend the light of a lamp."),
        ("es", "Los faros guían a los barcos de noche."),
        ("ca", "Els fars guien els vaixells de nit."),
        ("eu", "Itsasargiek ontziak gidatzen dituzte gauez."),
        ("gl", "Os faros guían os barcos pola noite."),
    ],
)
def test_sentences_that_stand_by_themselves_are_known(language: str, text: str):
    assert not leans(text, language)


@pytest.mark.parametrize(
    "text",
    [
        "Too short to say.",
        "A heading without a verb or an end about lenses",
        "menu lines begin small and are never quoted here.",
        "Accept All Cookies To Continue Reading Our Harbour News Today.",
        "Figure 3: The lens of the first order in its tower.",
        "Run lens[1] = f(x) before the lamp is lit by the keeper.",
        "The quotation “is never closed by the writer of this page.",
        "The list of the following lenses is complete:",
        "Word " * 61 + "is long.",
    ],
)
def test_what_cannot_be_quoted(text: str):
    assert not is_quotable(text, "en")
