"""LangSmith traces: on when its environment variables say so, never a reason to wait or to fail."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from typing import Final

# A dead or slow endpoint costs at most this much at the end of a run.
EXIT_SECONDS: Final = 2.0


def tracing_enabled() -> bool:
    """Whether LangSmith tracing is switched on (`LANGSMITH_TRACING=true`, or its older names)."""
    names = ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING")
    value = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return value == "true"


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
    # Its complaints run over many lines; who wants them adds a handler.
    logging.getLogger("langsmith").addHandler(logging.NullHandler())
    return uuid.uuid4()


def finish_tracing(root: str) -> str:
    """Send what is left and return the link to the trace, both within `EXIT_SECONDS`; "" when there is no link."""
    deadline = time.monotonic() + EXIT_SECONDS
    link: list[str] = []
    _within(EXIT_SECONDS, lambda: _flush(deadline))
    _within(deadline - time.monotonic(), lambda: link.append(_link(root)))
    return link[0] if link else ""


def _flush(deadline: float) -> None:
    from langsmith.run_trees import get_cached_client  # noqa: PLC0415 - only traced runs pay for the import

    get_cached_client().flush(timeout=max(0.0, deadline - time.monotonic()))


def _link(root: str) -> str:
    from langsmith.run_trees import get_cached_client  # noqa: PLC0415
    from langsmith.utils import get_tracer_project  # noqa: PLC0415

    client = get_cached_client()
    project = str(client.read_project(project_name=get_tracer_project()).id)

    async def ask() -> str:
        answer = await client.runs.get_url(root, project_id=project, trace_id=root)
        return answer.url or ""

    return asyncio.run(ask())


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Do this in a daemon thread and wait no longer than allowed; whatever goes wrong stays here."""

    def guarded() -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - tracing may fail in any way, the run may not
            return

    if seconds > 0:
        thread = threading.Thread(target=guarded, name="tertulia-tracing", daemon=True)
        thread.start()
        thread.join(seconds)
