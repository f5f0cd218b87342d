"""An OpenTelemetry collector: OTLP over HTTP with protobuf."""

from __future__ import annotations

import gzip
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from .base import LoopbackServer, Request, Response

_KINDS = {1: "internal", 3: "client"}


class OtelCollector(LoopbackServer):
    """Keeps the spans that arrive at `/v1/traces`; another `status` refuses them."""

    def __init__(self, status: int = 200) -> None:
        super().__init__()
        self.status = status

    def respond(self, request: Request) -> Response:
        if self.status != 200 or request.path != "/v1/traces":
            return Response(self.status if self.status != 200 else 404)
        body = ExportTraceServiceResponse().SerializeToString()
        return Response(body=body, headers={"content-type": "application/x-protobuf"})

    @property
    def bodies(self) -> list[bytes]:
        """What was sent, unpacked."""
        packed = [(request.headers.get("content-encoding"), request.body) for request in self.requests]
        return [gzip.decompress(body) if encoding == "gzip" else body for encoding, body in packed]

    @property
    def spans(self) -> list[dict[str, Any]]:
        """All spans, as plain data, in the order in which they began."""
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = _plain(resource.resource.attributes)["service.name"]
                found += [_span(span, service) for scope in resource.scope_spans for span in scope.spans]
        return sorted(found, key=lambda span: (span["start"], span["name"]))


def _span(span: Any, service: str) -> dict[str, Any]:
    return {
        "name": span.name,
        "service": service,
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "kind": _KINDS[span.kind],
        "start": span.start_time_unix_nano,
        "end": span.end_time_unix_nano,
        "attributes": _plain(span.attributes),
        "failed": span.status.code == 2,
        "said": span.status.message,
    }


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    return getattr(value, kind)
