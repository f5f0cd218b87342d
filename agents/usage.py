"""What model calls cost: each engine reports its calls, each graph node collects those made on its behalf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from typing_extensions import TypedDict

_collected: ContextVar[list[Usage] | None] = ContextVar("tertulia_usage", default=None)


class Usage(TypedDict):
    """Tokens of one model call. `role` is who called: planner, interviewer, expert, writer, reviewer."""

    role: str
    model: str
    input_tokens: int
    output_tokens: int


def report_usage(usage: Usage) -> None:
    """Note one call. Without a collector around it the note is lost, which is what a bare engine call wants."""
    calls = _collected.get()
    if calls is not None:
        calls.append(usage)


@contextmanager
def collect_usage() -> Iterator[list[Usage]]:
    """Collect the calls that this task, and tasks it starts, make inside the block."""
    calls: list[Usage] = []
    token = _collected.set(calls)
    try:
        yield calls
    finally:
        _collected.reset(token)
