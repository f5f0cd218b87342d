"""A LangSmith collector: the multipart ingest protocol with zstd, projects, and run links."""

from __future__ import annotations

import io
import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import zstandard

from .base import LoopbackServer, Request, Response

PROJECT_ID = "11111111-1111-4111-8111-111111111111"
TENANT_ID = "22222222-2222-4222-8222-222222222222"


class LangSmithServer(LoopbackServer):
    """Collects runs; `runs` merges what was posted and patched, by id. `status` makes every ingest fail."""

    def __init__(self, status: int = 202) -> None:
        super().__init__()
        self.status = status
        self._parts: list[tuple[str, Any]] = []

    def respond(self, request: Request) -> Response:
        match request.method, request.path.rstrip("/"):
            case "GET", "/info":
                return Response(body=_INFO)
            case "POST", "/runs/multipart":
                if self.status != 202:
                    return Response(status=self.status, body={"detail": "no"})
                with self._lock:
                    self._parts.extend(_parts(request))
                return Response(status=202, body={})
            case "GET", "/sessions":
                return Response(body=[_project(request.query.get("name", "default"))])
            case "GET", path if path.startswith("/api/v2/runs/") and path.endswith("/url"):
                run = path.split("/")[4]
                return Response(body={"url": f"{self.url}/o/{TENANT_ID}/projects/p/{PROJECT_ID}/r/{run}"})
            case _:
                return Response(status=404, body={"detail": "not here"})

    @property
    def runs(self) -> dict[str, dict[str, Any]]:
        merged: dict[str, dict[str, Any]] = {}
        with self._lock:
            for name, value in self._parts:
                kind, _, rest = name.partition(".")
                if kind not in {"post", "patch"}:
                    continue
                run, _, field = rest.partition(".")
                target = merged.setdefault(run, {})
                if field:
                    target[field] = value
                else:
                    target.update({key: item for key, item in value.items() if item is not None})
        return merged

    @property
    def feedback(self) -> list[dict[str, Any]]:
        """The scores that were sent."""
        with self._lock:
            return [value for name, value in self._parts if name.startswith("feedback.")]

    @property
    def bodies(self) -> list[bytes]:
        """What was sent, unpacked."""
        return [_unpacked(request) for request in self.requests]

    def drawn(self) -> str:
        """Every trace as a tree, in the order in which they began. Steps that ran at the same time come by name.

        What is not as it should be is said: a run that was not ended, one whose parent was not sent.
        """
        runs = sorted(self.runs.values(), key=lambda run: run["dotted_order"])
        known = {run["id"] for run in runs}
        lines = []
        for run in runs:
            if run.get("parent_run_id") is None:
                lines += [*_drawn(run, runs), *(f"  score: {key}" for key in self._scores(run["id"]))]
            elif run["parent_run_id"] not in known:
                lines.append(f"ORPHAN {run['name']}")
        return "\n".join(lines) + "\n"

    def _scores(self, run: str) -> list[str]:
        return sorted(entry["key"] for entry in self.feedback if entry["run_id"] == run)


def _drawn(run: dict[str, Any], runs: list[dict[str, Any]], depth: int = 0) -> list[str]:
    metadata = run["extra"]["metadata"]
    said = [run["name"]]
    if run["run_type"] == "llm":
        said.append("model call" + (" with tokens" if metadata.get("usage_metadata") else ""))
    said += [f"{name}={metadata[name]}" for name in ("analyst", "turn", "source", "role") if name in metadata]
    if run.get("error"):
        said.append("error: " + run["error"].partition("(")[0])
    if not run.get("end_time"):
        said.append("NOT ENDED")
    children = [child for child in runs if child.get("parent_run_id") == run["id"]]
    steps = [child["extra"]["metadata"].get("langgraph_step", 0) for child in children]
    below = sorted(zip(steps, (_drawn(child, runs, depth + 1) for child in children), strict=True))
    return ["  " * depth + " · ".join(said), *(line for _, lines in below for line in lines)]


def _parts(request: Request) -> list[tuple[str, Any]]:
    body = _unpacked(request)
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = []
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        parts.append((name, json.loads(payload)))
    return parts


def _unpacked(request: Request) -> bytes:
    if request.headers.get("content-encoding") == "zstd":
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(request.body), read_across_frames=True).read()
    return request.body


def _project(name: str) -> dict[str, Any]:
    return {
        "id": PROJECT_ID,
        "tenant_id": TENANT_ID,
        "name": name,
        "start_time": "2026-01-01T00:00:00Z",
        "reference_dataset_id": None,
    }


_INFO = {
    "version": "0.18.0",
    "batch_ingest_config": {
        "use_multipart_endpoint": True,
        "size_limit": 100,
        "size_limit_bytes": 20971520,
        "scale_up_qsize_trigger": 1000,
        "scale_up_nthreads_limit": 16,
        "scale_down_nempty_trigger": 4,
    },
    "instance_flags": {"zstd_compression_enabled": True},
}
