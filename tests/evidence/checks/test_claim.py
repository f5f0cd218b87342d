"""A verdict says what was found, what was not, why, and where; it is the same every time."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.evidence.checks import check_claim, needs_citation

LANGUAGES = ["en", "es", "ca", "eu", "gl"]
SIGNS = list("%$€-–:/.,«»\"“”'()[]… \nº½²Ω中\u0301")
WORDS = ["de ", "and ", "y ", "March ", "marzo ", "martxo", "twenty", "mil ", "millones ", "half ", "mitad ", "siglo "]
NAMES = ["12", "1.234", "XXI", "Juan ", "AEPD", "a.m.", "km", "eko", "ehuneko ", "the ", "²³"]
PIECES = st.sampled_from([*SIGNS, *WORDS, *NAMES])


@given(
    st.lists(PIECES, max_size=30).map("".join), st.lists(PIECES, max_size=30).map("".join), st.sampled_from(LANGUAGES)
)
def test_any_text_gets_a_verdict(sentence: str, passage: str, language: str):
    """Nothing raises, each span is exact, each reason can be told in every language, and all of it is JSON."""
    verdict = check_claim(sentence, [passage], language=language)
    for finding in verdict.findings:
        assert sentence[finding.start : finding.end] == finding.text
        assert all(finding.message(other) for other in LANGUAGES)
    assert verdict == check_claim(sentence, [passage], language=language)
    assert json.loads(json.dumps(verdict.to_dict()))["status"] == verdict.status


@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from(LANGUAGES))
def test_a_copied_sentence_always_holds(text: str, language: str):
    """What is copied out of the passage, whatever it is, raises no error."""
    assert check_claim(text, [f"{text}"], language=language).holds


def test_the_reason_names_what_the_passage_says():
    """Of all numbers in the passage, the one that counts the same thing."""
    passage = "In 2024 there were 12.1 million visits, 3,500 datasets and 12 million downloads."
    (finding,) = check_claim("It had 12.4 million visits.", [passage], language="en").findings
    assert finding.message("en") == "12.4 million is not in the cited passage; it says 12.1 million."
    assert finding.message("es") == "12.4 million no está en el pasaje citado; dice 12.1 million."
    assert finding.message("fr") == finding.message("en")


def test_the_reason_names_what_the_sentence_does_not_say_already():
    """A number that the sentence states elsewhere is not offered instead of the wrong one."""
    passage = "In 2019 it had 500 users more than in 2017."
    (finding,) = check_claim("In 2019 it had 500 users more than in 2018.", [passage], language="en").findings
    assert finding.message() == "2018 is not in the cited passage; it says 2017."


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("It grew by **12** % to *1,234* units.", "It grew by 12 % to 1,234 units."),
        ("Madrid | 12 | 34 %", "| City | Count | Share |\n|---|---|---|\n| Madrid | 12 | 34 % |"),
        ("The share was 34 %.", "| City | Share (%) |\n|---|---|\n| Madrid | 34 |"),
        ("The `AEPD` has 12 offices.", "The AEPD has 12 offices [4]."),
    ],
)
def test_markdown_is_read_through(sentence: str, passage: str):
    """Emphasis, code and tables change nothing, and a unit may stand in the head of a column."""
    verdict = check_claim(sentence, [passage], language="en")
    assert verdict.holds
    assert verdict.held > 0


def test_numbers_of_a_language_without_words_only_warn():
    """A French passage may say it in words that are not known."""
    passage = "Le portail a reçu douze millions de visites."
    verdict = check_claim("It had 12 million visits.", [passage], language="en", passage_languages=["fr"])
    assert [(finding.check, finding.severity) for finding in verdict.findings] == [("number", "warning")]
    assert verdict.holds


@pytest.mark.parametrize(
    ("sentence", "passages", "status"),
    [
        ("It had 12 visits in 2024.", ["In 2024 it had 12 visits."], "supported"),
        ("It had 13 visits in 2024.", ["In 2024 it had 12 visits."], "partly"),
        ("It had 13 visits in 2023.", ["In 2024 it had 12 visits."], "unsupported"),
        ("It had 12 visits in 2024.", ["It had 12 visits.", "The year was 2024."], "supported"),
        ("It had 12 visits in 2024.", [], "uncited"),
        ("Openness matters.", [], "uncited"),
    ],
)
def test_the_status_says_how_much_stands(sentence: str, passages: list[str], status: str):
    """All, some or none of what was checked; facts may come from different passages."""
    assert check_claim(sentence, passages, language="en").status == status


def test_without_citation_only_a_fact_is_an_error():
    """What states nothing that can be checked may stand without a citation."""
    assert check_claim("Openness matters.", [], language="en").holds
    (finding,) = check_claim("It had 12 visits.", [], language="en").findings
    assert (finding.check, finding.text) == ("citation", "12")


@pytest.mark.parametrize(
    ("sentence", "language", "expected"),
    [
        ("It grew by 12 %.", "en", True),
        ("It opened in March.", "en", True),
        ("They call it “a public good for all”.", "en", True),
        ("The Ministry of Health leads it.", "en", True),
        ("The AEPD leads it.", "en", True),
        ("How many of the 12 remain?", "en", False),
        ("This is one of the reasons.", "en", False),
        ("This section describes the background.", "en", False),
        ("First, openness matters.", "en", False),
        ("La mitad de los municipios publica datos.", "es", True),
        ("Se trata de una cuestión abierta.", "es", False),
        ("Hogeita bi udal dira.", "eu", True),
        ("Galdera irekia da.", "eu", False),
        ("É unha cuestión aberta.", "gl", False),
        ("És una qüestió oberta.", "ca", False),
    ],
)
def test_facts_need_a_citation(sentence: str, language: str, expected: bool):
    """Numbers, dates, quotations and names; not questions, articles and ordering words."""
    assert needs_citation(sentence, language) is expected


def test_the_topic_is_known():
    """The words of the topic need no passage to name them, and no citation."""
    sentence = "Open Data Spain grows."
    assert needs_citation("This is about Open Data Spain.", "en")
    assert not needs_citation("This is about Open Data Spain.", "en", topic="open data in Spain")
    assert check_claim(f"Here {sentence}", ["It grows."], language="en", topic="Open data in Spain").holds
    assert not check_claim(f"Here {sentence}", ["It grows."], language="en").holds


def test_a_title_may_name():
    """Names and years may stand in the cited document's title, numbers may not."""
    title = "Open Data Maturity Report 2024: 12 lessons"
    sentence = "The Open Data Maturity Report of 2024 praises it."
    assert check_claim(sentence, ["It is praised."], language="en", titles=[title]).holds
    assert not check_claim(sentence, ["It is praised."], language="en").holds
    assert not check_claim("It teaches 12 things.", ["It teaches."], language="en", titles=[title]).holds


