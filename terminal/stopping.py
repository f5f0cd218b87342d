"""Ctrl-C and polite requests to end: the first stops the run in order, the second at once, and neither takes long."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, Final, NoReturn, Self

# What a stopping run may take before its process simply ends. Nothing is lost then: a run survives a kill.
STOP_SECONDS: Final = 4.0
LAST_WORDS_SECONDS: Final = 0.5
INTERRUPTED: Final = 130


class Stopping:
    """Hears SIGINT, SIGTERM and SIGHUP inside the block and cancels the task that called `watch`.

    The task notes how far the run came and calls `leave`. After `STOP_SECONDS`, or at a second signal, the process
    leaves without it. What was told to be ignored stays ignored, as under nohup.
    """

    def __init__(self, farewell: Callable[[], None]) -> None:
        self._farewell = farewell
        self._previous: dict[int, Any] = {}
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = 0

    def __enter__(self) -> Self:
        """Begin to listen; only the main thread of a program may."""
        if threading.current_thread() is threading.main_thread():
            names = (name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
            for number in (getattr(signal, name) for name in names):
                if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
                    self._previous[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def watch(self) -> None:
        """Cancel the current task when a signal comes."""
        self._task, self._loop = asyncio.current_task(), asyncio.get_running_loop()

    @property
    def asked(self) -> bool:
        """Whether a signal came."""
        return self._asked > 0

    def leave(self) -> NoReturn:
        """End the process now. Python would wait for every thread that waits for an answer."""
        # The last words may wait, too: for the database, where another process keeps it busy.
        _watch(lambda: os._exit(INTERRUPTED), LAST_WORDS_SECONDS)
        try:
            self._farewell()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        finally:
            os._exit(INTERRUPTED)

    @staticmethod
    def end_soon(code: int) -> None:
        """The command is over; its process ends after `STOP_SECONDS` at the latest, even if a thread still waits."""
        _watch(lambda: os._exit(code))

    def _heard(self, *_: object) -> None:
        self._asked += 1
        if self._asked > 1:
            self.leave()
        _watch(self.leave)
        # A question on the screen listens for itself (`asking.py`): it must be left in order, or the terminal is not.
        asking = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if asking or self._task is None or self._loop is None or self._task.done():
            raise KeyboardInterrupt
        # From a signal handler, the loop must be woken as well.
        self._loop.call_soon_threadsafe(self._task.cancel)


def _watch(end: Callable[[], None], seconds: float = STOP_SECONDS) -> None:
    watchdog = threading.Timer(seconds, end)
    watchdog.daemon = True
    watchdog.start()
