"""In how many independent places a figure of the report stands."""

from __future__ import annotations

import time

import pytest

from tertulia.evidence.corroboration import Corroboration, independent_sites, site_of
from tertulia.evidence.documents import Document, make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.evidence.urls import canonical_url

CLAIM = "Spain has 36,412 electoral sections."
OWN_WORDS = "A census of every electoral section that Spain uses finds 36,412 electoral sections in all."


def page(url: str, text: str, language: str = "en", title: str = "A page") -> Document:
    return make_document(
        url=canonical_url(url),
        title=title,
        source="web",
        kind="page",
        text=text,
        retrieved_at="2026-11-20T10:00:00+00:00",
        language=language,
    )


async def ledger_of(*pages: Document) -> tuple[Ledger, list[str]]:
    """A ledger with one passage per page, and the keys in the order of the pages."""
    ledger = Ledger()
    kept = await ledger.add(Excerpt(passage, document) for document in pages for passage in split_passages(document))
    return ledger, [excerpt.key for excerpt in kept]


async def sites(claim: str, *pages: Document, cited: int = 1, language: str = "en") -> int:
    """The sites of a claim that cites the first pages."""
    ledger, keys = await ledger_of(*pages)
    return Corroboration(ledger, language).sites(claim, keys[:cited])


SOURCE = page("https://ine.example/elections", CLAIM)


async def test_a_figure_of_one_document_is_single_source():
    assert await sites(CLAIM, SOURCE, page("https://other.example", "Nothing of the kind is said here.")) == 1


async def test_another_site_that_says_it_in_its_own_words_counts_whether_cited_or_not():
    other = page("https://press.example/a", OWN_WORDS)
    assert await sites(CLAIM, SOURCE, other) == 2
    assert await sites(CLAIM, SOURCE, other, cited=2) == 2


@pytest.mark.parametrize(
    ("language", "claim", "other"),
    [
        (
            "es",
            "España tiene 36.412 secciones electorales.",
            "El censo reparte a los votantes de España en 36.412 secciones electorales de todo tamaño.",
        ),
        ("es", "España tiene 8,2 millones de perros.", "Los perros registrados en España son ya 8.200.000 perros."),
        (
            "ca",
            "Catalunya té 947 municipis.",
            "Els alcaldes dels 947 municipis que formen Catalunya es reuneixen avui.",
        ),
        ("gl", "Galicia ten 313 concellos.", "Os alcaldes dos 313 concellos que forman Galicia reúnense hoxe."),
        ("eu", "Euskadik 251 udalerri ditu.", "Gaur bildu dira Euskadik dituen 251 udalerri horietako alkateak."),
    ],
)
async def test_figures_are_found_in_five_languages(language: str, claim: str, other: str):
    pages = [page("https://one.example", claim, language), page("https://two.example", other, language)]
    assert await sites(claim, *pages, language=language) == 2


async def test_another_language_counts_where_names_and_learned_words_show_the_same_thing():
    spanish = page("https://press.example", "España tiene 36.412 secciones electorales.", "es")
    assert await sites(CLAIM, SOURCE, spanish) == 2
    other = page("https://press.example", "España tiene 36.412 perros de raza.", "es")
    assert await sites(CLAIM, SOURCE, other) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Spain has 36,918 electoral sections, and each of them belongs to a town.",
        "The archive keeps 36,412 photographs of the town.",
        "Spain has 36,412 kilometres of railway lines, of which some are electoral gifts.",
        "In France the shops sold 36,412 electoral maps.",
    ],
)
async def test_another_number_or_another_thing_does_not_count(text: str):
    assert await sites(CLAIM, SOURCE, page("https://press.example", text)) == 1


async def test_another_year_does_not_count():
    claim = "In 2024 Spain had 36,412 electoral sections."
    source = page("https://ine.example", claim)
    assert (
        await sites(
            claim,
            source,
            page("https://press.example", "Of all 36,412 electoral sections Spain had in 2024, most were small."),
        )
        == 2
    )
    assert (
        await sites(
            claim,
            source,
            page("https://press.example", "Of all 36,412 electoral sections Spain had in 2011, most were small."),
        )
        == 1
    )


