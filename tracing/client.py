"""The LangSmith client of this process: cleans what is sent, ends what was left open, tells OpenTelemetry."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from langsmith import Client

from ..redaction import redact_data
from .switches import content_is_traced, is_sampled

# Ids and counts: what is left of the metadata when content is off.
_HARMLESS: Final = frozenset({"run", "thread_id", "analyst", "turn", "usage_metadata", "version"})
_NOT_SENT: Final = "(not sent)"
_INTERRUPTED: Final = "interrupted"


class Sink(Protocol):
    """Gets each run of a trace when it has ended."""

    def add(self, run: Mapping[str, Any]) -> None:
        """Take a run as LangSmith would get it, cleaned."""


class GuardedClient(Client):
    """Takes the place of any other client: what it is given may hold what must not be sent.

    It also cleans what an anonymizer is not shown: how a model was built, address and all, and its parameters.
    `sends` is false where nothing goes to LangSmith; `sink` gets the same runs.
    """

    def __init__(self, *, sends: bool, sink: Sink | None) -> None:
        # What another program's variables say of OpenTelemetry is not for this client to do as well.
        options: dict[str, Any] = {"tracing_mode": "langsmith", "tracing_sampling_rate": 1.0}
        if not sends:
            # Without its thread it connects to nothing; a key that is never used keeps it from asking for one.
            options |= {"auto_batch_tracing": False, "api_key": "none"}
        if content_is_traced():
            options |= {"anonymizer": redact_data}
        else:
            options |= {"hide_inputs": True, "hide_outputs": True, "omit_traced_runtime_info": True}
            options |= {"anonymizer": _without_content}
        super().__init__(**options)
        self._sends = sends
        self._sink = sink
        self._begun: dict[str, dict[str, Any]] = {}
        self._begun_lock = threading.Lock()

    def create_run(self, name: str, inputs: dict[str, Any], run_type: Any, **run: Any) -> None:
        """Note and send the beginning of a run."""
        if not is_sampled(uuid.UUID(str(run["trace_id"]))):
            return
        cleaned = _cleaned({"name": name, "inputs": inputs, "run_type": run_type, **run})
        if cleaned.get("end_time"):
            self._finished(cleaned)
        else:
            with self._begun_lock:
                self._begun[str(run["id"])] = cleaned
        if self._sends:
            super().create_run(**cleaned)

    def update_run(self, run_id: Any, **run: Any) -> None:
        """Send the end of a run."""
        if not is_sampled(uuid.UUID(str(run["trace_id"]))):
            return
        cleaned = _cleaned(run)
        with self._begun_lock:
            begun = self._begun.pop(str(run_id), {})
        self._finished({**begun, **{name: value for name, value in cleaned.items() if value is not None}, "id": run_id})
        if self._sends:
            super().update_run(run_id, **cleaned)

    def end_trace(self, root: uuid.UUID) -> None:
        """End what was broken off in a trace: a model call that is cancelled never says so."""
        with self._begun_lock:
            left = [run for run in self._begun.values() if str(run["trace_id"]) == str(root)]
        for run in left:
            kept = {name: run.get(name) for name in ("trace_id", "dotted_order", "parent_run_id", "session_name")}
            self.update_run(run["id"], end_time=datetime.now(UTC), error=_INTERRUPTED, **kept)

    def _finished(self, run: dict[str, Any]) -> None:
        if self._sink is not None:
            self._sink.add(_hidden(run))


def _cleaned(run: dict[str, Any]) -> dict[str, Any]:
    cleaned = {name: value for name, value in run.items() if name != "serialized"}
    if extra := run.get("extra"):
        cleaned["extra"] = redact_data(extra if content_is_traced() else {"metadata": extra.get("metadata") or {}})
    error = str(run.get("error") or "")
    if error.startswith("GraphInterrupt("):
        # A run that waits for a person has not failed.
        cleaned["error"] = None
    elif error.startswith("CancelledError("):
        cleaned["error"] = _INTERRUPTED
    return cleaned


def _hidden(run: dict[str, Any]) -> dict[str, Any]:
    """A cleaned run as LangSmith would get it: its client hides and anonymizes what goes there by itself."""
    error, metadata = run.get("error"), (run.get("extra") or {}).get("metadata") or {}
    if content_is_traced():
        texts = {name: redact_data(run.get(name)) for name in ("name", "inputs", "outputs", "error")}
        return {**run, **texts, "metadata": metadata}
    return {
        **run,
        "inputs": None,
        "outputs": None,
        "error": _NOT_SENT if error else None,
        "metadata": _without_content(metadata),
    }


def _without_content(data: dict[str, Any]) -> dict[str, Any]:
    """What is left of metadata, or of an error, when content is off."""
    if set(data) == {"error"}:
        return {"error": _NOT_SENT}
    return {name: value for name, value in data.items() if name in _HARMLESS}
