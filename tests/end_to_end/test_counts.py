"""How much work a run is: calls, requests, prompts and writes of three analysts with two turns, counted exactly.

What takes how long is measured by `make bench`; here nothing is timed.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from command import TOPIC, WEB, WIKI, World, world
from servers.brain import prompt_text

import tertulia

ANALYSTS, TURNS = 3, 2
# Each page of the web and the wiki is made this long: pages are cut to passages, so nothing may grow with them.
PAGE_CHARACTERS = 100_000

# The longest prompt of each role, in characters: about a tenth more than today's.
PROMPT_CHARACTERS = {
    "You plan a research": 16_500,
    "You are an analyst": 7_000,
    "You are an expert": 15_000,
    "You write one section": 22_000,
    "You write the title": 4_300,
    "You write the conclusion": 4_400,
}


@pytest.fixture
def place() -> Iterator[World]:
    with world() as place:
        place.web.pages = [replace(page, text=_long(page.text or "")) for page in WEB]
        place.wiki.pages = {"en": [replace(page, text=_long(page.text)) for page in WIKI["en"]]}
        yield place


def _long(text: str) -> str:
    more = (f"The tidal mill of street {number} in Orvania ground barley by night." for number in range(10_000))
    return f"{text}\n\n{' '.join(more)}"[:PAGE_CHARACTERS]


async def test_a_run_does_no_more_work_than_this(place: World):
    """One panel, five calls for each interview, an introduction and a conclusion; each search and each page once."""
    report = await tertulia.write_report(TOPIC, **place.settings, analysts=ANALYSTS, turns=TURNS)
    assert len(report["sections"]) == ANALYSTS
    asked = place.model.asked
    assert len(asked) == len(report["usage"]) == 1 + ANALYSTS * (2 * TURNS + 1) + 2 == 18

    # The survey's, one for each analyst, and one for each turn, which all analysts have in common.
    queries = [request.json()["query"] for request in place.web.requests]
    assert len(queries) == len(set(queries)) == 1 + ANALYSTS + TURNS
    # The same searches, two of which are repeated with fewer words, and the one text that came with no search.
    assert [request.query["titles"] for request in place.wiki.requests if "titles" in request.query] == ["Tidal mill"]
    assert len(place.wiki.requests) == 1 + ANALYSTS + TURNS + 2 + 1

    longest: Counter[str] = Counter()
    for body in asked:
        text = prompt_text(body)
        role = " ".join(text.split()[:4])
        longest[role] = max(longest[role], len(text))
    assert all(longest[role] <= characters for role, characters in PROMPT_CHARACTERS.items()), longest
    assert set(longest) == set(PROMPT_CHARACTERS)

    # A connection to the model serves who asks next, and none outlives the run.
    assert place.model.connections <= ANALYSTS
    assert await asyncio.to_thread(place.model.still_open) == 0

    checkpoints, writes, size = _kept()
    assert checkpoints <= 43
    assert writes <= 237
    assert size <= ANALYSTS * 40_000


def _kept() -> tuple[int, int, int]:
    """How many checkpoints and writes there are in the database, and their bytes."""
    with closing(sqlite3.connect(Path(os.environ["TERTULIA_HOME"]) / "tertulia.db")) as database:
        checkpoints, size = database.execute(
            "SELECT count(*), sum(length(checkpoint) + length(metadata)) FROM checkpoints"
        ).fetchone()
        writes, more = database.execute("SELECT count(*), sum(length(value)) FROM writes").fetchone()
    return checkpoints, writes, size + more
