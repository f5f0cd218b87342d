"""What the sources do not say needs no citation; what they do say does."""

from __future__ import annotations

import pytest

from tertulia.evidence.checks import needs_citation

ABSENT = [
    ("en", "The sources found do not say how ALIA and MareNostrum were paid for."),
    ("en", "None of the documents names the European Commission."),
    ("es", "Las fuentes consultadas no dicen cuánto costó el superordenador MareNostrum de Barcelona."),
    ("es", "Ninguna fuente explica el papel de la Agencia Española de Protección de Datos."),
    ("ca", "Les fonts trobades no diuen qui va pagar el MareNostrum de Barcelona."),
    ("eu", "Aurkitutako iturriek ez dute esaten nork ordaindu zuen Eusko Jaurlaritzaren ataria."),
    ("gl", "As fontes atopadas non din quen pagou o portal da Xunta de Galicia."),
]
STATED = [
    ("en", "The European Commission does not pay for MareNostrum 5."),
    ("en", "The sources found do not say who paid the 500 million euros."),
    (
        "en",
        "MareNostrum 5 in Barcelona trained ALIA, and the Ministry of Health paid for it; the sources do not say why.",
    ),
    ("es", "La Agencia Española de Protección de Datos no publicó la guía."),
    ("ca", "La Generalitat de Catalunya no publica les fitxes."),
    ("gl", "A Xunta de Galicia non publica os datos."),
]


@pytest.mark.parametrize(("language", "sentence"), ABSENT)
def test_absence_needs_no_citation(language: str, sentence: str):
    assert not needs_citation(sentence, language)


@pytest.mark.parametrize(("language", "sentence"), STATED)
def test_a_fact_needs_one_also_when_it_is_negative(language: str, sentence: str):
    assert needs_citation(sentence, language)


@pytest.mark.parametrize(
    ("sentence", "needed"),
    [
        ("Two remedies are in use.", False),
        ("There are three limits to what is known.", False),
        ("There are 3 limits to what is known.", True),
        ("There are thirty limits to what is known.", True),
        ("Two million people use it.", True),
    ],
)
def test_a_small_count_in_words_is_the_writers_own(sentence: str, needed: bool):
    assert needs_citation(sentence, "en") is needed
