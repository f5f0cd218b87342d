"""What a line at the prompt means, and what a person or a script replies to a panel."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from wcwidth import wcswidth

from tertulia.errors import PanelError
from tertulia.terminal.cards import show_cards
from tertulia.terminal.review import Command, ScriptedReviewer, TerminalReviewer, parse_command, scripted_replies


@pytest.mark.parametrize("line", ["a", "approve", "y", "Yes", "YES!", " ok. ", "s", "sí", "Si"])
def test_a_single_word_of_approval_approves(line: str):
    assert parse_command(line, 3) == Command("approve")


@pytest.mark.parametrize(
    "line",
    [
        "no more lawyers",
        "not yet",
        "novel ideas please",
        "yes but more on training",
        "ok, add a lawyer",
        "y n",
        "sin prisa",
        "approve the second only",
        "edit the second one",
        "remove the economist",
        "quit talking about bees",
        "lock 2 and 3",
        "move the economist up",
        "move 3 to the front",
        "r 1 2",
        "m 1 2 3",
        "m 1 ²",
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
        ("m 3 1", Command("move", 3, 1)),
        ("Move 1 to 3.", Command("move", 1, 3)),
        ("m2 3", Command("move", 2, 3)),
        ("+", Command("add")),
        ("3", Command("show", 3)),
        ("?", Command("help")),
        ("q", Command("quit")),
    ],
)
def test_commands(line: str, command: Command):
    assert parse_command(line, 3) == command


@pytest.mark.parametrize(
    "line", ["", "   ", "e", "remove", "r 4", "e 0", "...", "m", "m 1", "m 4 1", "m 1 4", "m 1 0", "m 2 2", "4", "0"]
)
def test_what_is_unclear_is_asked_again(line: str):
    """Neither approval nor feedback: a notice says what is missing."""
    command = parse_command(line, 3)
    assert command.wish == "unclear"
    assert command.text


@pytest.mark.parametrize("line", ["no", "No.", "NOPE!", "n", "nah"])
def test_a_bare_no_is_asked_what_to_change(line: str):
    """It never approves, and a proposal that could only guess is not paid for."""
    command = parse_command(line, 3)
    assert (command.wish, command.text[:18]) == ("unclear", "Say what to change")


@given(st.lists(st.text("abcdeflmorsy 0123+?.!", min_size=1, max_size=8), min_size=2, max_size=4).map(" ".join))
def test_more_than_one_word_never_approves(line: str):
    """And whatever is no command comes back whole, as feedback."""
    command = parse_command(line, 3)
    assert command.wish != "approve" or len(line.split()) == 1
    assert command.wish != "feedback" or command.text == " ".join(line.split())


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
        (["no", "no lawyers"], {"action": "revise", "feedback": "no lawyers"}),
        (["m 1", "m 2 1"], {"action": "move", "id": "a7", "to": 1}),
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


@pytest.mark.parametrize(
    ("before", "given_again"),
    [
        ([], ["one", "two"]),
        (["one"], ["two"]),
        (["zero", "one", "two"], []),
        (["two"], ["one", "two"]),
        (["one", "zero"], ["one", "two"]),
    ],
)
async def test_a_command_that_is_typed_again_applies_nothing_twice(
    before: list[str], given_again: list[str], capsys: pytest.CaptureFixture[str]
):
    """A kill may leave some of the feedback applied: what the panel has already is said, and not given."""
    reviewer = ScriptedReviewer(scripted_replies(approve=True, feedback=["one", "two"]))
    replies = []
    said = list(before)
    while reply := await reviewer(review(feedback=said)):
        replies.append(reply)
        said = [*said, *([reply["feedback"]] if reply["action"] == "revise" else [])]
    assert [reply["feedback"] for reply in replies[:-1]] == given_again
    assert replies[-1] == {"action": "approve"}
    assert capsys.readouterr().err.count("has this feedback already") == 2 - len(given_again)


def test_feedback_on_the_command_line_says_what_to_change():
    with pytest.raises(PanelError, match="'no' does not say what to change") as raised:
        scripted_replies(approve=True, feedback=["no"])
    assert "more on costs" in raised.value.hint


async def test_the_last_rounds_are_announced():
    """A person sees how often they can still ask for another panel, and at the end what is left to do."""
    seen = {}
    for rounds in (9, 3, 1, 0):
        person = Person()
        await person.reviewer(review(rounds_left=rounds))
        seen[rounds] = person.screen.getvalue()
    assert "proposed again" not in seen[9].replace("is proposed again", "")
    assert "can be proposed again 3 times" in seen[3]
    assert "can be proposed again once" in seen[1]
    assert "can be proposed again no more" in seen[0]
    assert "Anything else is feedback" not in seen[0]


async def test_a_large_panel_is_a_line_for_each_and_a_card_when_asked_for():
    """Sixty-four cards would scroll out of sight; a number shows one of them, whole."""
    panel = [{**PANEL[0], "id": f"a{n}", "role": f"Role {n}", "description": "word " * 400 + "end"} for n in range(64)]
    person = Person("64")
    await person.reviewer(review(panel=panel))
    lines = person.screen.getvalue().splitlines()
    before, _, after = person.screen.getvalue().partition("> ")
    assert len(before.splitlines()) < 64 + 6
    assert [line.split()[:3] for line in lines if line.startswith(" 1  ")] == [["1", "Role", "0"]]
    assert "A number shows the whole card." in before
    assert "end" not in before
    assert "64  Role 63" in after
    assert "end" in after


async def test_a_card_cuts_what_is_long_and_keeps_its_edges():
    """Very long names and descriptions, wide letters and marks that combine; a number shows all of it."""
    long = {
        "name": "N" * 300,
        "affiliation": "A",
        "role": "役割" * 99,
        "description": "e\u0301👩\u200d🌾何 " * 200 + "end",
    }
    person = Person("1")
    await person.reviewer(review(panel=[{**PANEL[0], **long}]))
    before, _, after = person.screen.getvalue().partition("> ")
    card = [line for line in before.splitlines() if line[:1] in "╭│╰" and line]
    assert len(card) == 7
    assert {wcswidth(line) for line in card} == {79}
    assert "end" in after


async def test_a_card_keeps_its_edges_on_a_code_page():
    """What a code page of Windows cannot show is a question mark, and boxes are made of what it has."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    console = Console(file=stream, width=60, markup=False, highlight=False, emoji=False)
    show_cards(console, review(panel=[{**PANEL[0], "role": "役割 ñ", "name": "N" * 90}]))
    stream.seek(0)
    card = [line for line in stream.read().splitlines() if line[:1] in "+|" and line]
    assert len(card) == 4
    assert {len(line) for line in card} == {59}
    assert "?? ñ" in card[0]
