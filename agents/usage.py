"""What model calls used: each engine reports its calls, each graph node collects those made on its behalf."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NotRequired

from typing_extensions import TypedDict

_collected: ContextVar[list[Usage] | None] = ContextVar("tertulia_usage", default=None)


class Usage(TypedDict):
    """Tokens and price of one model call. `role` is who called: planner, interviewer, expert, writer, reviewer.

    `node`, `analyst` and `turn` say for which step of the run. `cached_tokens` are those of `input_tokens` that the
    provider had cached. `cost` is in USD: 0 for a local model, None when the price is not known. `estimated` says that
    the provider counted nothing, so that the tokens are estimated from characters. Runs of version 0.1.0 have only the
    first four. `from_cache` says that the reply had been given before (`--cache`) and was not asked for again: it used
    nothing.
    """

    role: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: NotRequired[int]
    cost: NotRequired[float | None]
    estimated: NotRequired[bool]
    node: NotRequired[str]
    analyst: NotRequired[str]
    turn: NotRequired[int]
    from_cache: NotRequired[bool]


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


def total_tokens(calls: Iterable[Usage]) -> int:
    """The tokens of all calls, in and out."""
    return sum(call["input_tokens"] + call["output_tokens"] for call in calls)


def total_cost(calls: Iterable[Usage]) -> float | None:
    """The cost of all calls in USD, or None when that of any is not known. A call without tokens costs nothing."""
    costs = [call.get("cost") for call in calls if call["input_tokens"] or call["output_tokens"]]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None
