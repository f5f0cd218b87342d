"""What a person may say about a panel, and what it makes of the panel."""

from __future__ import annotations

import pytest

from tertulia.agents.panel import MAXIMUM_SIZE, apply_reply, parse_panel
from tertulia.agents.roles import Analyst
from tertulia.errors import PanelError


def analyst(number: int) -> Analyst:
    return {
        "id": f"a{number}",
        "name": f"Name {number}",
        "affiliation": "There",
        "role": f"Role {number}",
        "description": "",
    }


PANEL = [analyst(1), analyst(2), analyst(3)]


def test_approval_and_cancelling_leave_the_panel_alone():
    assert apply_reply(PANEL, {"action": "approve"}).decision == "approved"
    assert apply_reply(PANEL, {"action": "cancel"}).decision == "cancelled"
    assert apply_reply(PANEL, {"action": "approve"}).panel == PANEL


def test_feedback_is_carried_word_for_word():
    review = apply_reply(PANEL, {"action": "revise", "feedback": "  novel ideas please "})
    assert (review.decision, review.feedback, review.panel) == ("revise", "novel ideas please", PANEL)


def test_editing_changes_the_given_fields_and_locks():
    panel = apply_reply(PANEL, {"action": "edit", "analyst": {"id": "a2", "role": "Judge"}}).panel
    assert panel == [PANEL[0], {**PANEL[1], "role": "Judge", "locked": True}, PANEL[2]]


def test_who_is_added_gets_an_id_that_is_free_and_the_others_keep_theirs():
    panel = apply_reply([PANEL[0], PANEL[2]], {"action": "add", "analyst": {"name": "Zoe", "role": "Farmer"}}).panel
    assert [a["id"] for a in panel] == ["a1", "a3", "a2"]
    assert panel[2]["description"] == "Farmer"


def test_locking_can_be_taken_back():
    locked = apply_reply(PANEL, {"action": "lock", "id": "a1"}).panel
    assert [a.get("locked", False) for a in locked] == [True, False, False]
    assert not apply_reply(locked, {"action": "unlock", "id": "a1"}).panel[0]["locked"]


def test_a_panel_may_be_replaced_in_an_order_of_ones_own():
    reply = {"action": "replace", "panel": [{"id": "a3", "name": "C", "role": "c"}, {"name": "New", "role": "n"}]}
    assert [(a["id"], a["name"]) for a in apply_reply(PANEL, reply).panel] == [("a3", "C"), ("a1", "New")]


@pytest.mark.parametrize(("to", "order"), [(1, "a3 a1 a2"), (2, "a1 a3 a2"), (3, "a1 a2 a3")])
def test_who_is_moved_stands_at_that_place(to: int, order: str):
    review = apply_reply(PANEL, {"action": "move", "id": "a3", "to": to})
    assert (review.decision, [a["id"] for a in review.panel]) == ("review", order.split())
    assert sorted(review.panel, key=lambda a: a["id"]) == PANEL


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ([("Name 3", "Role 3"), ("Name 1", "Role 1")], "a3 a1"),
        ([("New", "x"), ("Name 2", "Role 2"), ("name 1", "y")], "a3 a2 a1"),
        ([("New", "x"), ("Changed", "Role 1")], "a2 a1"),
        ([("Name 2", "Role 1"), ("Changed", "Role 2")], "a2 a1"),
    ],
)
def test_who_keeps_a_name_or_a_role_stays_the_same_analyst(given: list[tuple[str, str]], ids: str):
    """Wherever a panel file puts them; a free id goes to who is new."""
    file = parse_panel([{"name": name, "role": role} for name, role in given])
    review = apply_reply(PANEL, {"action": "replace", "panel": file})
    assert [a["id"] for a in review.panel] == ids.split()
    assert [(a["name"], a["role"]) for a in review.panel] == given


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("approve", "cannot be used"),
        (None, "cannot be used"),
        ({}, "cannot be used"),
        ({"action": "yes"}, "cannot be used"),
        ({"action": "revise", "feedback": " "}, "feedback"),
        ({"action": "revise", "feedback": "No."}, "does not say what to change"),
        ({"action": "move", "id": "a7", "to": 1}, "no analyst 'a7'"),
        ({"action": "move", "id": "a1", "to": 4}, "no place 4: the panel has 1 to 3"),
        ({"action": "move", "id": "a1", "to": 0}, "to"),
        ({"action": "remove", "id": "a7"}, "no analyst 'a7'"),
        ({"action": "edit", "analyst": {"id": "a1", "rule": "x"}}, "rule"),
        ({"action": "edit", "analyst": {"id": "a1", "name": "NAME 2"}}, "same name"),
        ({"action": "add", "analyst": {"name": "x"}}, "role"),
        ({"action": "replace", "panel": []}, "panel"),
        ({"action": "replace", "panel": [{"name": str(n), "role": "r"} for n in range(65)]}, "panel"),
    ],
)
def test_what_cannot_be_done_is_said(reply, message):
    with pytest.raises(PanelError, match=message):
        apply_reply(PANEL, reply)


def test_the_last_analyst_cannot_be_removed():
    with pytest.raises(PanelError, match="empty"):
        apply_reply([analyst(1)], {"action": "remove", "id": "a1"})


def test_the_panel_does_not_grow_beyond_its_limit():
    full = [analyst(number) for number in range(1, MAXIMUM_SIZE + 1)]
    with pytest.raises(PanelError, match="at most 64"):
        apply_reply(full, {"action": "add", "analyst": {"name": "One more", "role": "r"}})


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"panel": x}, lambda x: {"analysts": x}])
def test_a_panel_file_is_a_list_or_holds_one(wrap):
    panel = parse_panel(wrap([{"name": "Ada", "role": "Engineer", "locked": True}]))
    assert panel == [
        {
            "id": "a1",
            "name": "Ada",
            "affiliation": "",
            "role": "Engineer",
            "description": "Engineer",
            "locked": True,
        }
    ]


@pytest.mark.parametrize("data", [None, "text", 3, [], {}, [{"name": "x"}], [["x"]], {"panel": "x"}])
def test_a_panel_file_of_another_form_is_refused(data):
    with pytest.raises(PanelError, match=r"no list of analysts|names no analyst|Analyst 1 has no"):
        parse_panel(data)
