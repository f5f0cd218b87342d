"""Traces, in LangSmith or through OpenTelemetry: on when it is asked for, never a reason to wait or to fail.

Secrets are never sent (`redaction`). `TERTULIA_TRACE_CONTENT=off` sends names, times and counts only: no inputs,
outputs, metadata values or error texts. docs/tracing.md has the whole of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ..errors import UsageError
from ..redaction import redact
from .switches import content_is_traced, is_sampled, sampling_rate, switched, traces_to, tracing_enabled

if TYPE_CHECKING:
    from .client import GuardedClient
    from .spans import Spans

# How long the end of a run waits for a dead or slow endpoint; with what tracing itself costs, less than two seconds.
EXIT_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of a trace: the link to it, if there is one, and what went wrong, if anything did."""

    link: str = ""
    problem: str = ""


@contextmanager
def traced_as(wanted: bool | None, project: str = "") -> Iterator[None]:
    """Let --trace, --no-trace and a project's name win over the environment, for the run that goes on in the block.

    Raises:
        UsageError: what the environment says makes no sense, or a trace is wanted and there is no key, or no package.
    """
    with switched(wanted, project):
        if tracing_enabled() and traces_to()[1]:
            _spans()
        if wanted is None:
            yield
            return
        from langsmith import tracing_context  # noqa: PLC0415 - LangChain has imported it, or will

        # LangSmith reads its environment once, and all runs of a process share it.
        with tracing_context(enabled=wanted):
            yield


def prepare_tracing() -> uuid.UUID | None:
    """Get ready to trace one part of a run: the id of its root, or None when tracing is off.

    Must come before the first trace: LangSmith reads its environment once.
    """
    if not tracing_enabled():
        return None
    # Its sending threads must not keep the process alive (measured: 373 s with an endpoint that never answers).
    os.environ.setdefault("LANGSMITH_USE_DAEMON", "true")
    # Compressed traces leave through a pool whose threads Python waits for (measured: 7 s with an endpoint that fails).
    os.environ.setdefault("LANGSMITH_DISABLE_RUN_COMPRESSION", "true")
    # Its complaints run over many lines: the last is told in one, at the end.
    _complaints.begin()
    from langsmith import configure  # noqa: PLC0415 - only traced runs pay for the import

    configure(client=_client())
    return uuid.uuid4()


@contextmanager
def untraced() -> Iterator[None]:
    """Calls to models that are made in the block, and in tasks started there, are in no trace."""
    if not tracing_enabled():
        yield
        return
    from langsmith import tracing_context  # noqa: PLC0415 - only traced runs pay for the import

    with tracing_context(enabled=False):
        yield


def name_step(name: str, **metadata: Any) -> None:
    """Give the step that runs now a name that a reader of the trace understands, and what to filter it by."""
    if not tracing_enabled():
        return
    from langchain_core.runnables.config import var_child_runnable_config  # noqa: PLC0415
    from langchain_core.tracers import LangChainTracer  # noqa: PLC0415

    callbacks: Any = (var_child_runnable_config.get() or {}).get("callbacks")
    step = str(getattr(callbacks, "parent_run_id", ""))
    for tracer in getattr(callbacks, "handlers", ()):
        if isinstance(tracer, LangChainTracer) and step in tracer.run_map:
            run = tracer.run_map[step]
            run.name = name
            run.add_metadata(metadata)


def finish_tracing(root: str, scores: Mapping[str, float]) -> Trace:
    """Send what is left, with these scores on the root; all within `EXIT_SECONDS`, whatever the endpoint does."""
    trace = uuid.UUID(root)
    if not is_sampled(trace):
        return Trace()
    deadline = time.monotonic() + EXIT_SECONDS
    to_langsmith, to_collector = traces_to()
    link: list[str] = []
    arrived: list[bool] = []
    _within(EXIT_SECONDS, [lambda: _client().end_trace(trace)])

    def send() -> None:
        from langsmith.utils import get_tracer_project  # noqa: PLC0415 - only traced runs pay for the import

        client = _client()
        project = client.read_project(project_name=get_tracer_project()).id
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for key, score in scores.items():
                client.create_feedback(root, key, score=score, trace_id=root, session_id=project)
        client.flush(timeout=max(0.0, deadline - time.monotonic()))

        async def ask() -> str:
            answer = await client.runs.get_url(root, project_id=str(project), trace_id=root)
            return answer.url or ""

        link.append(asyncio.run(ask()))

    def collect() -> None:
        _spans().finish(trace, scores)
        arrived.append(True)

    works = [work for work, wanted in ((send, to_langsmith), (collect, to_collector)) if wanted]
    _within(deadline - time.monotonic(), works)
    is_whole = (bool(link) or not to_langsmith) and (bool(arrived) or not to_collector)
    problem = _complaints.last or ("" if is_whole else "it did not answer in time")
    return Trace("" if problem or not link else link[0], problem)


def _within(seconds: float, works: list[Callable[[], None]]) -> None:
    """Do these in daemon threads and wait no longer than allowed; whatever goes wrong is told in one line."""

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - tracing may fail in any way, the run may not
            _complaints.note(str(error))

    deadline = time.monotonic() + seconds
    threads = [threading.Thread(target=guarded, args=(work,), name="tertulia-tracing", daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


@cache
def _client() -> GuardedClient:
    from .client import GuardedClient  # noqa: PLC0415 - only traced runs pay for the import

    to_langsmith, to_collector = traces_to()
    return GuardedClient(sends=to_langsmith and sampling_rate() > 0, sink=_spans() if to_collector else None)


@cache
def _spans() -> Spans:
    """Where spans go.

    Raises:
        UsageError: OpenTelemetry is not installed.
    """
    try:
        from .spans import Spans  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError(
            f"Traces through OpenTelemetry need a package: {error.name}.", hint="pip install 'tertulia[otel]'"
        ) from error
    return Spans()


class _Complaints(logging.Handler):
    """The last thing that LangSmith's client, or OpenTelemetry's, complained of, in a line."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def begin(self) -> None:
        self.last = ""
        for name in ("langsmith", "opentelemetry"):
            logging.getLogger(name).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.note(record.getMessage())

    def note(self, text: str) -> None:
        """Keep what happened, without where in the client it did, nor what that quotes."""
        said = re.split(r"langsmith\.utils\.\w+: ", " ".join(text.split()))[-1]
        self.last = redact(re.split(r"\.? ?[A-Z]\w*Error\(", said)[0])[:200]


_complaints = _Complaints()


__all__ = [
    "Trace",
    "content_is_traced",
    "finish_tracing",
    "is_sampled",
    "name_step",
    "prepare_tracing",
    "traced_as",
    "traces_to",
    "tracing_enabled",
    "untraced",
]
