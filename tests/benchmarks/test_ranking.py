"""What `benchmarks/ranking/measure.py` counts, and that a question is searched for as in a run."""

from __future__ import annotations

import json
from pathlib import Path

import measure
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "open-data-in-spain"


def test_of_several_passages_of_a_sentence_one_is_enough() -> None:
    one, two, three = (["a.html", begin, begin + 10] for begin in (0, 20, 40))
    asked = {"sentences": [[one, two], [three], [one]]}
    order = [tuple(two), tuple(three), tuple(one)]
    found = [measure.shares([asked], [order], places) for places in (1, 2, 3)]
    assert found == [(1 / 3, 1 / 3), (2 / 3, 2 / 3), (1.0, 1.0)]


def test_the_questions_are_those_of_decision_37() -> None:
    judged = [json.loads(line) for line in measure.JUDGED.read_text("utf-8").splitlines()]
    sentences = [sentence for asked in judged for sentence in asked["sentences"]]
    cited = sum(len({tuple(place) for sentence in asked["sentences"] for place in sentence}) for asked in judged)
    assert (len(judged), cited, len(sentences)) == (32, 263, 293)
    assert {asked["corpus"] for asked in judged} == set(measure.CORPORA)
    assert all(begin < end for sentence in sentences for _, begin, end in sentence)


async def test_a_question_is_searched_for(monkeypatch: pytest.MonkeyPatch, empty_home: Path) -> None:
    """A passage of the page that is about it stands first, and none twice."""
    monkeypatch.setitem(measure.CORPORA, "examples", ("open-data-in-spain",))
    asked = {
        "language": "en",
        "topic": "Open data in Spain",
        "question": "Which priorities are there for the data of open-source artificial intelligence?",
        "queries": {"documents": ["six priorities data governance open-source AI"]},
    }
    [found] = await measure.shown(EXAMPLES.parent, "examples", [asked])
    assert found[0][0] == "open-source-ai-governance.html"
    assert len(found) == len(set(found)) <= max(measure.PLACES)
    assert all(name.endswith(".html") for name, _, _ in found)
