"""Sentences are exact spans, and full stops that end none are known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.evidence.sentences import split_sentences

PIECES = st.sampled_from(
    [
        *"aBé1 .!?…«»\"'|#-\n\t",
        ". ",
        "\n\n",
        "- x",
        "| a | b |\n",
        "## T\n",
        "e.g. ",
        "U.S. ",
        "3.5",
        "1. ",
        "。",
        "Yes",
    ]
)


def texts(text: str, language: str = "en") -> list[str]:
    return [sentence.text for sentence in split_sentences(text, language)]


@given(st.lists(PIECES, max_size=60).map("".join), st.sampled_from(["en", "es", "eu", "xx"]))
def test_spans_are_exact_apart_and_complete(text: str, language: str):
    """Each span names its text, spans follow one another, and only white space lies between them."""
    last = 0
    for sentence in split_sentences(text, language):
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip() != ""
        assert sentence.start >= last
        assert text[last : sentence.start].strip() == ""
        last = sentence.end
    assert text[last:].strip() == ""


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "One thing. Another thing.", ["One thing.", "Another thing."]),
        ("en", "Dr. Smith came. He left.", ["Dr. Smith came.", "He left."]),
        ("en", "J. R. R. Tolkien wrote it. It sold.", ["J. R. R. Tolkien wrote it.", "It sold."]),
        ("en", "He lives in the U.S. The visit was short.", ["He lives in the U.S.", "The visit was short."]),
        ("en", "The U.S. Senate voted. It passed.", ["The U.S. Senate voted.", "It passed."]),
        ("en", "It grew by 3.5 points. Then it fell.", ["It grew by 3.5 points.", "Then it fell."]),
        ("en", "That was in 2019. Then it fell.", ["That was in 2019.", "Then it fell."]),
        ("en", "See https://a.b/c.html for more. Or not.", ["See https://a.b/c.html for more.", "Or not."]),
        ("en", "Open report.md first. Then read.", ["Open report.md first.", "Then read."]),
        ("en", "Data are there. datos.gob.es has them.", ["Data are there.", "datos.gob.es has them."]),
        ("en", '"Really?" she asked. "No." He left.', ['"Really?" she asked.', '"No."', "He left."]),
        ("en", "He waited… Then he left.", ["He waited…", "Then he left."]),
        ("en", "He waited... and left.", ["He waited... and left."]),
        ("en", "Tea, coffee, etc. The rest is free.", ["Tea, coffee, etc.", "The rest is free."]),
        ("es", "La Sra. Pérez vino. ¿Cuándo? ¡Hoy!", ["La Sra. Pérez vino.", "¿Cuándo?", "¡Hoy!"]),
        (
            "es",
            "Hay casos, p. ej. Madrid, y en EE. UU. Son dos.",
            ["Hay casos, p. ej. Madrid, y en EE. UU.", "Son dos."],
        ),
        ("es", "Dijo «sí.» Luego calló.", ["Dijo «sí.»", "Luego calló."]),
        ("es", "Véase el art. 5 de la ley. Es claro.", ["Véase el art. 5 de la ley.", "Es claro."]),
        ("ca", "El Sr. Puig hi era. Després va marxar.", ["El Sr. Puig hi era.", "Després va marxar."]),
        ("eu", "Maiatzaren 1. eguna da. Gero dator.", ["Maiatzaren 1. eguna da.", "Gero dator."]),
        ("eu", "Hau 5. Artikulua da. Besterik ez.", ["Hau 5. Artikulua da.", "Besterik ez."]),
        ("gl", "O Sr. Castro veu. Logo marchou.", ["O Sr. Castro veu.", "Logo marchou."]),
        ("zh", "你好。再见！", ["你好。", "再见！"]),
    ],
)
def test_where_sentences_end(language: str, text: str, expected: list[str]):
    assert texts(text, language) == expected


def test_blocks_end_sentences_and_soft_line_breaks_do_not():
    text = (
        "# Title\nA wrapped\nline here. Next one\n\n- first item\n- second. Third\n"
        "1. Numbered item\n| 1. A | b. C |\n| d | e |\nAfter"
    )
    assert texts(text) == [
        "# Title",
        "A wrapped\nline here.",
        "Next one",
        "- first item",
        "- second.",
        "Third",
        "1. Numbered item",
        "| 1. A | b. C |",
        "| d | e |",
        "After",
    ]


def test_an_empty_text_has_no_sentences():
    assert texts(" \n\n\t") == []