@pytest.mark.parametrize(
    ("heading", "language", "sentence", "holds"),
    [
        ("E.4. Release 15.18", "en", "Release 15.18 repaired the index.", True),
        ("E.4. Release 15.18", "en", "In release 15.18 the index was repaired.", True),
        ("E.4. Release 15.18", "en", "Release 15.19 repaired the index.", False),
        ("E.4. Release 15.18", "en", "It repaired 15.18 percent of the indexes.", False),
        ("E.4. Release 15.18", "en", "Upgrade to 15.18 first.", False),
        ("The 12 rules of RFC 9110", "en", "RFC 9110 repaired the index.", True),
        ("The 12 rules of RFC 9110", "en", "The 9110 indexes were repaired.", False),
        ("Section 9.2", "en", "The index rose to 9.2 that day.", False),
        ("Table 4.2 Indexes", "en", "The index had 4.2 pages.", False),
        ("The 50 states", "en", "The 50 judges voted.", False),
        ("Top 10 cities", "en", "The top 10 voted.", False),
        ("Nearly 70 dead", "en", "Nearly 70 workers went.", False),
        ("Los 10 mandamientos", "es", "Los 10 miembros votan.", False),
        ("Population in 2019", "en", "The index was repaired in 2019.", True),
        ("Population in 2019", "en", "The index of 2019 was repaired.", True),
        ("Population in 2019", "en", "The 2019 index was repaired.", True),
        ("Population in 2019", "en", "It had 2019 inhabitants.", False),
        ("RFC 2026", "en", "The index was repaired in 2026.", False),
        ("Form 1040", "en", "It has 1,040 mills.", False),
        ("Artículo 2019", "es", "Hay 2.019 plazas.", False),
        ("Año 2019", "es", "El índice se reparó en 2019.", True),
        ("Any 2019", "ca", "L'índex es va reparar el 2019.", True),
        ("Ano 2019", "gl", "O índice reparouse en 2019.", True),
        ("2019", "eu", "Indizea 2019an konpondu zen.", True),
    ],
)
def test_a_heading_may_say_when_and_number_what_it_names(heading: str, language: str, sentence: str, holds: bool):
    """A year for what tells when, another number only behind its own name; never for what is counted."""
    passages = {"en": "The index was repaired.", "es": "El índice se reparó.", "ca": "L'índex es va reparar."}
    passage = passages.get(language, "Indizea konpondu zen. O índice reparouse.")
    assert check_claim(sentence, [passage], language=language, titles=[heading]).holds is holds


