"""A question in the foreground, and a run that goes on behind it."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest

from tertulia.terminal.foreground import Foreground


def test_the_loop_goes_on_while_the_foreground_is_asked():
    """The question is answered only when something has happened in the loop meanwhile."""
    foreground, happened = Foreground(), threading.Event()

    def question() -> str:
        assert threading.current_thread() is threading.main_thread()
        assert happened.wait(20)
        return "an answer"

    async def run() -> str:
        assert threading.current_thread() is not threading.main_thread()
        asyncio.get_running_loop().call_later(0, happened.set)
        return await foreground.ask(question)

    assert foreground.run(run()) == "an answer"


def test_an_error_comes_to_who_asked_and_from_there_to_who_runs():
    foreground = Foreground()
    met: list[str] = []

    def question() -> None:
        raise EOFError("nobody is there")

    async def run() -> None:
        try:
            await foreground.ask(question)
        except EOFError as error:
            met.append(str(error))
            raise

    with pytest.raises(EOFError):
        foreground.run(run())
    assert met == ["nobody is there"]


def test_what_the_foreground_holds_is_held_by_the_run():
    """As under `asyncio.run`: a run that is held before it goes on in another thread is its own to work on."""
    held: ContextVar[str] = ContextVar("held", default="")
    held.set("run1")

    async def run() -> str:
        return held.get()

    assert Foreground().run(run()) == "run1"


def test_an_answer_that_nobody_waits_for_any_more_ends_nothing():
    """The run was stopped at its question: what it came to is what is told."""
    foreground = Foreground()
    asked, gone = threading.Event(), threading.Event()

    def question() -> str:
        asked.set()
        assert gone.wait(20)
        return "an answer"

    async def run() -> str:
        first, second = (asyncio.create_task(foreground.ask(question)) for _ in range(2))
        await asyncio.to_thread(asked.wait, 20)
        for task in (first, second):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        gone.set()
        return "the outcome"

    assert foreground.run(run()) == "the outcome"
