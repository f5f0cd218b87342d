"""A whole report by the extractive engine: everything verbatim, cited, said once, and in the report's language."""

from __future__ import annotations

import pytest

from tertulia.evidence.citations import clean_citations, clean_markdown

from .library import ENGLISH, SPANISH, TABLE, Tertulia, cited, library, marks

CASES = {
    "en": (ENGLISH, "Lighthouses in Spain", "en"),
    "es": (SPANISH, "Faros de España", "es"),
    "both": ({**ENGLISH, **SPANISH, "towers.csv": TABLE}, "Lighthouses in Spain", "en"),
}


@pytest.fixture(params=CASES)
async def tertulia(request: pytest.FixtureRequest) -> Tertulia:
    pages, topic, language = CASES[request.param]
    held = Tertulia(library(pages), topic, language)
    await held.propose(3)
    await held.hold()
    return held


async def whole(tertulia: Tertulia) -> list[str]:
    brief = tertulia.compose_brief()
    opening = await tertulia.engine.writer.write_introduction(brief)
    conclusion = await tertulia.engine.writer.write_conclusion(brief)
    return [opening["text"], *(section["text"] for section in tertulia.sections), conclusion]


async def test_every_sentence_is_verbatim_from_the_passage_it_cites(tertulia: Tertulia):
    texts = {excerpt.key: " ".join(excerpt.text.split()) for excerpt in tertulia.excerpts}
    answers = [turn["answer"] for turns in tertulia.turns.values() for turn in turns]
    found = [pair for text in [*await whole(tertulia), *answers] for pair in cited(text)]
    assert len(found) > 15
    for sentence, key in found:
        assert sentence in texts[key]


async def test_nothing_but_cited_sentences_and_tables_is_written(tertulia: Tertulia):
    """Without its cited sentences, a text is empty."""
    for text in await whole(tertulia):
        for part in text.split("\n\n"):
            if not part.startswith(("|", "[")):
                assert part == " ".join(
                    f"{sentence[:-1]} [{key}]." if sentence.endswith(".") else f"{sentence} [{key}]"
                    for sentence, key in cited(part)
                )


async def test_no_sentence_is_printed_twice(tertulia: Tertulia):
    printed = [sentence for text in await whole(tertulia) for sentence, _ in cited(text)]
    assert len(printed) == len(set(printed))


async def test_no_answer_repeats_an_earlier_one(tertulia: Tertulia):
    for turns in tertulia.turns.values():
        said = [sentence for turn in turns for sentence, _ in cited(turn["answer"])]
        assert len(said) == len(set(said))


async def test_introduction_and_conclusion_cite_what_the_sections_cite(tertulia: Tertulia):
    introduction, *sections, conclusion = await whole(tertulia)
    known = {key for text in sections for key in marks(text)}
    assert set(marks(introduction)) | set(marks(conclusion)) <= known
    assert marks(introduction)


async def test_titles_differ_and_say_more_than_the_topic(tertulia: Tertulia):
    opening = await tertulia.engine.writer.write_introduction(tertulia.compose_brief())
    titles = [section["title"] for section in tertulia.sections]
    assert len(set(titles)) == len(titles)
    assert tertulia.topic not in titles
    assert opening["title"].startswith(f"{tertulia.topic}: ")


async def test_the_text_survives_the_cleaning_of_written_text(tertulia: Tertulia):
    """What removes a model's inventions finds nothing to remove."""
    known = {excerpt.key for excerpt in tertulia.excerpts}
    for text in await whole(tertulia):
        cleaned = clean_citations(clean_markdown(text, heading_level=2), known)
        assert cleaned.text.strip() == text
        assert cleaned.invented == 0


async def test_the_same_evidence_gives_the_same_report(tertulia: Tertulia):
    again = Tertulia(tertulia.excerpts, tertulia.topic, tertulia.language)
    await again.propose(3)
    await again.hold()
    assert again.panel == tertulia.panel
    assert again.turns == tertulia.turns
    assert await whole(again) == await whole(tertulia)


async def test_the_report_speaks_its_language_when_the_sources_do():
    """Spanish pages about the same things do not take over an English report."""
    held = Tertulia(library({**ENGLISH, **SPANISH}), "Lighthouses in Spain")
    await held.propose(3)
    await held.hold()
    spanish = {excerpt.key for excerpt in held.excerpts if excerpt.document.url in SPANISH}
    keys = [key for text in await whole(held) for key in marks(text)]
    assert sum(key in spanish for key in keys) <= 0.25 * len(keys)


async def test_a_report_is_written_from_pages_in_another_language_when_there_are_no_others():
    held = Tertulia(library(SPANISH), "Fresnel LED", "en")
    await held.propose(2)
    await held.hold()
    assert sum(len(marks(section["text"])) for section in held.sections) >= 3


async def test_no_evidence_no_conclusion():
    engine = Tertulia([], "Lighthouses").engine
    held = Tertulia([], "Lighthouses")
    brief = held.compose_brief()
    assert await engine.writer.write_introduction(brief) == {"title": "Lighthouses", "text": ""}
    assert await engine.writer.write_conclusion(brief) == ""
