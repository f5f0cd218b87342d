"""A number means the same in every locale and language, and with one digit changed it does not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tertulia.evidence.checks import check_claim
from tertulia.evidence.checks.facts import find_facts

SEPARATORS = [("", "."), ("", ","), (".", ","), (",", "."), ("\u00a0", ","), ("\u202f", ","), (" ", "."), ("’", ".")]
FRAMES = {
    "en": "The office counted {} cases.",
    "es": "La oficina contó {} casos.",
    "ca": "L'oficina va comptar {} casos.",
    "eu": "Bulegoak {} kasu zenbatu zituen.",
    "gl": "A oficina contou {} casos.",
}
MILLIONS = {"en": "million", "es": "millones de", "ca": "milions de", "eu": "milioi", "gl": "millóns de"}
LANGUAGES = st.sampled_from(sorted(FRAMES))
DIGITS = st.from_regex(r"[1-9][0-9]{0,11}", fullmatch=True)
DECIMALS = st.from_regex(r"([0-9]{0,2}[1-9])?", fullmatch=True)


def written(whole: str, decimals: str, separators: tuple[str, str]) -> str:
    """The number in one locale."""
    group, point = separators
    grouped = f"{int(whole):,}".replace(",", group) if group else whole
    return grouped + (point + decimals if decimals else "")


@given(DIGITS, DECIMALS, st.sampled_from(SEPARATORS), st.sampled_from(SEPARATORS), LANGUAGES, LANGUAGES)
def test_a_number_stands_in_any_locale(whole, decimals, one, other, language, passage_language):
    """However sentence and passage write it, in whatever languages, the number stands."""
    sentence = FRAMES[language].format(written(whole, decimals, one))
    passage = FRAMES[passage_language].format(written(whole, decimals, other))
    verdict = check_claim(sentence, [passage], language=language, passage_languages=[passage_language])
    assert verdict.holds
    assert verdict.held == 1


@given(DIGITS, DECIMALS, st.sampled_from(SEPARATORS), st.sampled_from(SEPARATORS), LANGUAGES, LANGUAGES, st.data())
def test_a_number_with_a_digit_changed_does_not_stand(whole, decimals, one, other, language, passage_language, data):
    """Any one digit, changed to any other, is found; nothing else in the sentence can hide it."""
    digits = whole + decimals
    place = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    changed = digits[:place] + digit + digits[place + 1 :]
    assume(changed != digits and not changed.startswith("0"))
    sentence = FRAMES[language].format(written(changed[: len(whole)], changed[len(whole) :], one))
    passage = FRAMES[passage_language].format(written(whole, decimals, other))
    verdict = check_claim(sentence, [passage], language=language, passage_languages=[passage_language])
    assert not verdict.holds
    assert verdict.status == "unsupported"


@given(st.integers(1, 999), st.integers(0, 9), LANGUAGES, LANGUAGES)
def test_millions_stand_in_words_and_digits(whole, tenth, language, passage_language):
    """12.4 million is 12,400,000 in any of the languages, and neither 12.4 thousand nor 12.5 million."""
    point = "." if language == "en" else ","
    count = f"{whole}{point}{tenth}" if tenth else str(whole)
    sentence = FRAMES[language].format(f"{count} {MILLIONS[language]}")
    value = whole * 1_000_000 + tenth * 100_000
    for passage_value, holds in ((value, True), (value + 100_000, False), (value // 1000, False)):
        passage = FRAMES[passage_language].format(f"{passage_value:,}")
        verdict = check_claim(sentence, [passage], language=language, passage_languages=[passage_language])
        assert verdict.holds is holds, passage


@pytest.mark.parametrize(
    ("language", "words", "value"),
    [
        ("en", "twenty-three", 23),
        ("en", "one hundred and five", 105),
        ("en", "two thousand and twenty-five", 2025),
        ("en", "a hundred thousand", 100_000),
        ("en", "three dozen", 36),
        ("en", "half a million", 500_000),
        ("en", "two and a half million", 2_500_000),
        ("en", "seven hundred sixty-four", 764),
        ("en", "one billion two hundred million", 1_200_000_000),
        ("es", "veintidós", 22),
        ("es", "treinta y una", 31),
        ("es", "mil novecientos noventa y cinco", 1995),
        ("es", "dos mil millones", 2_000_000_000),
        ("es", "tres billones", 3_000_000_000_000),
        ("es", "un millón y medio", 1_500_000),
        ("es", "setecientas mil", 700_000),
        ("ca", "vint-i-una", 21),
        ("ca", "trenta-dos", 32),
        ("ca", "dos-cents cinquanta mil", 250_000),
        ("ca", "mil nou-cents noranta-cinc", 1995),
        ("ca", "tres mil milions", 3_000_000_000),
        ("ca", "un milió i mig", 1_500_000),
        ("gl", "vinte e dous", 22),
        ("gl", "trescentas trinta e unha", 331),
        ("gl", "mil novecentos noventa e cinco", 1995),
        ("gl", "dous mil millóns", 2_000_000_000),
        ("eu", "hogeita hamaika", 31),
        ("eu", "berrogeita hemeretzi", 59),
        ("eu", "laurogeita hamabost", 95),
        ("eu", "ehun eta hogeita bost", 125),
        ("eu", "mila bederatziehun eta laurogeita hamabost", 1995),
        ("eu", "bi mila milioi", 2_000_000_000),
        ("eu", "milioi bat", 1_000_000),
        ("eu", "hiru milioi eta erdi", 3_500_000),
    ],
)
def test_number_words_are_read(language: str, words: str, value: int):
    """One number, the whole of it, and its span is the words."""
    (quantity,) = find_facts(words, language).quantities
    assert [Fraction(value)] == [reading.value for reading in quantity.readings]
    assert quantity.text == words


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The COVID-19 pandemic, vitamin B12 and the ALIA-40B model in version 3.10.2."),
        ("en", "Two, three and one by one: see https://example.org/2024/12 or 1@example.org [12]."),
        ("es", "Un caso y una duda; cientos de personas, miles de datos, millones de euros."),
        ("ca", "Un cas i una pregunta; milers de persones."),
        ("eu", "Kasu bat eta galdera bat; milaka pertsona."),
        ("gl", "Un caso e unha dúbida; milleiros de persoas."),
    ],
)
def test_what_is_no_number_is_none(language: str, text: str):
    """Names with digits, versions, addresses, footnotes, articles and indefinite plurals state no number."""
    values = {quantity.readings[0].value for quantity in find_facts(text, language).quantities}
    assert values <= {1, 2, 3}