def test_across_languages_numbers_are_checked_and_names_are_not_insisted_on():
    """Names are translated, so that they only warn; numbers, dates and units are not."""
    passage = "El Ministerio de Sanidad destinó 3.000 millones de euros el 12 de marzo de 2025."
    right = "The Ministry of Health spent 3 billion euros on 12 March 2025."
    wrong = "The Ministry of Health spent 3 million euros on 13 March 2025."
    verdict = check_claim(right, [passage], language="en", passage_languages=["es"])
    assert verdict.status == "supported"
    assert {finding.severity for finding in verdict.findings} == {"warning"}
    found = check_claim(wrong, [passage], language="en", passage_languages=["es"]).findings
    assert [finding.check for finding in found if finding.severity == "error"] == ["number", "date"]


def test_a_translated_quotation_is_not_asked_for():
    """House style: a quotation keeps its language, and its translation follows in brackets."""
    passage = "Los datos abiertos son un bien público."
    sentence = "It says «los datos abiertos son un bien público» (“open data are a public good”)."
    assert check_claim(sentence, [passage], language="en", passage_languages=["es"]).holds


def test_small_counts_in_words_only_warn():
    """A writer may count what a passage lists; what contradicts the passage is an error all the same."""
    listed = check_claim("It has three parts.", ["It has a head, a body and a tail."], language="en")
    assert [finding.severity for finding in listed.findings if finding.check == "number"] == ["warning"]
    assert not check_claim("It has three parts.", ["It has four parts."], language="en").holds


@pytest.mark.parametrize("language", ["de", "fr", "it", "pt"])
@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("It got 9,999,999 votes.", "PP;8.091.840;137 PSOE;7.760.970;121"),
        ("Milano had 540 deaths.", "Milano had 54 deaths."),
        ("The rate is 21 %.", "Le taux est de 12 %."),
        ("It opened in 2019.", "2018: l'apertura."),
    ],
)
def test_no_language_excuses_a_number_that_nobody_would_spell(language: str, sentence: str, passage: str):
    """Nor one where the same thing is counted otherwise, in digits."""
    assert not check_claim(sentence, [passage], language="en", passage_languages=[language]).holds


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("It has 1.2 million people.", "Die Stadt hat 1,2 Millionen Einwohner."),
        ("It has 1,200,000 people.", "Die Stadt hat 1,2 Millionen Einwohner."),
        ("There are 21 schools.", "Es gibt einundzwanzig Schulen."),
        ("About 500 people work there.", "Dort arbeiten fünfhundert Leute."),
    ],
)
def test_what_may_be_in_words_that_are_not_known_is_a_warning(sentence: str, passage: str):
    verdict = check_claim(sentence, [passage], language="en", passage_languages=["de"])
    assert [(finding.check, finding.severity) for finding in verdict.findings if finding.check == "number"] == [
        ("number", "warning")
    ]
    assert verdict.holds


def test_a_power_is_not_its_base():
    """What a passage says of a millionth or a million supports no sentence about ten; a power supports itself."""
    for power in ("10⁻⁶", "10⁶", "10^6", "10^-6"):
        passage = f"The virus infected {power} people in 2020."
        assert check_claim(passage, [passage], language="en").holds
        assert not check_claim("The virus infected 10 people in 2020.", [passage], language="en").holds
    assert check_claim("It had 54 men.", ["It had 54^[1] men."], language="en").holds


def test_overlap_never_decides():
    """A sentence that shares no word with its passage gets a warning and stays supported."""
    verdict = check_claim("Cats sleep most days in warm houses.", ["The portal publishes datasets."], language="en")
    assert verdict.status == "supported"
    assert [(finding.check, finding.severity) for finding in verdict.findings] == [("overlap", "warning")]


def test_a_long_report_is_checked_in_time():
    """400 claims with 1 to 3 passages of 700 characters: seconds of one core, with a margin, as machines differ."""
    filler = "The Ministry of Culture published 1,234 datasets on 12 March 2025, about 45 % more than in 2019. "
    claims = []
    for number in range(400):
        passages = [f"{number}{place}: {filler * 7}" for place in range(1 + number % 3)]
        claims.append(
            (f"The agency ANTARES {number} spent {number}.5 million euros on “open data {number}”.", passages)
        )
    begun = time.process_time()
    for sentence, passages in claims:
        check_claim(sentence, passages, language="en")
    assert time.process_time() - begun < 8
