"""Forms that were filled in without JSON are read where they cannot be misunderstood."""

from __future__ import annotations

import pytest

from tertulia.agents.language_model.forms import NextQuestion, Panel, next_question_form
from tertulia.agents.language_model.plain_forms import plain_values
from tertulia.agents.language_model.review_forms import Corrections

LABELLED = """Here is a panel of two:

**Name:** Ana Ruiz
**Affiliation:** a university
**Role:** Cost of repair
**Description:** Wants to know who paid: the state or the owners.

2. Name: Ben Ode
   Role: How the gates work
"""
LISTED = """I suggest these:
1. **Ana Ruiz** (a university): Cost of repair. Wants to know who paid.
2. Ben Ode, a harbour office – How the gates work
"""


@pytest.mark.parametrize("text", [LABELLED, LISTED])
def test_a_panel_in_lines_is_a_panel(text):
    [value] = plain_values(text, Panel)
    panel = Panel.model_validate(value).analysts
    assert [analyst.name for analyst in panel] == ["Ana Ruiz", "Ben Ode"]
    assert [analyst.role for analyst in panel] == ["Cost of repair", "How the gates work"]
    assert panel[0].affiliation == "a university"
    assert panel[0].description.startswith("Wants to know who paid")


def test_prose_about_a_panel_is_none():
    text = "A panel should have an economist and an engineer. They would cover costs and gates."
    assert list(plain_values(text, Panel)) == []


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Question: Who paid for the repair?\nReason: Nothing is known.", "Who paid for the repair?"),
        ("Thank you. Who paid for the repair of the mills?", "Who paid for the repair of the mills?"),
        ("**¿Quién pagó la reparación de los molinos?**", "¿Quién pagó la reparación de los molinos?"),
    ],
)
def test_a_lone_question_is_the_next_one(text, question):
    [value] = plain_values(text, next_question_form(["web"]))
    assert NextQuestion.model_validate(value).question == question


def test_two_questions_without_labels_are_not_chosen_between():
    assert list(plain_values("Who paid for the repair? And when was it finished?", NextQuestion)) == []


def test_an_end_of_the_interview_is_read():
    [value] = plain_values("Done: true\nReason: All is told.", NextQuestion)
    assert NextQuestion.model_validate(value).done


def test_corrections_need_their_numbers():
    assert list(plain_values("Text: The mill was built in 1132.", Corrections)) == []