async def test_a_copy_is_not_independent():
    """A sentence that other sites print word for word, or nearly so, was written once."""
    claim = "The institute counted 36,412 electoral sections in Spain last spring."
    source = page("https://agency.example", claim)
    copy = page("https://paper.example", f"Madrid. {claim}")
    nearly = page("https://mirror.example", claim.replace("last spring", "this spring"))
    assert await sites(claim, source, copy, nearly) == 1
    assert await sites(claim, source, copy, nearly, page("https://press.example", OWN_WORDS)) == 2


async def test_pages_of_one_site_are_one_place():
    mirrors = [page(f"https://{host}/b", OWN_WORDS) for host in ("www.ine.example", "m.ine.example", "es.ine.example")]
    assert await sites(CLAIM, SOURCE, *mirrors) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.ine.es/a", "https://ine.es/b", True),
        ("https://en.wikipedia.org/wiki/A", "https://es.m.wikipedia.org/wiki/B", True),
        ("https://datos.gob.es/a", "https://www.ciencia.gob.es/b", False),
        ("https://data.gov.uk/a", "https://ons.gov.uk/b", False),
        ("https://news.bbc.co.uk/a", "https://www.bbc.co.uk/b", True),
        ("https://ana.github.io/a", "https://berta.github.io/b", False),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:9090/b", True),
        ("notes/one.md", "notes/one.md", True),
        ("notes/one.md", "notes/two.md", False),
    ],
)
def test_a_site_is_what_somebody_registered_and_a_file_is_itself(one: str, other: str, same: bool):
    assert (site_of(page(one, "a")) == site_of(page(other, "a"))) is same


@pytest.mark.parametrize(
    "claim",
    [
        "Open data need people who know how to use them.",
        "The law of 2013 was changed on 12 March 2021.",
        "The second call opened one new way.",
        "The guide proposes five steps.",
    ],
)
async def test_what_states_no_figure_has_no_sites(claim: str):
    """Nor do years, dates, ordinals and the small numbers in words with which a text counts its own parts."""
    assert await sites(claim, page("https://ine.example", claim)) == 0


async def test_a_figure_that_stands_nowhere_has_no_sites():
    assert await sites("Spain has 41,007 electoral sections.", SOURCE) == 0


async def test_of_several_figures_the_least_attested_counts():
    claim = "Spain has 36,412 electoral sections and 8,131 municipalities."
    source = page("https://ine.example", claim)
    other = page("https://press.example", OWN_WORDS)
    assert await sites(claim, source, other) == 1
    third = page("https://map.example", "The map shows Spain and the borders of its 8,131 municipalities.")
    assert await sites(claim, source, other, third) == 2


async def test_a_rounded_figure_stands_where_the_exact_one_is_given():
    claim = "Spain has about 36,400 electoral sections."
    assert await sites(claim, SOURCE) == 1
    assert await sites(claim, SOURCE, page("https://press.example", OWN_WORDS)) == 2


async def test_figures_of_tables_count_where_they_are_cited():
    table = "| Sections | Spain |\n| --- | --- |\n| Electoral | 36,412 |"
    assert await sites(CLAIM, page("https://table.example", table)) == 1


async def test_one_sentence_can_be_asked_for_alone():
    ledger, keys = await ledger_of(SOURCE, page("https://press.example", OWN_WORDS))
    assert independent_sites(CLAIM, [keys[0], "unknown"], ledger, language="en-GB") == 2


async def test_four_hundred_claims_on_four_hundred_passages_take_a_second():
    pages = [
        page(
            f"https://site{n}.example",
            f"The survey of spring reached {n % 40 + 50},{n % 7}34 farms with a garden. "
            f"The harvest of the region rose by {n % 37}.{n % 10} % over the year, says the institute.",
        )
        for n in range(400)
    ]
    ledger, keys = await ledger_of(*pages)
    claims = [document.text.partition(". ")[0] + "." for document in pages]
    started = time.process_time()
    corroboration = Corroboration(ledger, "en")
    found = [corroboration.sites(claim, [key]) for claim, key in zip(claims, keys, strict=True)]
    # A second on a quiet machine, and room for a busy one.
    assert time.process_time() - started < 12
    assert min(found) >= 1
