"""What the figures of a report are looked up in, made while introduction and conclusion are being written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..evidence.ledger import Ledger
from .meanwhile import SECONDS

if TYPE_CHECKING:
    from ..evidence.corroboration import Corroboration


class Weighing:
    """The corroboration of a ledger to which nothing is added any more, made in a thread while a model is waited for.

    It begins when the requests have surely left: threads take turns, and a request that is being sent would wait.
    """

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Corroboration] | None = None

    def begin(self, ledger: Ledger, language: str) -> None:
        """Make it soon, unless it is taken before. What was made for an earlier run is forgotten."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(SECONDS, self._start, ledger, language)

    async def take(self) -> Corroboration | None:
        """What was made, or is being made; None when it was not begun, as in a run that goes on in another process."""
        task, self._task = self._task, None
        self.stop()
        return None if task is None else await task

    def stop(self) -> None:
        """It is not wanted any more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._timer = self._task = None

    def _start(self, ledger: Ledger, language: str) -> None:
        self._task = asyncio.create_task(asyncio.to_thread(_weigh, ledger, language))


def _weigh(ledger: Ledger, language: str) -> Corroboration:
    from ..evidence.corroboration import Corroboration  # noqa: PLC0415 - not before a panel is written (`meanwhile`)

    return Corroboration(ledger, language)
