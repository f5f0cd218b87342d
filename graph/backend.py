"""Who runs the graph: this process now, a server later. `app.py` knows only this."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..events import Event
from ..evidence.report import Report
from ..storage.runs import Status


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. `review` is what waits for a person (see `graph.panel.review_payload`), if anything does.

    `panel` is the panel of a run that is not finished, as far as there is one.
    """

    run: str
    status: Status
    detail: str = ""
    review: Mapping[str, Any] = field(default_factory=dict)
    panel: Sequence[Mapping[str, Any]] = ()


class Backend(Protocol):
    """What is done with a run. One process at a time may advance it: that is the caller's to see to."""

    async def submit(self, request: Mapping[str, Any]) -> str:
        """Note a run (`graph.state.ReportInput`, without secrets) and return its id. Nothing is paid for yet."""
        ...

    def events(self, run: str) -> AsyncGenerator[Event, None]:
        """What happens from here until the run pauses, ends or fails. The run advances while this is read."""
        ...

    def unheard(self, run: str) -> Sequence[Event]:
        """What had happened when the reader of `events` left it before its end, and it could not tell any more."""
        ...

    async def status(self, run: str) -> Progress:
        """Where the run stands."""
        ...

    async def review(self, run: str, reply: Mapping[str, Any]) -> None:
        """A person's reply to a panel that waits (see `agents.panel`); the next `events` goes on from it."""
        ...

    async def prepare(self, run: str) -> None:
        """Begin to ask what a panel that waits will ask first, if the run was asked to (`eager`), and return.

        It goes on, beside a later `events` too, and what it opens is kept until `release`.
        """
        ...

    async def release(self, run: str) -> None:
        """Forget what was asked ahead and not used, and close what was kept for it. Not while `events` is read."""
        ...

    async def retry(self, run: str) -> None:
        """Get a finished run ready to do again what failed in it, and only that; the next `events` does it."""
        ...

    async def result(self, run: str) -> Report:
        """The finished report with its evidence."""
        ...
