"""What a line at the prompt means, and what a person or a script replies to a panel."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest
from rich.console import Console

from tertulia.errors import PanelError
from tertulia.terminal.review import Command, ScriptedReviewer, TerminalReviewer, parse_command, scripted_replies


@pytest.mark.parametrize("line", ["a", "approve", "y", "Yes", "YES!", " ok. ", "s", "sí", "Si"])
def test_a_single_word_of_approval_approves(line: str):
    assert parse_command(line, 3) == Command("approve")


@pytest.mark.parametrize(
    "line",
    [
        "no",
        "not yet",
        "novel ideas please",
        "yes but more on training",
        "ok, add a lawyer",
        "n",
        "y n",
        "sin prisa",
        "approve the second only",
        "edit the second one",
        "remove the economist",
        "quit talking about bees",
        "lock 2 and 3",
        "3",
    ],
)
def test_all_other_words_are_feedback(line: str):
    assert parse_command(line, 3) == Command("feedback", text=line)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("e 2", Command("edit", 2)),
        ("E2", Command("edit", 2)),
        ("remove 3", Command("remove", 3)),
        ("l 1", Command("lock", 1)),
        ("+", Command("add")),
        ("?", Command("help")),
        ("q", Command("quit")),
    ],
)
def test_commands(line: str, command: Command):
    assert parse_command(line, 3) == command


@pytest.mark.parametrize("line", ["", "   ", "e", "remove", "r 4", "e 0", "..."])
def test_what_is_unclear_is_asked_again(line: str):
    """Neither approval nor feedback: a notice says what is missing."""
    command = parse_command(line, 3)
    assert command.wish == "unclear"
    assert command.text


PANEL = [
    {"id": "a1", "name": "Ada", "affiliation": "", "role": "Engineer", "description": "Engines"},
    {"id": "a7", "name": "Bea", "affiliation": "Farm", "role": "Farmer", "description": "Fields", "locked": True},
]


def review(**changes: Any) -> dict[str, Any]:
    return {"topic": "Land", "panel": PANEL, "feedback": [], "notice": "", "rounds_left": 9, **changes}


class Person:
    """Somebody who types these lines, and then leaves."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.screen = io.StringIO()
        self.pauses = 0
        console = Console(file=self.screen, width=80, markup=False, highlight=False, emoji=False)
        self.reviewer = TerminalReviewer(console, self.type, self.pause)

    def type(self, prompt: str) -> str:
        self.screen.write(prompt)
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)

    def pause(self) -> None:
        self.pauses += 1


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        (["y"], {"action": "approve"}),
        (["no"], {"action": "revise", "feedback": "no"}),
        (["", "r 9", "r 2"], {"action": "remove", "id": "a7"}),
        (["l 1"], {"action": "lock", "id": "a1"}),
        (["l 2"], {"action": "unlock", "id": "a7"}),
        (["e 2", "", "Sea", "", ""], {"action": "edit", "analyst": {"id": "a7", "affiliation": "Sea"}}),
        (["e 1", "", "", "", "", "q"], None),
        (["+", "Zoe", "", "Vet", ""], {"action": "add", "analyst": {"name": "Zoe", "role": "Vet"}}),
        (["+", "", "", "", "", "?", "a"], {"action": "approve"}),
        (["q"], None),
        ([], None),
    ],
)
async def test_what_a_person_types_becomes_a_reply(lines: list[str], reply: Mapping[str, Any] | None):
    """Fields left empty keep what is there; without a change, or a name and a role, the question comes again."""
    person = Person(*lines)
    assert await person.reviewer(review()) == reply
    assert person.pauses == 1
    assert not person.lines


async def test_the_panel_is_shown_as_cards_with_all_feedback_and_the_notice():
    """Hostile text is shown as written, without its escapes and without its markup."""
    hostile = {**PANEL[0], "name": "[bold]Eve[/bold]", "role": "\x1b[2JSpy", "description": "x" * 300}
    person = Person()
    await person.reviewer(review(panel=[hostile, PANEL[1]], feedback=["more", "less"], notice="No such analyst."))
    screen = person.screen.getvalue()
    assert "\x1b" not in screen
    assert "[bold]Eve[/bold]" in screen
    assert "1  Spy" in screen
    assert "2  Farmer (locked)" in screen
    assert screen.index("- more") < screen.index("- less") < screen.index("No such analyst.") < screen.index("> ")
    assert max(map(len, screen.splitlines())) < 80


async def test_a_script_replies_in_order_and_then_leaves_it_to_others():
    replies = scripted_replies(approve=True, feedback=["one", "two"])
    reviewer = ScriptedReviewer(replies)
    given = [await reviewer(review()) for _ in range(4)]
    assert given == [
        {"action": "revise", "feedback": "one"},
        {"action": "revise", "feedback": "two"},
        {"action": "approve"},
        None,
    ]
    person = Person("ok")
    reviewer = ScriptedReviewer(scripted_replies(approve=False, feedback=["one"]), then=person.reviewer)
    assert [await reviewer(review()), await reviewer(review())] == [replies[0], {"action": "approve"}]


async def test_a_script_does_not_approve_after_a_refusal():
    """An old notice is no refusal; one that answers the script's own reply is."""
    reviewer = ScriptedReviewer(scripted_replies(approve=True, feedback=["one"]))
    assert await reviewer(review(notice="from before")) == {"action": "revise", "feedback": "one"}
    with pytest.raises(PanelError, match="No further proposals"):
        await reviewer(review(notice="No further proposals"))
    assert reviewer.unused == [{"action": "approve"}]
