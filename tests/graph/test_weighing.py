"""What the figures of a report are looked up in is made once, for the run that wants it and for no other."""

from __future__ import annotations

import asyncio

import pytest

from tertulia.evidence.ledger import Ledger
from tertulia.graph import weighing
from tertulia.graph.weighing import Weighing


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The languages in which something was made, which is here the language itself; a run waits for a moment only."""
    languages: list[str] = []

    def weigh(_: Ledger, language: str) -> str:
        languages.append(language)
        return language

    monkeypatch.setattr(weighing, "_weigh", weigh)
    monkeypatch.setattr(weighing, "SECONDS", 0.01)
    return languages


async def until_made(made: list[str]) -> None:
    async with asyncio.timeout(20):
        while not made:  # noqa: ASYNC110 - it only yields
            await asyncio.sleep(0.01)
        # What waits for the thread hears of it.
        await asyncio.sleep(0.05)


async def test_it_is_made_while_a_model_is_waited_for(made: list[str]) -> None:
    work = Weighing()
    work.begin(Ledger(), "en")
    await until_made(made)
    assert await work.take() == "en"
    assert await work.take() is None
    assert made == ["en"]


async def test_who_takes_it_before_makes_it(made: list[str]) -> None:
    work = Weighing()
    assert await work.take() is None
    work.begin(Ledger(), "en")
    assert await work.take() is None
    await asyncio.sleep(0.1)
    assert made == []


async def test_the_next_run_never_gets_that_of_one_that_was_stopped(made: list[str]) -> None:
    """On a server both have one context; the next may compose before its own is made."""
    work = Weighing()
    work.begin(Ledger(), "en")
    await until_made(made)
    work.begin(Ledger(), "es")
    assert await work.take() is None


async def test_none_is_made_for_a_run_that_was_stopped(made: list[str]) -> None:
    work = Weighing()
    work.begin(Ledger(), "en")
    work.begin(Ledger(), "es")
    work.stop()
    await asyncio.sleep(0.1)
    assert made == []
