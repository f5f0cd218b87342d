"""A question in the foreground while a run goes on behind it.

Only a line that the main thread waits for can be left by Ctrl-C, so it is the run that moves to another thread.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")


class Foreground:
    """The thread that calls `run`: it does what the run in the background has to ask a person."""

    def __init__(self) -> None:
        self._questions: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def run(self, main: Coroutine[Any, Any, Result]) -> Result:
        """As `asyncio.run`, in another thread; meanwhile this one waits for what `ask` wants it to do.

        The run has the context of this thread, as under `asyncio.run`: what is held here is held there.
        """
        with ThreadPoolExecutor(1, "tertulia-run", _leave_signals) as behind:
            outcome = behind.submit(copy_context().run, asyncio.run, main)
            outcome.add_done_callback(lambda _: self._questions.put(None))
            while (question := self._questions.get()) is not None:
                question()
        return outcome.result()

    async def ask(self, question: Callable[[], Result]) -> Result:
        """What `question` returns, or raises, in the foreground. The loop goes on until it does."""
        answer: Future[Result] = Future()

        def answered() -> None:
            # Who asked may be gone: then nobody is asked, or the answer is nobody's.
            if not answer.set_running_or_notify_cancel():
                return
            try:
                answer.set_result(question())
            except BaseException as error:  # noqa: BLE001 - it is raised where it was asked
                answer.set_exception(error)

        self._questions.put(answered)
        return await asyncio.wrap_future(answer)


def _leave_signals() -> None:
    """Leave signals to the foreground: one that is delivered here, or to a thread from here, would not wake it."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
