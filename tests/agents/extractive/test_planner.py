"""The panel: one analyst per shared theme, steered by feedback, the rest left alone."""

from __future__ import annotations

import pytest

from tertulia.agents.extractive.feedback import wishes
from tertulia.agents.extractive.focus import focus_of
from tertulia.agents.roles import Analyst
from tertulia.errors import NoEvidenceError

from .library import ENGLISH, SPANISH, Tertulia, library


@pytest.fixture
def tertulia() -> Tertulia:
    return Tertulia(library(ENGLISH), "Lighthouses in Spain")


def roles(panel: list[Analyst]) -> list[str]:
    return [analyst["role"] for analyst in panel]


async def test_roles_are_themes_that_pages_share(tertulia: Tertulia):
    """Not the words of the topic, and not what a single page mentions."""
    panel = await tertulia.propose(3)
    texts = [excerpt.document.text.casefold() for excerpt in tertulia.excerpts]
    for role in roles(panel):
        assert role[0].isupper()
        assert role.casefold() not in {"lighthouses", "spain"}
        stem = role.casefold().removesuffix("s")
        assert len({text for text in texts if stem in text}) >= 2


async def test_the_description_keeps_the_key_phrases(tertulia: Tertulia):
    for analyst in await tertulia.propose(3):
        focus = focus_of(analyst, "en")
        assert focus.facet.casefold() == analyst["role"].casefold()
        assert focus.phrases
        assert all(phrase in analyst["description"] for phrase in focus.phrases)


@pytest.mark.parametrize("size", [1, 2, 5, 17, 64])
async def test_any_size_gives_as_many_different_people_and_roles(tertulia: Tertulia, size: int):
    panel = await tertulia.propose(size)
    assert [analyst["id"] for analyst in panel] == [f"a{number}" for number in range(1, size + 1)]
    assert len({analyst["name"] for analyst in panel}) == size
    assert len({role.casefold() for role in roles(panel)}) == size


async def test_two_sentences_are_enough_for_64_analysts():
    tertulia = Tertulia(library({"a.md": "Lighthouses are tall. They shine."}), "Lighthouses")
    assert len(set(roles(await tertulia.propose(64)))) == 64


async def test_without_documents_there_is_no_panel():
    with pytest.raises(NoEvidenceError) as caught:
        await Tertulia([], "Lighthouses").propose(3)
    assert "--docs" in caught.value.hint


@pytest.mark.parametrize(
    ("feedback", "expected"),
    [
        ("add somebody on satellite navigation", "Satellite navigation"),
        ("More about heritage, please!", "Heritage"),
        ("we also need automation", "Automation"),
        ("add an analyst on ghost stories", "Ghost stories"),
    ],
)
async def test_a_wish_becomes_one_analyst_and_the_others_stay(tertulia: Tertulia, feedback: str, expected: str):
    """A theme that the survey does not know is taken at its word: the searches may find it."""
    before = await tertulia.propose(3, feedback=["drop satellite navigation, heritage and automation"])
    assert expected not in roles(before)
    after = await tertulia.propose(3, feedback=[feedback], previous=before)
    assert expected in roles(after)
    assert sum(analyst in before for analyst in after) == 2


@pytest.mark.parametrize("feedback", ["drop {}", "Please remove {}.", "no {}", "without {}, thanks"])
async def test_what_is_dropped_goes_and_stays_away(tertulia: Tertulia, feedback: str):
    before = await tertulia.propose(3)
    said = feedback.format(before[1]["role"].lower())
    after = await tertulia.propose(3, feedback=[said], previous=before)
    assert before[1]["role"] not in roles(after)
    assert [after[0], after[2]] == [before[0], before[2]]
    later = await tertulia.propose(3, feedback=[said, f"drop {after[1]['role']}"], previous=after)
    assert before[1]["role"] not in roles(later)


async def test_a_locked_analyst_stays_whatever_is_said(tertulia: Tertulia):
    before = await tertulia.propose(3)
    locked: list[Analyst] = [{**analyst, "locked": True} for analyst in before]
    feedback = [f"drop {analyst['role']}" for analyst in before] + ["add satellite navigation and hotels"]
    assert await tertulia.propose(3, feedback=feedback, previous=locked) == locked


async def test_more_of_a_theme_that_somebody_has_sharpens_that_analyst_only(tertulia: Tertulia):
    before = await tertulia.propose(3)
    after = await tertulia.propose(3, feedback=[f"more about {before[0]['role']}"], previous=before)
    assert roles(after) == roles(before)
    assert after[1:] == before[1:]


@pytest.mark.parametrize("feedback", ["no", "not yet", "hmm…", "?!", "quantum knitting"])
async def test_feedback_that_names_nothing_known_changes_nothing(tertulia: Tertulia, feedback: str):
    before = await tertulia.propose(3)
    assert await tertulia.propose(3, feedback=[feedback], previous=before) == before


async def test_an_earlier_wish_outlives_the_next_one(tertulia: Tertulia):
    panel = await tertulia.propose(3)
    panel = await tertulia.propose(3, feedback=["add hotels"], previous=panel)
    panel = await tertulia.propose(3, feedback=["add hotels", "add ghost stories"], previous=panel)
    assert {"Hotels", "Ghost stories"} <= set(roles(panel))


async def test_a_dropped_theme_may_be_asked_for_again(tertulia: Tertulia):
    panel = await tertulia.propose(3, feedback=["drop Fresnel lenses", "add Fresnel lenses"])
    assert "Fresnel lenses" in roles(panel)


async def test_an_analyst_that_a_person_added_is_kept_and_gets_company(tertulia: Tertulia):
    own: Analyst = {"id": "a9", "name": "Ann", "affiliation": "", "role": "Sceptic", "description": "Doubts it."}
    panel = await tertulia.propose(3, previous=[own])
    assert panel[0] == own
    assert [analyst["id"] for analyst in panel] == ["a9", "a1", "a2"]


async def test_spanish_feedback_on_a_spanish_panel():
    tertulia = Tertulia(library(SPANISH), "Faros de España", "es")
    before = await tertulia.propose(3, feedback=["sin patrimonio marítimo"])
    assert "Patrimonio marítimo" not in roles(before)
    after = await tertulia.propose(3, feedback=["añade a alguien sobre el patrimonio marítimo"], previous=before)
    assert "Patrimonio marítimo" in roles(after)
    assert all(analyst["description"].startswith("Quiere saber") for analyst in after)


@pytest.mark.parametrize(
    ("language", "feedback", "expected"),
    [
        ("en", "Drop data protection and add training", [("data protection", True), ("training", False)]),
        ("en", "more on costs, less on hotels", [("costs", False), ("hotels", True)]),
        ("es", "sin protección de datos", [("protección de datos", True)]),
        ("ca", "afegeix algú sobre eleccions", [("eleccions", False)]),
        ("eu", "gehitu hauteskundeak", [("hauteskundeak", False)]),
        ("gl", "quita as eleccións", [("eleccións", True)]),
        ("en", "not yet", []),
    ],
)
def test_what_words_ask_for(language: str, feedback: str, expected: list[tuple[str, bool]]):
    assert [(wish.text, wish.removes) for wish in wishes(feedback, language)] == expected
