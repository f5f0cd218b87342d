"""Where traces go, what they may hold and how many are sent: the environment says, or the command line.

LangSmith's own names are used wherever it has them.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from ..errors import UsageError

_SWITCHES: Final = ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING")
_KEYS: Final = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")
_RATE: Final = "LANGSMITH_TRACING_SAMPLING_RATE"
_OLDER_MODES: Final = ("LANGSMITH_OTEL_ONLY", "LANGSMITH_OTEL_ENABLED")
_MODE: Final = "LANGSMITH_TRACING_MODE"
_CONTENT: Final = "TERTULIA_TRACE_CONTENT"
_wanted: ContextVar[bool | None] = ContextVar("tertulia_trace", default=None)


def tracing_enabled() -> bool:
    """Whether tracing is switched on: what this run wants, else `LANGSMITH_TRACING=true`, or its older names."""
    wanted = _wanted.get()
    if wanted is not None:
        return wanted
    return next((os.environ[name] for name in _SWITCHES if os.environ.get(name)), "") == "true"


def traces_to() -> tuple[bool, bool]:
    """Whether traces go to LangSmith, and whether they go to an OpenTelemetry collector.

    `LANGSMITH_TRACING_MODE` is langsmith, otel or hybrid; `LANGSMITH_OTEL_ENABLED` and `LANGSMITH_OTEL_ONLY` are its
    older names.

    Raises:
        UsageError: it is something else.
    """
    mode = os.environ.get(_MODE, "").strip().casefold()
    if mode not in {"", "langsmith", "otel", "hybrid"}:
        raise UsageError(f"{_MODE} is {mode!r}.", hint="It may be langsmith, otel or hybrid.")
    only, too = (os.environ.get(name, "").casefold() in {"true", "1"} for name in _OLDER_MODES)
    if not mode and (only or too):
        mode = "otel" if only else "hybrid"
    return mode != "otel", mode in {"otel", "hybrid"}


def content_is_traced() -> bool:
    """Whether a trace may hold what was asked, found and written (`TERTULIA_TRACE_CONTENT` is not off)."""
    return os.environ.get(_CONTENT, "").strip().casefold() not in {"off", "false", "0", "no"}


def is_sampled(root: uuid.UUID) -> bool:
    """Whether a trace is sent: as many of all as `LANGSMITH_TRACING_SAMPLING_RATE` says, the whole of it or nothing."""
    return root.int % 1_000_000 < sampling_rate() * 1_000_000


def sampling_rate() -> float:
    """The share of all traces that is sent.

    Raises:
        UsageError: it is no share.
    """
    said = os.environ.get(_RATE, "").strip() or "1"
    try:
        rate = float(said)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise UsageError(f"{_RATE} is {said!r}.", hint="It may be a number from 0 (no trace) to 1 (every trace).")
    return rate


@contextmanager
def switched(wanted: bool | None, project: str = "") -> Iterator[None]:
    """What the command line and the settings say, for the block and the tasks that are started in it.

    Another run of this process, at the same time or later, has its own.

    Raises:
        UsageError: a variable makes no sense, or a trace is wanted and there is no key for where it goes.
    """
    if project:
        os.environ["LANGSMITH_PROJECT"] = project
    if wanted and traces_to()[0] and not any(os.environ.get(name) for name in _KEYS):
        raise UsageError("--trace needs a key.", hint="Set LANGSMITH_API_KEY.")
    token = _wanted.set(wanted)
    try:
        if tracing_enabled():
            traces_to()
            sampling_rate()
        yield
    finally:
        _wanted.reset(token)
