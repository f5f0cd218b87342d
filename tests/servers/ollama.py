"""Ollama on loopback: chat, whole or streamed, and what it tells of its models. What it says comes from a brain.

with OllamaServer() as server: … base_url=server.base_url …
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from .base import LoopbackServer, Request, Response
from .brain import Brain, Fault, Reply, play_every_role, prompt_text

_AT = "2026-11-01T10:00:00.000000Z"
_DETAILS = {
    "parent_model": "",
    "format": "gguf",
    "family": "llama",
    "families": ["llama"],
    "parameter_size": "8.0B",
    "quantization_level": "Q4_K_M",
}
# A reply comes in this many lines.
_PIECES = 4


class OllamaServer(LoopbackServer):
    """Serves `/api/chat`, `/api/tags`, `/api/show` and `/api/version`; `window` is its models' context length."""

    def __init__(self, brain: Brain | None = None, *, window: int = 131_072) -> None:
        super().__init__()
        self.brain: Brain = brain or play_every_role
        self.window = window

    @property
    def base_url(self) -> str:
        return self.url

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of all requests for a chat, in order of arrival."""
        return [request.json() for request in self.requests if request.path == "/api/chat"]

    def respond(self, request: Request) -> Response:
        match request.method, request.path:
            case "POST", "/api/chat":
                return self._chat(request.json())
            case "POST", "/api/show":
                info = {"general.architecture": "llama", "llama.context_length": self.window}
                return Response(body={"details": _DETAILS, "model_info": info, "capabilities": ["completion", "tools"]})
            case "GET", "/api/tags":
                model = {"name": "x", "model": "x", "modified_at": _AT, "size": 1, "digest": "0", "details": _DETAILS}
                return Response(body={"models": [model]})
            case "GET", "/api/version":
                return Response(body={"version": "0.12.0"})
            case _:
                return Response(404, "404 page not found")

    def _chat(self, body: dict[str, Any]) -> Response:
        said = self.brain(body)
        if isinstance(said, Fault):
            message = "the input length exceeds the context length" if said.too_long else said.message
            return said.response({"error": message}, _reply(body, Reply("A reply.")))
        return _reply(body, Reply(said) if isinstance(said, str) else said)


def _reply(body: dict[str, Any], reply: Reply) -> Response:
    """The reply in one object, or as lines of which only the last says how it ended and what it took."""
    head = {"model": body["model"], "created_at": _AT}
    end: dict[str, Any] = {
        "done": True,
        "done_reason": "length" if reply.finish_reason == "length" else "stop",
        "total_duration": 1_000_000,
        "load_duration": 1_000,
    }
    if reply.with_usage:
        end |= {"prompt_eval_count": len(prompt_text(body)) // 4, "eval_count": len(reply.text) // 4}
    messages = _messages(body, reply)
    if body.get("stream", True) is False:
        whole = {"role": "assistant", "content": reply.text, **messages[0]}
        return replace(Response(body={**head, **end, "message": whole}), drip=reply.drip)
    lines = [{**head, "message": message, "done": False} for message in messages]
    lines.append({**head, **end, "message": {"role": "assistant", "content": ""}})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return Response(body=text, headers={"content-type": "application/x-ndjson"}, drip=reply.drip)


def _messages(body: dict[str, Any], reply: Reply) -> list[dict[str, Any]]:
    filled = reply.filled_in
    told = bool(body.get("tools")) if reply.as_tool_call is None else reply.as_tool_call
    if filled is not None and told:
        function = {"name": body["tools"][0]["function"]["name"], "arguments": filled}
        return [{"role": "assistant", "content": "", "tool_calls": [{"function": function}]}]
    size = len(reply.text) // _PIECES + 1
    pieces = [reply.text[start : start + size] for start in range(0, len(reply.text), size)]
    return [{"role": "assistant", "content": piece} for piece in pieces or [""]]
