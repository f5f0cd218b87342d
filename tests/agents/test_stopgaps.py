"""What code gives where a model failed: the analyst's focus as a question, and a section of the answers."""

from __future__ import annotations

import pytest

from tertulia.agents.roles import Analyst, QuestionBrief, Turn
from tertulia.agents.stopgaps import plain_question, section_of_answers

ANALYST: Analyst = {
    "id": "a2",
    "name": "Ana",
    "affiliation": "",
    "role": "Repair costs",
    "description": "Who pays for the gates of the mills, and since when.",
}


def question_brief(**description: str) -> QuestionBrief:
    analyst: Analyst = {**ANALYST, **description}
    return QuestionBrief("Tidal mills in Orvania", "en", analyst, [analyst], (), (), 2, ["web", "wikipedia"])


def turns(answers: list[str]) -> list[Turn]:
    return [
        {"number": number, "question": "What?", "queries": {}, "shown": [], "answer": answer}
        for number, answer in enumerate(answers, start=1)
    ]


def test_the_question_is_the_analysts_focus_and_every_source_is_searched_for_its_words():
    """What the topic is stands in the first query: a focus may speak of it as "it"."""
    question = plain_question(question_brief())
    queries = ["Repair costs Tidal mills Orvania", "pays gates mills"]
    assert question == {
        "text": ANALYST["description"],
        "queries": {"web": queries, "wikipedia": queries},
        "done": False,
        "reason": "",
    }


def test_an_analyst_without_a_description_asks_about_the_topic():
    question = plain_question(question_brief(description=""))
    assert question["text"] == "Tidal mills in Orvania"
    assert question["queries"]["web"] == ["Repair costs Tidal mills Orvania", "Tidal mills Orvania"]


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        # Answers follow each other as they stand, tables and lists too.
        (["The state pays half [k7qdm4]. The rest is the miller's [m3xz8a]."] * 1, None),
        (["One [k7qdm4].", "Two [m3xz8a]."], "One [k7qdm4].\n\nTwo [m3xz8a]."),
        (["| a | b |\n|---|---|\n| 1 | 2 |\n\n[k7qdm4]", "- One [m3xz8a]\n- Two [m3xz8a]"], None),
        # What cites nothing states nothing that could be followed.
        (["The state pays half [k7qdm4]. The sources found do not say since when."], "The state pays half [k7qdm4]."),
        (["First, the law.\n\nIt is of 1902 [k7qdm4]."], "It is of 1902 [k7qdm4]."),
        (
            ["### Law\n\nNothing is known.\n\n### Costs\n\nHalf is paid [k7qdm4]."],
            "### Costs\n\nHalf is paid [k7qdm4].",
        ),
        (["The sources found do not answer this question.", "", "Half is paid [k7qdm4]."], "Half is paid [k7qdm4]."),
        # What was answered twice is told once.
        (
            ["The state pays half of it [k7qdm4].", "The state pays half of it [m3xz8a]. Since 1902 [k7qdm4]."],
            "The state pays half of it [k7qdm4].\n\nSince 1902 [k7qdm4].",
        ),
        (["The sources found do not answer this question.", ""], ""),
        ([], ""),
    ],
)
def test_a_section_of_answers_is_what_they_say_and_cite(answers: list[str], text: str | None):
    expected = "\n\n".join(answers) if text is None else text
    assert section_of_answers(ANALYST, turns(answers), "en") == {
        "analyst": "a2",
        "title": "Repair costs",
        "text": expected,
    }
