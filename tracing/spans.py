"""Runs as OpenTelemetry spans, with the names and attributes of its conventions for generative AI.

LangSmith's own bridge was read and not used (docs/decisions/): its root has a parent that nobody sends, its spans keep
the names that steps had when they began, and it reads tokens from outputs, so that without content there are none.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from ..version import VERSION

_OPERATION: Final = "gen_ai.operation.name"
# Our metadata, and what a span calls it.
_ATTRIBUTES: Final = {
    "run": "tertulia.run",
    "thread_id": "gen_ai.conversation.id",
    "topic": "tertulia.topic_hash",
    "analyst": "tertulia.analyst",
    "turn": "tertulia.turn",
    "role": "tertulia.role",
    "source": "tertulia.source",
    "engine": "tertulia.engine",
    "language": "tertulia.language",
    "version": "tertulia.version",
}
_PROVIDERS: Final = {"google_genai": "gcp.gemini", "mistral": "mistral_ai", "amazon_bedrock": "aws.bedrock"}
_ROLES: Final = {"human": "user", "ai": "assistant"}


class _Ids(IdGenerator):
    """Gives a span the ids of its run, so that a span can be made when all of its run is known: at its end."""

    def __init__(self) -> None:
        self.run = uuid.UUID(int=0)
        self.trace = uuid.UUID(int=0)

    def generate_span_id(self) -> int:
        return _span_id(self.run)

    def generate_trace_id(self) -> int:
        return self.trace.int


class Spans:
    """Makes a span of each run that ends, and has batches of them sent in the background.

    Where to and with which headers, `OTEL_EXPORTER_OTLP_*` say; `OTEL_SERVICE_NAME` is tertulia unless it is set.
    """

    def __init__(self) -> None:
        service = os.environ.get("OTEL_SERVICE_NAME") or "tertulia"
        self._ids = _Ids()
        provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create({"service.name": service, "service.version": VERSION}),
            shutdown_on_exit=False,
            id_generator=self._ids,
        )
        self._batches = BatchSpanProcessor(OTLPSpanExporter())
        provider.add_span_processor(self._batches)
        self._tracer = provider.get_tracer("tertulia", VERSION)
        self._lock = threading.Lock()
        self._roots: dict[str, Mapping[str, Any]] = {}

    def add(self, run: Mapping[str, Any]) -> None:
        """Make a span of a run; the root's waits for `finish`, since its scores come last."""
        if run.get("parent_run_id") is None:
            self._roots[str(run["trace_id"])] = run
        else:
            self._make(run, {})

    def finish(self, trace: uuid.UUID, scores: Mapping[str, float]) -> None:
        """Send the root with its scores, and all that is left."""
        if root := self._roots.pop(str(trace), None):
            self._make(root, {f"tertulia.{name}": score for name, score in scores.items()})
        self._batches.force_flush()

    def _make(self, run: Mapping[str, Any], more: Mapping[str, Any]) -> None:
        attributes = {**_attributes(run), **more}
        trace, parent = uuid.UUID(str(run["trace_id"])), run.get("parent_run_id")
        above = _span_id(uuid.UUID(str(parent))) if parent else 0
        flags = TraceFlags(TraceFlags.SAMPLED)
        around = SpanContext(trace.int if parent else 0, above, is_remote=False, trace_flags=flags)
        error = run.get("error")
        with self._lock:
            self._ids.run, self._ids.trace = uuid.UUID(str(run["id"])), trace
            span = self._tracer.start_span(
                _name(run, attributes),
                context=set_span_in_context(NonRecordingSpan(around)),
                kind=SpanKind.CLIENT if run["run_type"] == "llm" else SpanKind.INTERNAL,
                attributes=attributes,
                start_time=_nanoseconds(run["start_time"]),
            )
        if error:
            span.set_status(Status(StatusCode.ERROR, str(error).splitlines()[0][:200]))
        span.end(_nanoseconds(run["end_time"]))


def _name(run: Mapping[str, Any], attributes: Mapping[str, Any]) -> str:
    """As the conventions want it: operation and model, or operation and agent; else the step's own name."""
    subject = attributes.get("gen_ai.request.model") or attributes.get("gen_ai.agent.name")
    return " ".join(filter(None, (attributes[_OPERATION], subject))) if _OPERATION in attributes else str(run["name"])


def _attributes(run: Mapping[str, Any]) -> dict[str, Any]:
    metadata, name = run["metadata"], str(run["name"])
    found: dict[str, Any] = {ours: metadata[key] for key, ours in _ATTRIBUTES.items() if metadata.get(key)}
    found["tertulia.step"] = name
    if run.get("parent_run_id") is None:
        found |= {_OPERATION: "invoke_agent", "gen_ai.agent.name": "tertulia", "gen_ai.agent.version": VERSION}
    elif name.startswith("interview: "):
        found |= {_OPERATION: "invoke_agent", "gen_ai.agent.name": name.removeprefix("interview: ")}
        found["gen_ai.agent.id"] = metadata.get("analyst", "")
    elif run["run_type"] == "llm":
        found |= _call(run, metadata)
    if error := run.get("error"):
        # The conventions have a word for an error whose kind is not told.
        found["error.type"] = str(error).partition("(")[0][:80] or "_OTHER"
    return found


def _call(run: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What the conventions say of a call to a model. What was said is there where content is."""
    usage = metadata.get("usage_metadata") or {}
    provider = metadata.get("ls_provider")
    cached = (usage.get("input_token_details") or {}).get("cache_read")
    found = {
        _OPERATION: "chat",
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider) if provider else None,
        "gen_ai.request.model": metadata.get("ls_model_name"),
        "gen_ai.request.temperature": metadata.get("ls_temperature"),
        "gen_ai.request.max_tokens": metadata.get("ls_max_tokens"),
        "gen_ai.usage.input_tokens": usage.get("input_tokens"),
        "gen_ai.usage.output_tokens": usage.get("output_tokens"),
        "gen_ai.usage.cache_read.input_tokens": cached,
    }
    asked = [message for batch in (run.get("inputs") or {}).get("messages", []) for message in batch]
    told = [choice["message"] for batch in (run.get("outputs") or {}).get("generations", []) for choice in batch]
    if asked:
        found["gen_ai.input.messages"] = _messages(asked)
    if told:
        said = told[0].get("kwargs", {}).get("response_metadata") or {}
        reason = said.get("finish_reason") or said.get("stop_reason") or said.get("done_reason")
        found["gen_ai.output.messages"] = _messages(told)
        found["gen_ai.response.model"] = said.get("model_name") or said.get("model")
        found["gen_ai.response.finish_reasons"] = [reason] if reason else None
    return {name: value for name, value in found.items() if value is not None}


def _messages(messages: Sequence[Any]) -> str:
    """Messages as the conventions write them, in JSON."""
    written = []
    for message in messages:
        said = message.get("kwargs", {})
        content = said.get("content")
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
        kind = str(said.get("type", ""))
        written.append({"role": _ROLES.get(kind, kind), "parts": [{"type": "text", "content": text}]})
    return json.dumps(written, ensure_ascii=False)


def _span_id(run: uuid.UUID) -> int:
    """The random end of a run's id; its beginning is the time."""
    return run.int & 0xFFFF_FFFF_FFFF_FFFF


def _nanoseconds(moment: datetime | str) -> int:
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000_000)
