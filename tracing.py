"""LangSmith traces: on when its environment variables or --trace say so, never a reason to wait or to fail.

Secrets are never sent (`redaction`). `TERTULIA_TRACE_CONTENT=off` sends names, times and counts only: no inputs,
outputs, metadata values or error texts.
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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from .errors import UsageError
from .redaction import redact, redact_data

if TYPE_CHECKING:
    from langsmith import Client

# A dead or slow endpoint costs at most this much at the end of a run.
EXIT_SECONDS: Final = 2.0

_SWITCHES: Final = ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING")
_KEYS: Final = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")
_CONTENT: Final = "TERTULIA_TRACE_CONTENT"
# Ids and counts: what is left of the metadata when content is off.
_HARMLESS: Final = frozenset({"run", "thread_id", "analyst", "turn", "usage_metadata", "version"})
_NOT_SENT: Final = "(not sent)"


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of a trace: the link to it, if there is one, and what went wrong, if anything did."""

    link: str = ""
    problem: str = ""


def tracing_enabled() -> bool:
    """Whether LangSmith tracing is switched on (`LANGSMITH_TRACING=true`, or its older names)."""
    return next((os.environ[name] for name in _SWITCHES if os.environ.get(name)), "") == "true"


def content_is_traced() -> bool:
    """Whether a trace may hold what was asked, found and written (`TERTULIA_TRACE_CONTENT` is not off)."""
    return os.environ.get(_CONTENT, "").strip().casefold() not in {"off", "false", "0", "no"}


def switch_tracing(wanted: bool | None) -> None:
    """Let --trace or --no-trace win over the environment. Must come before LangChain is imported.

    Raises:
        UsageError: a trace is wanted and there is no key.
    """
    if wanted is None:
        return
    if wanted and not any(os.environ.get(name) for name in _KEYS):
        raise UsageError("--trace needs a key.", hint="Set LANGSMITH_API_KEY.")
    for name in _SWITCHES:
        os.environ.pop(name, None)
    os.environ["LANGSMITH_TRACING"] = "true" if wanted else "false"


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
    deadline = time.monotonic() + EXIT_SECONDS
    link: list[str] = []

    def send() -> None:
        from langsmith.run_trees import get_cached_client  # noqa: PLC0415 - only traced runs pay for the import
        from langsmith.utils import get_tracer_project  # noqa: PLC0415

        client = get_cached_client()
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

    _within(EXIT_SECONDS, send)
    problem = _complaints.last or ("" if link else "it did not answer in time")
    return Trace("" if problem else link[0], problem)


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Do this in a daemon thread and wait no longer than allowed; whatever goes wrong is told in one line."""

    def guarded() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - tracing may fail in any way, the run may not
            _complaints.note(str(error))

    thread = threading.Thread(target=guarded, name="tertulia-tracing", daemon=True)
    thread.start()
    thread.join(seconds)


@cache
def _client() -> Client:
    """The client of this process. It takes the place of any other: what it is given may hold what must not be sent."""
    from langsmith import Client  # noqa: PLC0415 - only traced runs pay for the import

    class GuardedClient(Client):
        """Cleans what an anonymizer is not shown: how a model was built, address and all, and its parameters."""

        def create_run(self, *args: Any, **run: Any) -> None:
            super().create_run(*args, **_cleaned(run))

        def update_run(self, *args: Any, **run: Any) -> None:
            super().update_run(*args, **_cleaned(run))

    if content_is_traced():
        return GuardedClient(anonymizer=redact_data)
    return GuardedClient(
        hide_inputs=True, hide_outputs=True, anonymizer=_without_content, omit_traced_runtime_info=True
    )


def _cleaned(run: dict[str, Any]) -> dict[str, Any]:
    cleaned = {name: value for name, value in run.items() if name != "serialized"}
    if extra := run.get("extra"):
        cleaned["extra"] = redact_data(extra if content_is_traced() else {"metadata": extra.get("metadata") or {}})
    return cleaned


def _without_content(data: dict[str, Any]) -> dict[str, Any]:
    """What is left of metadata, or of an error, when content is off."""
    if set(data) == {"error"}:
        return {"error": _NOT_SENT}
    return {name: value for name, value in data.items() if name in _HARMLESS}


class _Complaints(logging.Handler):
    """The last thing LangSmith's client complained of, in a line."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def begin(self) -> None:
        self.last = ""
        logging.getLogger("langsmith").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.note(record.getMessage())

    def note(self, text: str) -> None:
        """Keep what happened, without where in the client it did, nor what that quotes."""
        said = re.split(r"langsmith\.utils\.\w+: ", " ".join(text.split()))[-1]
        self.last = redact(re.split(r"\.? ?[A-Z]\w*Error\(", said)[0])[:200]


_complaints = _Complaints()
