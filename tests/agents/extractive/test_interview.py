"""Questions by pattern, answers by quotation."""

from __future__ import annotations

import pytest

from tertulia.agents.extractive import extractive_engine
from tertulia.agents.extractive.patterns import patterns_of
from tertulia.agents.roles import Analyst, AnswerBrief, QuestionBrief, SectionBrief, Turn
from tertulia.evidence.languages import SUPPORTED

from .library import ENGLISH, TABLE, Tertulia, cited, library, marks

ENGINE = extractive_engine()
LENSES: Analyst = {
    "id": "a1",
    "name": "Ann",
    "affiliation": "",
    "role": "Fresnel lenses",
    "description": "Wants to know what the documents say about Fresnel lenses: LED lamps, harbour authorities, glass",
}
KEEPERS: Analyst = {
    "id": "a2",
    "name": "Ben",
    "affiliation": "",
    "role": "Lighthouse keepers",
    "description": "Wants to know what the documents say about lighthouse keepers: automation, families",
}


def question_brief(turns: list[Turn], analyst: Analyst = LENSES, sources: tuple[str, ...] = ("web",)) -> QuestionBrief:
    return QuestionBrief("Lighthouses in Spain", "en", analyst, [analyst], [], turns, 9, sources)


def turn(question: str, answer: str = "") -> Turn:
    return {"number": 1, "question": question, "queries": {}, "shown": [], "answer": answer}


async def answer(pages: dict[str, str], question: str, turns: tuple[Turn, ...] = ()) -> str:
    brief = AnswerBrief("Lighthouses", "en", LENSES, turns, question, library(pages))
    return await ENGINE.expert.answer(brief)


async def test_an_interview_asks_something_new_until_the_phrases_are_used_up():
    turns: list[Turn] = []
    while not (question := await ENGINE.interviewer.ask(question_brief(turns)))["done"]:
        turns.append(turn(question["text"]))
    asked = [one["question"] for one in turns]
    assert len(asked) == len(set(asked)) == 2
    assert all(any(phrase in text for text in asked) for phrase in ("LED lamps", "harbour authorities", "glass"))
    assert question["reason"]


async def test_each_source_gets_one_to_three_short_queries():
    question = await ENGINE.interviewer.ask(question_brief([], sources=("web", "documents")))
    assert set(question["queries"]) == {"web", "documents"}
    for queries in question["queries"].values():
        assert 1 <= len(queries) <= 3
        assert all("Fresnel" in query and len(query.split()) <= 8 for query in queries)


@pytest.mark.parametrize("language", SUPPORTED)
async def test_every_language_asks_describes_and_admits_in_its_own_words(language: str):
    patterns = patterns_of(language)
    texts = [patterns.first_question, patterns.plain_question, patterns.description, *patterns.next_questions]
    assert all("{facet}" in text or "{phrase}" in text for text in texts)
    assert len({*texts, patterns.no_answer, patterns.exhausted}) == len(texts) + 2
    if language != "en":
        assert patterns.no_answer != patterns_of("en").no_answer


async def test_an_analyst_that_a_person_wrote_is_asked_for_by_role():
    own: Analyst = {"id": "a1", "name": "A", "affiliation": "", "role": "The sceptic", "description": ""}
    question = await ENGINE.interviewer.ask(question_brief([], own))
    assert question["text"] == "What do the sources say about the sceptic?"
    assert (await ENGINE.interviewer.ask(question_brief([turn(question["text"])], own)))["done"]


async def test_the_answer_quotes_what_bears_on_the_question():
    text = await answer(ENGLISH, "What do the sources say about Fresnel lenses, and about LED lamps in particular?")
    said = [sentence for sentence, _ in cited(text)]
    assert 3 <= len(said) <= 10
    assert "Fresnel lenses bend the light of a lamp into a single beam." in said


async def test_a_question_that_nothing_bears_on_gets_an_honest_answer():
    text = await answer({"a.md": "# Bread\n\nThe bakery sells bread and cakes to its neighbours every day."}, "What?")
    assert text == "The sources do not say anything about this."


async def test_a_sentence_that_leans_on_another_brings_it_along():
    text = await answer(ENGLISH, "What do the sources say about Fresnel lenses that are still made of glass?")
    said = [sentence for sentence, _ in cited(text)]
    assert said.index("They are still made of glass.") == 1 + said.index(
        "Fresnel lenses made it possible to see a lighthouse from 35 kilometres away."
    )


