"""An OpenAI-compatible model server on loopback. What it says comes from a brain; the default one plays every role.

with OpenAIServer() as server: … base_url=server.base_url …
with OpenAIServer(script('{"a": 1}', Fault(503))) as server: …
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .base import LoopbackServer, Request, Response
from .brain import (
    AT_ONCE,
    UNSUPPORTED_FORMAT,
    UNSUPPORTED_TOOLS,
    Brain,
    Fault,
    Reply,
    counted,
    play_every_role,
    prompt_text,
    script,
)

__all__ = [
    "AT_ONCE",
    "UNSUPPORTED_FORMAT",
    "UNSUPPORTED_TOOLS",
    "Brain",
    "Fault",
    "OpenAIServer",
    "Reply",
    "play_every_role",
    "script",
]


class OpenAIServer(LoopbackServer):
    """Serves `/v1/models` and `/v1/chat/completions`, whole or streamed, with tools, schemas and usage."""

    def __init__(self, brain: Brain | None = None) -> None:
        super().__init__()
        self.brain: Brain = brain or play_every_role

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of all requests for a completion, in order of arrival."""
        return [request.json() for request in self.requests if request.path == "/v1/chat/completions"]

    def respond(self, request: Request) -> Response:
        if request.path == "/v1/models":
            return Response(body={"object": "list", "data": [{"id": "x", "object": "model"}]})
        if request.path != "/v1/chat/completions":
            return Response(404, {"error": {"message": f"no such path: {request.path}"}})
        body = request.json()
        said = self.brain(body)
        if isinstance(said, Fault):
            return said.response(
                _too_long(body) if said.too_long else _error(said.message), _reply(body, Reply("A reply."))
            )
        return _reply(body, Reply(said) if isinstance(said, str) else said)


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "fault", "param": None, "code": None}}


def _too_long(body: dict[str, Any]) -> dict[str, Any]:
    tokens, window = counted(body)
    message = (
        f"This model's maximum context length is {window} tokens. However, your messages resulted in {tokens} tokens. "
        "Please reduce the length of the messages."
    )
    kind = {"type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}
    return {"error": {"message": message, **kind}}


def _reply(body: dict[str, Any], reply: Reply) -> Response:
    response = _streamed(body, reply) if body.get("stream") else Response(body=completion(body, reply))
    return replace(response, drip=reply.drip)


def completion(body: dict[str, Any], reply: Reply) -> dict[str, Any]:
    """A whole reply."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    reason = reply.finish_reason
    if reason == "refusal":
        message |= {"content": None, "refusal": reply.text}
        reason = "stop"
    if _calls_tool(body, reply):
        function = {"name": body["tools"][0]["function"]["name"], "arguments": reply.text}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
        reason = "tool_calls" if reason == "stop" else reason
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
    }
    return completion | ({"usage": _usage(body, reply)} if reply.with_usage else {})


def _streamed(body: dict[str, Any], reply: Reply) -> Response:
    return Response(body="".join(streamed_lines(body, reply)), headers={"content-type": "text/event-stream"})


def streamed_lines(body: dict[str, Any], reply: Reply, size: int = 0) -> Iterator[str]:
    """A streamed reply as events, one by one. With a `size` its text comes in pieces of so many characters."""
    whole = completion(body, reply)
    head = {**whole, "object": "chat.completion.chunk"}
    head.pop("usage", None)
    message, reason = whole["choices"][0]["message"], whole["choices"][0]["finish_reason"]
    for delta in _deltas(message, size):
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        yield _event({**head, "choices": [], "usage": _usage(body, reply)})
    yield "data: [DONE]\n\n"


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk)}\n\n"


def _deltas(message: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    text = message["content"]
    if size and text:
        for start in range(0, len(text), size):
            yield {**({} if start else message), "content": text[start : start + size]}
    elif calls := message.get("tool_calls"):
        yield {**message, "tool_calls": [{**calls[0], "index": 0}]}
    else:
        yield message


def _calls_tool(body: dict[str, Any], reply: Reply) -> bool:
    told = (
        bool(body.get("tools"))
        and reply.finish_reason != "refusal"
        and body.get("tool_choice") not in (None, "none", "auto")
    )
    return told if reply.as_tool_call is None else reply.as_tool_call


def _usage(body: dict[str, Any], reply: Reply) -> dict[str, int]:
    prompt, completion = len(prompt_text(body)) // 4, len(reply.text) // 4
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
