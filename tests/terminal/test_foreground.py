"""A question in the foreground, and a run that goes on behind it."""

from __future__ import annotations

import asyncio
import threading

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