async def test_what_is_no_sentence_is_never_quoted():
    rubbish = """
# Fresnel lenses

Fresnel lenses

Home | Fresnel lenses | Contact us today for more

Copyright 2020 Fresnel lenses company, all rights reserved by the owners.

As shown below, Fresnel lenses are described in the following chapter.

This is why Fresnel lenses were chosen by the engineers of the harbour.

Fresnel lenses are described by `lens --order 1` in the configuration file here.

Are Fresnel lenses still used in the harbours of northern Spain today?

Fresnel lenses were still in use in ninety towers of the survey.
"""
    text = await answer({"a.md": rubbish}, "What do the sources say about Fresnel lenses?")
    assert [sentence for sentence, _ in cited(text)] == [
        "Fresnel lenses were still in use in ninety towers of the survey."
    ]


@pytest.mark.parametrize(
    "text",
    [
        "fresnel lenses " * 400,
        "Fresnel lenses are " + "very " * 500 + "heavy.",
        TABLE,
        "| Fresnel |\n| --- |",
        "...\n\n???\n\n---",
        "Fresnel\u2028lenses\x00 are made of glass and they are heavy",
        "Los faros son altos. 灯台は高い。 Маяки высокие и красивые.",
    ],
)
async def test_odd_pages_do_no_harm(text: str):
    tertulia = Tertulia(library({"a.md": text, "b.csv": text}), "Fresnel lenses")
    await tertulia.propose(2)
    await tertulia.hold()
    brief = tertulia.compose_brief()
    assert isinstance((await ENGINE.writer.write_introduction(brief))["text"], str)
    assert isinstance(await ENGINE.writer.write_conclusion(brief), str)


def section_brief(analyst: Analyst, pages: dict[str, str], panel: tuple[Analyst, ...] = ()) -> SectionBrief:
    return SectionBrief("Lighthouses in Spain", "en", analyst, panel or (analyst,), [], library(pages))


async def test_what_belongs_to_another_analyst_is_left_to_that_one():
    panel = (LENSES, KEEPERS)
    lenses = await ENGINE.writer.write_section(section_brief(LENSES, ENGLISH, panel))
    keepers = await ENGINE.writer.write_section(section_brief(KEEPERS, ENGLISH, panel))
    said = {sentence for sentence, _ in cited(lenses["text"])}
    assert "A lighthouse keeper wound the clockwork every four hours." not in said
    assert said.isdisjoint(sentence for sentence, _ in cited(keepers["text"]))
    assert lenses["title"].startswith("Fresnel lenses")
    assert keepers["title"] == "Lighthouse keepers: automation"


async def test_figures_that_disagree_stand_side_by_side():
    hotels: Analyst = {**KEEPERS, "id": "a3", "role": "Automated lighthouses", "description": "Automated lighthouses"}
    section = await ENGINE.writer.write_section(section_brief(hotels, ENGLISH))
    said = [sentence for sentence, _ in cited(section["text"])]
    places = [index for index, sentence in enumerate(said) if "230" in sentence or "187" in sentence]
    assert len(places) == 2
    assert places[1] - places[0] == 1


async def test_a_section_has_at_most_a_page():
    many = {f"p{n}.md": text.replace("Fresnel", f"Fresnel N{n}") for n in range(20) for text in ENGLISH.values()}
    section = await ENGINE.writer.write_section(section_brief(LENSES, many))
    words = sum(len(sentence.split()) for sentence, _ in cited(section["text"]))
    assert 150 <= words <= 320


async def test_a_table_that_bears_on_the_facet_is_shown_and_cited():
    section = await ENGINE.writer.write_section(section_brief(LENSES, {**ENGLISH, "towers.csv": TABLE}))
    table, key = section["text"].split("\n\n")[-2:]
    assert table.splitlines() == [
        "| Lighthouse | Lens | Height |",
        "| --- | --- | --- |",
        "| Hercules | Fresnel lens | 57 |",
        "| Chipiona | LED lamp | 62 |",
    ]
    assert key == f"[{library({'towers.csv': TABLE})[0].key}]"
    keepers = await ENGINE.writer.write_section(section_brief(KEEPERS, {**ENGLISH, "towers.csv": TABLE}))
    assert "|" not in keepers["text"]


async def test_a_long_table_is_cut_to_its_most_telling_rows():
    rows = "\n".join(f"| Tower {n} | {'Fresnel lens' if n % 4 == 0 else 'lamp'} | {n} |" for n in range(20))
    pages = {**ENGLISH, "towers.csv": f"| Tower | Lens | Height |\n| --- | --- | --- |\n{rows}"}
    section = await ENGINE.writer.write_section(section_brief(LENSES, pages))
    shown = [line for line in section["text"].splitlines() if line.startswith("| Tower ") and "Height" not in line]
    assert len(shown) == 6
    assert sum("Fresnel" in line for line in shown) == 5


async def test_an_interview_without_evidence_gives_an_empty_section():
    section = await ENGINE.writer.write_section(section_brief(LENSES, {}))
    assert (section["analyst"], section["text"]) == ("a1", "")
    assert not marks(section["text"])
