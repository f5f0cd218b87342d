"""A panel that is heard while it is written: each provider's own client against a loopback server that streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from servers.anthropic import AnthropicServer
from servers.base import LoopbackServer
from servers.brain import Fault, Reply, play_every_role, script
from servers.ollama import OllamaServer
from servers.openai import UNSUPPORTED_FORMAT, UNSUPPORTED_TOOLS, OpenAIServer

from tertulia.agents.language_model.arriving import ArrivingPanel
from tertulia.agents.language_model.planner import ModelPlanner
from tertulia.agents.roles import Analyst, PanelBrief
from tertulia.agents.usage import collect_usage
from tertulia.errors import EngineError

from .protocols import chat_of

SERVERS = {"openai": OpenAIServer, "anthropic": AnthropicServer, "ollama": OllamaServer}
BRIEF = PanelBrief("open data", "en", 3, ())
PEOPLE = [
    {"name": f"Person {n}", "affiliation": "a house", "role": f"Part {n}", "description": f"Looks at part {n}."}
    for n in (1, 2, 3)
]
PANEL = {"roles": [person["role"] for person in PEOPLE], "analysts": PEOPLE}

each_client = pytest.mark.parametrize("provider", SERVERS)


class Seats:
    """Who was seated, with the roles that were told."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.roles: list[list[str]] = []

    def seat(self, analyst: Analyst, roles: Any) -> None:
        self.taken.append(f"{analyst['id']} {analyst['name']}")
        self.roles.append(list(roles))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("tertulia.agents.language_model.gates.FIRST_WAIT", 0.001)


async def planned(provider: str, *said: Any) -> tuple[list[Analyst], Seats, LoopbackServer, list[Any]]:
    seats = Seats()
    server: Any = SERVERS[provider](script(*said) if said else play_every_role)
    with server, collect_usage() as calls:
        panel = await ModelPlanner(chat_of(provider, server)).stream_panel(BRIEF, seats.seat)
    return panel, seats, server, calls


@each_client
async def test_analysts_are_seated_while_the_panel_is_written(provider: str):
    """All but the last, which is known to be whole with the reply; one request, whose tokens are counted."""
    panel, seats, server, calls = await planned(provider, json.dumps(PANEL))
    assert [analyst["name"] for analyst in panel] == ["Person 1", "Person 2", "Person 3"]
    assert seats.taken == ["a1 Person 1", "a2 Person 2"]
    assert seats.roles == [["Part 1", "Part 2", "Part 3"]] * 2
    assert len(server.asked) == 1
    assert server.asked[0].get("stream", True) is True
    assert calls[0]["output_tokens"] == len(json.dumps(PANEL)) // 4
    assert not calls[0].get("estimated")


@pytest.mark.parametrize("refused", [(UNSUPPORTED_FORMAT,), (UNSUPPORTED_FORMAT, UNSUPPORTED_TOOLS)])
async def test_they_are_seated_on_every_rung_of_the_ladder(refused: tuple[Fault, ...]):
    """As a form, as the arguments of a tool, and as JSON in a text."""
    _, seats, server, _ = await planned("openai", *refused, json.dumps(PANEL))
    assert seats.taken == ["a1 Person 1", "a2 Person 2"]
    assert len(server.asked) == 1 + len(refused)


async def test_a_server_that_cannot_stream_is_asked_for_the_whole():
    """It is not asked to stream again."""
    seats = Seats()
    refusal = Fault(400, "stream is not supported here")
    with OpenAIServer(script(refusal, json.dumps(PANEL), json.dumps(PANEL))) as server:
        planner = ModelPlanner(chat_of("openai", server))
        assert len(await planner.stream_panel(BRIEF, seats.seat)) == 3
        assert len(await planner.stream_panel(BRIEF, seats.seat)) == 3
    assert seats.taken == []
    assert [bool(body.get("stream")) for body in server.asked] == [True, False, False]


@each_client
async def test_a_stream_that_breaks_off_is_asked_for_again_whole(provider: str):
    """Who was seated by then stays, and the rest of the second reply fills the places."""
    panel, seats, server, _ = await planned(provider, Fault(cut=True), json.dumps(PANEL))
    assert [analyst["name"] for analyst in panel] == ["Person 1", "Person 2", "Person 3"]
    assert len(server.asked) == 2
    assert seats.taken == []


def heard(text: str, brief: PanelBrief = BRIEF, piece: int = 7) -> list[str]:
    """Who is seated by a reply that comes in pieces."""
    seats = Seats()
    arriving = ArrivingPanel(brief, seats.seat, lambda analyst: "no" if "bad" in analyst.name else "")
    for start in range(0, len(text), piece):
        arriving.hear(text[start : start + piece])
    return seats.taken


@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_pieces_may_be_cut_anywhere(piece: int):
    assert heard(json.dumps(PANEL, indent=1), piece=piece) == ["a1 Person 1", "a2 Person 2"]
    assert heard(f"```json\n{json.dumps(PANEL)}", piece=piece) == ["a1 Person 1", "a2 Person 2"]


ODD = {
    "thinking aloud": f'<think>{{"analysts": []}}</think>{json.dumps(PANEL)}',
    "prose before it": f"Here it is: {json.dumps(PANEL)}",
    "no roles": json.dumps({"analysts": PEOPLE}),
    "too few roles": json.dumps({**PANEL, "roles": ["Part 1"]}),
    "not an object": json.dumps([PANEL]),
    "roles that are none": json.dumps({**PANEL, "roles": 7}),
    "nonsense": "}{}{}}",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_is_odd_is_read_when_it_is_whole(text: str):
    assert heard(text, piece=len(text) - 3) == []


@pytest.mark.parametrize(
    "second", [{**PEOPLE[1], "name": "bad"}, {**PEOPLE[1], "name": "person 1"}, {**PEOPLE[1], "role": "Part 1"}, {}, 7]
)
def test_nobody_is_seated_after_somebody_who_cannot_stay(second: Any):
    """An objection, a twin, or no analyst at all: the planner settles it with the whole reply."""
    assert heard(json.dumps({**PANEL, "analysts": [PEOPLE[0], second, PEOPLE[2], PEOPLE[2]]})) == ["a1 Person 1"]


async def test_the_second_attempt_fills_the_places_that_are_left():
    """The first reply names too few: who was seated keeps the place, also if the second reply names others."""
    short = {"roles": PANEL["roles"], "analysts": PEOPLE[:2]}
    others = [{**person, "name": f"Other {n}", "role": f"Other part {n}"} for n, person in enumerate(PEOPLE, 1)]
    said = json.dumps(short), json.dumps({"roles": [], "analysts": others})
    panel, seats, server, _ = await planned("openai", *said)
    assert seats.taken == ["a1 Person 1"]
    assert [(analyst["id"], analyst["name"]) for analyst in panel] == [
        ("a1", "Person 1"),
        ("a2", "Other 1"),
        ("a3", "Other 2"),
    ]
    assert [bool(body.get("stream")) for body in server.asked] == [True, False]


async def test_a_panel_that_cannot_be_had_is_a_failure_all_the_same():
    with pytest.raises(EngineError):
        await planned("openai", *[Reply("No.")] * 8)
