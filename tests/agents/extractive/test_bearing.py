"""What has to do with the topic: distinctive words, headings and whole documents against words that are everywhere."""

from __future__ import annotations

from tertulia.agents.extractive import extractive_engine
from tertulia.agents.extractive.bearing import Bearing
from tertulia.agents.extractive.candidates import find_candidates
from tertulia.agents.roles import AnswerBrief, QuestionBrief
from tertulia.evidence.passages import Excerpt

from .library import Tertulia, library

ENGINE = extractive_engine()

TOPIC = "Management of harbour pilots"

# Every page of this manual speaks of the harbour and has something to manage; one is about pilots.
MANUAL = {
    "pilots.md": """
# Harbour pilots

Pilots board ships outside the harbour and bring them in. A pilot knows every bank and current of the harbour.

## Training

Pilots train for five years on tugs before they guide a tanker. The management of pilots is a duty of the port.

## Boats

A pilot boat takes pilots out in any weather. Two pilots share one watch of eight hours.
""",
    "offices.md": """
# Harbour offices

Desks and chairs of the harbour offices come from a common store. Clerks order paper and chairs every month.

## Paper

Management of paper is left to the clerks of the harbour. Clerks count desks and chairs every winter.
""",
    "gardens.md": """
# Harbour gardens

Roses grow along the harbour walls where the soil is deep. Clerks water the roses and paint desks and chairs.

## Soil

Management of the soil needs compost from the town. The harbour has three gardens with roses and benches.
""",
}
# A manual is long: from a dozen paragraphs nobody can tell which words are everywhere.
MANUAL = {
    "pilots.md": MANUAL["pilots.md"] + "\n\n".join(f"A pilot of watch {n} looks at the harbour." for n in range(60)),
    "offices.md": MANUAL["offices.md"]
    + "\n\n".join(f"Room {n} of the harbour has chairs and desks." for n in range(60)),
    "gardens.md": MANUAL["gardens.md"] + "\n\n".join(f"Bed {n} of the harbour has roses and soil." for n in range(60)),
}
SPANISH = {
    "prácticos.md": "# Los prácticos\n\nLos prácticos del puerto conocen todas las corrientes y guían a los barcos.",
}


def bearing(excerpts: list[Excerpt], topic: str = TOPIC) -> Bearing:
    return Bearing(topic, excerpts, "en")


def titles(excerpts: list[Excerpt]) -> set[str]:
    return {excerpt.document.title for excerpt in excerpts}


def test_a_word_that_one_document_has_to_itself_tells_more_than_one_that_all_have():
    weights = bearing(library(MANUAL)).weights
    assert weights["pilot"] > weights["manag"]
    assert weights["pilot"] > weights["harbour"]
    assert bearing(library(MANUAL)).telling == {"pilot"}


def test_only_passages_that_have_to_do_with_the_topic_are_near():
    excerpts = library(MANUAL)
    near = bearing(excerpts).nearest(excerpts)
    assert titles(near) == {"Harbour pilots"}
    assert near == [excerpt for excerpt in excerpts if excerpt in near]


def test_the_heading_speaks_for_a_passage_without_the_word():
    pages = {
        **MANUAL,
        "tides.md": "# Tides for harbour pilots\n\nHigh water comes twice a day and lasts for about an hour.",
    }
    excerpts = library(pages)
    assert "Tides for harbour pilots" in titles(bearing(excerpts).nearest(excerpts))


def test_a_text_in_another_language_and_a_table_are_not_judged_by_their_words():
    table = "| Year | Ships |\n| --- | --- |\n| 2001 | 40 |\n| 2002 | 50 |"
    excerpts = library({**MANUAL, **SPANISH, "ships.csv": table})
    foreign = [excerpt for excerpt in excerpts if excerpt.document.title not in titles(library(MANUAL))]
    assert len(foreign) == 2
    near = bearing(excerpts).nearest(excerpts)
    assert all(excerpt in near for excerpt in foreign)


def test_a_topic_whose_words_stand_nowhere_leaves_everything_as_it_is():
    excerpts = library(MANUAL)
    strange = bearing(excerpts, "Quantum chromodynamics")
    assert strange.nearest(excerpts) == excerpts
    assert not strange.telling


def test_a_sentence_is_about_the_topic_by_its_own_words_or_its_heading():
    excerpts = library(MANUAL)
    view = bearing(excerpts)
    about = {one.text for one in find_candidates(excerpts, "en") if view.is_about(one)}
    assert "A pilot knows every bank and current of the harbour." in about
    assert "Management of paper is left to the clerks of the harbour." not in about


async def test_the_panel_keeps_to_the_topic_and_not_to_what_is_frequent():
    """Desks, chairs, clerks and roses stand in more pages than anything that is said of pilots."""
    panel = await Tertulia(library(MANUAL), TOPIC).propose(1)
    assert not {"desk", "chair", "clerk", "rose"} & set(panel[0]["role"].casefold().replace("s ", " ").split())
    assert any("pilot" in excerpt.text.casefold() and panel[0]["role"].casefold() in excerpt.text.casefold()
               for excerpt in library(MANUAL))  # fmt: skip


async def test_every_query_holds_the_telling_word_of_the_topic():
    tertulia = Tertulia(library(MANUAL), TOPIC)
    panel = await tertulia.propose(1)
    analyst = {**panel[0], "role": "Chairs", "description": "desks, paper"}
    question = await ENGINE.interviewer.ask(
        QuestionBrief(TOPIC, "en", analyst, [analyst], library(MANUAL), [], 2, ["documents"])
    )
    queries = question["queries"]["documents"]
    assert len(queries) == 3
    assert all("pilots" in query for query in queries)


async def test_the_expert_does_not_quote_what_has_nothing_to_do_with_the_topic():
    panel = await Tertulia(library(MANUAL), TOPIC).propose(1)
    brief = AnswerBrief(TOPIC, "en", panel[0], [], "What do the documents say about clerks and boats?", library(MANUAL))
    answer = await ENGINE.expert.answer(brief)
    assert "A pilot boat takes pilots out in any weather" in answer
    assert "roses" not in answer
    assert "paper" not in answer
