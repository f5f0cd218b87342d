"""Where cited passages give different values for one thing, and where they only seem to."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tertulia.evidence.disagreements import Conflict, find_disagreements
from tertulia.evidence.documents import make_document
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.sources.loading import load_document

EXAMPLE = Path(__file__).parents[2] / "examples" / "open-data-in-spain"

DISAGREE = [
    ("en", "Spain has about 36,000 electoral sections.", "Spain has about 36,500 electoral sections."),
    ("en", "The training catalogue lists 160 activities.", "The training catalogue has more than 180 activities."),
    ("en", "Spain has 12.4 million electric vehicles.", "In Spain there are 12.1 million electric vehicles."),
    ("en", "The average rent in Madrid is 980 euros a month.", "The average rent in Madrid is €1,120 a month."),
    ("en", "The reactor produces between 400 and 450 MW of power.", "The reactor produces 510 MW of power."),
    ("en", "Unemployment in Aragon was 8.1 % in 2024.", "Unemployment in Aragon was 8.9 % in 2024."),
    ("en", "The coast guard counts 230 old lighthouses in Spain.", "A survey counts 187 old lighthouses in Spain."),
    ("en", "The 2024 flood in Valencia killed 229 people.", "The 2024 flood in Valencia killed 29 people."),
    ("en", "The national portal offers up to 90 data sets.", "The national portal offers 104 data sets."),
    (
        "es",
        "El catálogo de formación del INAP reúne 160 actividades.",
        "El catálogo de formación del INAP tiene más de 180 actividades.",
    ),
    ("es", "España tiene 36.412 secciones electorales.", "España cuenta con 36.918 secciones electorales."),
    (
        "es",
        "El portal nacional publica 92,5 millones de registros.",
        "El portal nacional publica 93,6 millones de registros.",
    ),
    ("ca", "Catalunya té 947 municipis petits.", "Catalunya té 941 municipis petits."),
    (
        "ca",
        "La biblioteca de Girona va rebre 12.500 visites el 2023.",
        "La biblioteca de Girona va rebre 13.100 visites el 2023.",
    ),
    ("gl", "O catálogo de Galicia ten 540 conxuntos de datos.", "O catálogo de Galicia ten 610 conxuntos de datos."),
    ("eu", "Euskadiko datu atariak 4.300 datu multzo ditu.", "Euskadiko datu atariak 4.700 datu multzo ditu."),
]

AGREE = [
    # A rounding, a bound or a range that admits the other; the same number written in another way.
    ("en", "Spain has about 36,000 electoral sections.", "Spain has 36,412 electoral sections."),
    ("en", "Spain has 36,000 electoral sections.", "Spain has 36,412 electoral sections."),
    ("en", "The training catalogue has at least 150 activities.", "The training catalogue lists 160 activities."),
    (
        "en",
        "The training catalogue has more than 150 activities.",
        "The training catalogue has more than 180 activities.",
    ),
    ("en", "The national portal offers up to 104 data sets.", "The national portal offers 90 data sets."),
    ("en", "The reactor produces between 400 and 450 MW of power.", "The reactor produces 430 MW of power."),
    ("en", "The reactor produces 400–450 MW of power.", "The reactor produces 0.43 GW of power."),
    ("en", "Spain has 12 million electric vehicles.", "Spain has 12,000,000 electric vehicles."),
    ("es", "España tiene 36.412 secciones electorales.", "España tiene unas 36.400 secciones electorales."),
    ("ca", "Catalunya té 947 municipis petits.", "Catalunya té gairebé 950 municipis petits."),
    (
        "gl",
        "O catálogo de Galicia ten 540 conxuntos de datos.",
        "O catálogo de Galicia ten máis de 500 conxuntos de datos.",
    ),
    (
        "eu",
        "Euskadiko datu atariak 4.300 datu multzo ditu.",
        "Euskadiko datu atariak 4.300 datu multzo baino gehiago ditu.",
    ),
    # Another year, date, place, name, round or version.
    ("en", "Unemployment in Aragon was 8.1 % in 2023.", "Unemployment in Aragon was 8.9 % in 2024."),
    ("en", "Unemployment in Aragon was 8.1 % in April 2024.", "Unemployment in Aragon was 8.9 % in November 2024."),
    ("en", "Unemployment in Aragon was 8.1 % in 2024.", "Unemployment in Asturias was 8.9 % in 2024."),
    ("en", "Unemployment in Aragon was 8.1 % in 2024.", "Unemployment was 8.9 % in 2024."),
    ("en", "Madrid has 40 public libraries with a garden.", "Barcelona has 45 public libraries with a garden."),
    ("en", "The first call for projects brought 320 proposals.", "The second call for projects brought 350 proposals."),
    ("en", "Debian 11 has 57,703 packages in its archive.", "Debian 12 has 64,419 packages in its archive."),
    ("es", "España tiene 36.412 secciones electorales.", "Francia tiene 36.918 secciones electorales."),
    (
        "ca",
        "La biblioteca de Girona va rebre 12.500 visites el 2022.",
        "La biblioteca de Girona va rebre 13.100 visites el 2023.",
    ),
    ("gl", "O catálogo de Galicia ten 540 conxuntos de datos.", "O catálogo de Asturias ten 610 conxuntos de datos."),
    ("eu", "Euskadiko datu atariak 4.300 datu multzo ditu.", "Nafarroako datu atariak 4.700 datu multzo ditu."),
    # Another thing, or a part of it.
    ("en", "Of the households in Spain 30 % own a car.", "Of the households in Spain 33.5 % own a dog."),
    ("en", "The average salary in Spain is 24,000 euros.", "The median salary in Spain is 26,500 euros."),
    ("en", "Exports of wine from Spain grew by 5.1 %.", "Exports of wine from Spain fell by 5.9 %."),
    (
        "en",
        "Spain has 120 public libraries with a garden.",
        "Spain has 131 public libraries with a garden in small towns.",
    ),
    ("en", "Women hold 154 seats in the Spanish parliament.", "There are 350 seats in the Spanish parliament."),
    ("en", "The hall has 412 seats for guests of the city.", "The hall has 430 metres for guests of the city."),
    ("en", "The service takes 10 minutes.", "The service takes 12 minutes."),
    ("es", "El salario medio en España es de 24.000 euros.", "El salario mediano en España es de 26.500 euros."),
    ("es", "La rosa cuesta 12 euros.", "La camisa cuesta 13 euros."),
    # Small numbers in words count what follows in the text.
    ("en", "The open data guide describes five steps.", "The open data guide has six steps."),
    # Both are known to one of them.
    (
        "en",
        "Spain has 36,412 electoral sections. The older census of Spain had 36,918 electoral sections.",
        "Spain has 36,918 electoral sections.",
    ),
    ("en", "Spain grew from 36,412 to 36,918 electoral sections.", "Spain has 36,500 electoral sections."),
]


def excerpts(*texts: str | tuple[str, str], title: str = "Notes") -> list[Excerpt]:
    """One document per text; a pair is a language and a text."""
    found = []
    for number, text in enumerate(texts):
        language, words = text if isinstance(text, tuple) else ("en", text)
        document = make_document(
            url=f"notes/{number}.md",
            title=title,
            source="documents",
            kind="md",
            text=words,
            retrieved_at="2026-11-20T10:00:00+00:00",
            language=language,
        )
        found += [Excerpt(passage, document) for passage in split_passages(document)]
    return found


def only(found: list[Conflict]) -> Conflict:
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(("language", "one", "other"), DISAGREE)
def test_different_values_of_one_thing_disagree(language: str, one: str, other: str):
    for first, second in ((one, other), (other, one)):
        found = only(find_disagreements(excerpts((language, first), (language, second)), language=language))
        assert [stated.sentence for stated in found.statements] == [first, second]
        assert found.pairs == ((0, 1),)


@pytest.mark.parametrize(("language", "one", "other"), AGREE)
def test_what_can_both_be_true_does_not(language: str, one: str, other: str):
    assert find_disagreements(excerpts((language, one), (language, other)), language=language) == []
    assert find_disagreements(excerpts((language, other), (language, one)), language=language) == []


def test_one_document_does_not_disagree_with_itself():
    one, other = (sentence for _, *sentences in DISAGREE[:1] for sentence in sentences)
    assert find_disagreements(excerpts(f"{one} {other}"), language="en") == []


def test_languages_disagree_where_names_and_learned_words_show_the_same_thing():
    english = ("en", "INAP counts 160 activities in its training catalogue for 2025.")
    spanish = ("es", "El catálogo de formación del INAP para 2025 tiene más de 180 actividades.")
    found = only(find_disagreements(excerpts(english, spanish), language="en"))
    assert [stated.value for stated in found.statements] == ["160", "más de 180"]


@pytest.mark.parametrize(
    "spanish",
    [
        "El catálogo de formación del INAP para 2024 tiene más de 180 actividades.",
        "El catálogo de formación de la FEMP para 2025 tiene más de 180 actividades.",
        "El catálogo de formación del INAP para 2025 tiene más de 150 actividades.",
        "El catálogo de formación del INAP para 2025 tiene más de 180 profesores.",
    ],
)
def test_languages_do_not_disagree_on_other_things(spanish: str):
    english = ("en", "INAP counts 160 activities in its training catalogue for 2025.")
    assert find_disagreements(excerpts(english, ("es", spanish)), language="en") == []


def test_the_same_disagreement_in_two_languages_is_one():
    """Nothing but the values and the counted noun links the two pairs."""
    found = find_disagreements(
        excerpts(
            ("en", "Spain has 36,000 electoral sections."),
            ("en", "Spain has 36,500 electoral sections."),
            ("es", "El país tiene 36.000 secciones electorales grandes."),
            ("es", "El país tiene 36.500 secciones electorales grandes."),
        ),
        language="en",
    )
    assert len(only(found).statements) == 4


def test_all_statements_on_one_thing_stand_together():
    found = only(
        find_disagreements(
            excerpts(
                "Spain has 36,000 electoral sections.",
                "Nothing is said here about 12 other things.",
                "In Spain there are 36,500 electoral sections.",
                "Spain has 37,200 electoral sections.",
            ),
            language="en",
        )
    )
    assert [stated.value for stated in found.statements] == ["36,000", "36,500", "37,200"]
    assert found.pairs == ((0, 1), (0, 2), (1, 2))


def test_what_a_short_sentence_leaves_out_may_stand_around_it():
    """`Spain` stands in the passage, and the year in the title; without them nothing is compared."""
    short = "A table for Spain is large. Results are published for about 36,500 electoral sections."
    whole = "Spain has about 36,000 electoral sections."
    assert only(find_disagreements(excerpts(whole, short), language="en"))
    assert find_disagreements(excerpts(whole, short.replace(" for Spain", "")), language="en") == []
    dated = "In 2024 Spain had about 36,000 electoral sections."
    assert only(find_disagreements(excerpts(dated, short, title="Elections of 2024"), language="en"))
    assert find_disagreements(excerpts(dated, short, title="Elections"), language="en") == []


@pytest.mark.parametrize(
    ("language", "one", "other", "subject"),
    [
        (
            "en",
            "INAP counts 160 activities in its training catalogue for 2025.",
            "INAP has 180 activities in its training catalogue for 2025.",
            "activities (INAP, 2025)",
        ),
        (
            "en",
            "Spain has about 36,000 electoral sections.",
            "In Spain 36,500 electoral sections exist.",
            "electoral sections (Spain)",
        ),
        (
            "en",
            "The average rent in Madrid is 980 euros a month.",
            "The average rent in Madrid is €1,120 a month.",
            "average rent in Madrid",
        ),
        (
            "es",
            "España tiene 36.412 secciones electorales.",
            "España cuenta con 36.918 secciones electorales.",
            "secciones electorales (España)",
        ),
        (
            "gl",
            "O catálogo de Galicia ten 540 conxuntos de datos.",
            "O catálogo de Galicia ten 610 conxuntos de datos.",
            "conxuntos de datos (Galicia)",
        ),
    ],
)
def test_the_subject_says_what_the_values_are_of(language: str, one: str, other: str, subject: str):
    assert only(find_disagreements(excerpts((language, one), (language, other)), language=language)).subject == subject


def test_the_subject_is_in_the_language_of_the_report():
    texts = [("en", DISAGREE[0][1]), ("es", "España tiene unas 36.500 secciones electorales.")]
    assert only(find_disagreements(excerpts(*texts), language="en")).subject == "electoral sections (Spain)"
    assert only(find_disagreements(excerpts(*texts), language="es-ES")).subject == "secciones electorales (España)"


def test_sentences_are_word_for_word_and_lists_are_read():
    text = "# Figures\n\n- The training catalogue\n  lists 160 activities.\n- Another item of 12 words."
    found = only(
        find_disagreements(excerpts(text, "The training catalogue has more than 180 activities."), language="en")
    )
    assert found.statements[0].sentence == "The training catalogue\n  lists 160 activities."
    assert found.statements[0].sentence in text


def test_the_planned_disagreements_of_the_example_are_found_and_no_others():
    loaded = [
        load_document(path, url=path.name, retrieved_at="2026-11-20T10:00:00+00:00")
        for path in sorted(EXAMPLE.iterdir())
    ]
    found = find_disagreements(
        [Excerpt(passage, document) for document in loaded for passage in split_passages(document)], language="en"
    )
    assert {
        conflict.subject: {stated.document: stated.value for stated in conflict.statements} for conflict in found
    } == {
        "electoral sections (Spain)": {
            "datos-electorales.pdf": "unas 36.500",
            "election-data.md": "about 36,000",
            "portal-and-apis.html": "about 36,500",
            "preguntas-frecuentes.html": "unas 36.000",
        },
        "activities (INAP, 2025)": {
            "formacion-empleo-publico.md": "más de 180",
            "open-data-briefing.md": "160",
            "preguntas-frecuentes.html": "160",
            "training-public-workers.docx": "more than 180",
        },
    }


def test_many_values_are_many_things():
    """Nine documents that give nine values speak of nine things, whatever their words."""
    assert (
        find_disagreements(
            excerpts(*(f"The garden of the old town has {n}1 trees." for n in range(11, 20))), language="en"
        )
        == []
    )


def test_three_hundred_passages_take_half_a_second():
    """All speak of the same survey, so that little rules a pair out before its words are compared."""
    filling = "The survey is held by the institute of statistics and is open to everybody. It has a long history."
    texts = [
        f"The harvest of the region of Village{n} rose by {n % 37}.{n % 10} % over the year. {filling} "
        f"The survey of the institute reached {n % 50 + 50},{n % 7}34 farms with a garden in Town{n}. {filling}"
        for n in range(300)
    ]
    many = excerpts(*texts)
    started = time.process_time()
    assert find_disagreements(many, language="en") == []
    # Half a second on a quiet machine, and room for a busy one.
    assert time.process_time() - started < 6
