"""The gate to each model server: how many requests at once, how often one is tried, and who waits when it is asked to.

The only place where a request is tried again. The providers' clients would do it too, each in its own way (measured:
two of five heed `Retry-After`, two try no refusal again, none says that it waits), so they are told not to.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

from ...errors import EngineError, EngineUnavailableError
from ..waits import report_wait
from .failures import map_failure, refuses_form, retry_after, status_of

TRIES: Final = 3

# Seconds. What one call may spend on the wire with all its tries; a reply that only drips ends here.
CALL_TIMEOUT: Final = 900.0
# A person is told of a wait longer than the first; one longer than the second is not worth keeping a run open.
LONG_WAIT: Final = 60.0
LONGEST_WAIT: Final = 300.0
# Without a word from the server: the first wait, doubled for each further try.
FIRST_WAIT: Final = 1.0

# Successes until one more request may run at once, after a refusal had halved their number.
_RECOVERY: Final = 8
_TOO_MANY: Final = {429, 503, 529}

Result = TypeVar("Result")


class Gate:
    """The way to one model server for everybody in this process who asks it.

    At most `width` requests run at once. Who is told to wait makes everybody wait, and halves the number of requests
    at once; successes bring it back.
    """

    def __init__(self, address: str, width: int) -> None:
        self._address = address
        self._widest = self._width = width
        self._busy = self._successes = 0
        self._opens_at = 0.0
        self._freed = asyncio.Event()

    async def send(self, request: Callable[[], Awaitable[Result]], *, model: str) -> Result:
        """The reply to a request that goes out at most three times.

        Raises:
            EngineError: what the last try came to, or the first one that no further try would change.
        """
        left = CALL_TIMEOUT
        clock = asyncio.get_running_loop().time
        for tries_left in reversed(range(TRIES)):
            async with self._passage():
                began = clock()
                try:
                    async with asyncio.timeout(left):
                        reply = await request()
                except EngineError:
                    raise
                # The providers' packages share no base class, and leak what their transports raise.
                except Exception as error:
                    left -= clock() - began
                    failure = map_failure(error, model=model, address=self._address)
                    wait = self._wait_for(error, failure, TRIES - 1 - tries_left)
                    if not (tries_left and failure.retryable and left > 0) or refuses_form(error):
                        raise failure from error
                else:
                    self._succeed()
                    return reply
            await asyncio.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _wait_for(self, error: Exception, failure: EngineError, tried: int) -> float:
        """Seconds until the next try. A server that is asked too much gets a rest from everybody, at once.

        Raises:
            EngineUnavailableError: the server wants to be left alone for too long.
        """
        asked = retry_after(error)
        wait = FIRST_WAIT * 2**tried * random.uniform(0.75, 1.25) if asked is None else asked  # noqa: S311 - no secret
        if not failure.retryable:
            return 0.0
        if wait > LONGEST_WAIT:
            raise EngineUnavailableError(
                f"The model server at {self._address} asks to wait {_duration(wait)}.",
                hint="Go on with `tertulia resume` after that, or choose another --model.",
            ) from error
        if asked is not None or status_of(error) in _TOO_MANY:
            self._rest(wait)
        return wait

    def _rest(self, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        # Requests that were already on their way when the first was refused say nothing new.
        if now >= self._opens_at:
            self._width, self._successes = max(1, self._width // 2), 0
            if seconds > LONG_WAIT:
                report_wait(seconds, f"The model server at {self._address} asks to wait {_duration(seconds)}.")
        self._opens_at = max(self._opens_at, now + seconds)

    def _succeed(self) -> None:
        self._successes += 1
        if self._successes >= _RECOVERY and self._width < self._widest:
            self._width, self._successes = self._width + 1, 0
            self._freed.set()

    @asynccontextmanager
    async def _passage(self) -> AsyncIterator[None]:
        while self._busy >= self._width:
            self._freed.clear()
            await self._freed.wait()
        self._busy += 1
        try:
            clock = asyncio.get_running_loop().time
            # While somebody waits another may be told to wait longer.
            while (rest := self._opens_at - clock()) > 0:  # noqa: ASYNC110
                await asyncio.sleep(rest)
            yield
        finally:
            self._busy -= 1
            self._freed.set()


_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Gate]] = WeakKeyDictionary()


def gate_to(address: str, width: int) -> Gate:
    """The gate to the server at an address, the same one for all runs of this event loop. The first says how wide."""
    gates = _gates.setdefault(asyncio.get_running_loop(), {})
    return gates.setdefault(address, Gate(address, width))


def _duration(seconds: float) -> str:
    return f"{round(seconds)} seconds" if seconds < 120 else f"{round(seconds / 60)} minutes"
