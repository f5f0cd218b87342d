"""Catalogues, slugs and transcripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.errors import UsageError
from tertulia.report_templates import render_transcript, slugify
from tertulia.report_templates.locales import LOCALES, catalogue

Sample = Callable[..., dict]


def shape(strings: dict) -> dict:
    """Names of all strings with the values they take and the number of their forms."""
    return {
        (section, name): (len(value) if isinstance(value, list) else 1, set(re.findall(r"\{(\w+)", str(value))))
        for section, names in strings.items()
        for name, value in names.items()
    }


@pytest.mark.parametrize("language", LOCALES)
def test_every_catalogue_has_the_same_strings(language: str):
    """Same names, same values to put in, same number of forms, none empty."""
    assert shape(catalogue(language).strings) == shape(catalogue("en").strings)
    assert all(value for names in catalogue(language).strings.values() for value in names.values())


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "1 April 2026"),
        ("es", "1 de abril de 2026"),
        ("ca", "1 d’abril de 2026"),
        ("eu", "2026-04-01"),
        ("gl", "1 de abril de 2026"),
        ("es-MX", "1 de abril de 2026"),
        ("de", "1 April 2026"),
    ],
)
def test_dates(language: str, expected: str):
    assert catalogue(language).date("2026-04-01T23:59:00+02:00") == expected
    assert catalogue(language).date("spring") == "spring"


def test_numbers_have_their_nouns():
    assert [catalogue("en").count("sources", n) for n in (0, 1, 2)] == ["0 sources", "1 source", "2 sources"]
    assert [catalogue("eu").count("sources", n) for n in (1, 2)] == ["iturri 1", "2 iturri"]


@given(st.text())
def test_a_slug_is_a_file_name(text: str):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slugify(text))
    assert len(slugify(text)) <= 60
    assert slugify(slugify(text)) == slugify(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Datos abiertos en España", "datos-abiertos-en-espana"),
        ("Intel·ligència Œuvre Straße", "intelligencia-oeuvre-strasse"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本", "report"),
        ("word " * 30, "word-word-word-word-word-word-word-word-word-word-word-word"),
        ("x" * 100, "x" * 60),
    ],
)
def test_slugs(text: str, expected: str):
    assert slugify(text) == expected


def test_a_transcript_numbers_as_the_report_does_and_letters_the_rest(sample_report: Sample):
    """INAP is source 2 of the report; the other document is cited by this interview alone."""
    text = render_transcript(sample_report(), "a1")
    assert "named four roles [A]. More than 180 activities [2][A]." in text
    assert re.findall(r"^- \[(\w+)\] \W?([\w ]+)", text, re.MULTILINE) == [
        ("2", "INAP"),
        ("A", "Only an interview cites this "),
    ]


def test_an_interview_without_turns_and_one_that_is_not_there(sample_report: Sample):
    assert "nothing new" in render_transcript(sample_report(), "a2")
    with pytest.raises(UsageError) as caught:
        render_transcript(sample_report(), "a9")
    assert caught.value.hint == "There are: a1, a2."
