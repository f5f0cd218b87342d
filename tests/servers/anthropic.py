"""Anthropic's Messages API on loopback. What it says comes from a brain (`servers.brain`).

with AnthropicServer() as server: … base_url=server.base_url …
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from .base import LoopbackServer, Request, Response
from .brain import Brain, Fault, Reply, counted, play_every_role, prompt_text

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
# Characters of a streamed reply that come together.
_PIECE = 20
_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens"}


class AnthropicServer(LoopbackServer):
    """Serves `/v1/messages`, whole or streamed, with tools, output schemas and usage."""

    def __init__(self, brain: Brain | None = None) -> None:
        super().__init__()
        self.brain: Brain = brain or play_every_role

    @property
    def base_url(self) -> str:
        return self.url

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of all requests for a message, in order of arrival."""
        return [request.json() for request in self.requests if request.path == "/v1/messages"]

    def respond(self, request: Request) -> Response:
        if (request.method, request.path) != ("POST", "/v1/messages"):
            return Response(404, _error(404, f"no such path: {request.path}"))
        if not {"x-api-key", "authorization"} & set(request.headers):
            return Response(401, _error(401, "x-api-key header is required"))
        body = request.json()
        if "max_tokens" not in body:
            return Response(400, _error(400, "max_tokens: Field required"))
        chat = _as_chat(body)
        said = self.brain(chat)
        if isinstance(said, Fault):
            too_long = "prompt is too long: {} tokens > {} maximum".format(*counted(chat))
            message = too_long if said.too_long else said.message
            return said.response(_error(said.status, message), _message(body, chat, Reply("A reply.")))
        return _message(body, chat, Reply(said) if isinstance(said, str) else said)


def _error(status: int, message: str) -> dict[str, Any]:
    kind = _ERROR_TYPES.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def _as_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The request as OpenAI's chat completions would have it."""
    system = {"role": "system", "content": _text(body.get("system", ""))}
    messages = [{"role": message["role"], "content": _text(message["content"])} for message in body["messages"]]
    return {**body, "messages": [system, *messages]}


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)


def _message(body: dict[str, Any], chat: dict[str, Any], reply: Reply) -> Response:
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    reason = _STOP_REASONS.get(reply.finish_reason, reply.finish_reason)
    filled = reply.filled_in
    if filled is not None and _calls_tool(body, reply):
        content = [{"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": filled}]
        reason = "tool_use"
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": len(prompt_text(chat)) // 4, "output_tokens": len(reply.text) // 4},
    }
    response = _streamed(message, reply) if body.get("stream") else Response(body=message)
    return replace(response, drip=reply.drip)


def _streamed(message: dict[str, Any], reply: Reply) -> Response:
    """The message as events: each block begins empty and grows in pieces."""
    usage = message["usage"]
    begin = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": begin}]
    for index, block in enumerate(message["content"]):
        is_text = block["type"] == "text"
        empty = {**block, "text": ""} if is_text else {**block, "input": {}}
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        for piece in (reply.text[start : start + _PIECE] for start in range(0, len(reply.text), _PIECE)):
            delta = {"type": "text_delta", "text": piece}
            delta = delta if is_text else {"type": "input_json_delta", "partial_json": piece}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events += [
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": usage["output_tokens"]}},
        {"type": "message_stop"},
    ]
    lines = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Response(body="".join(lines), headers={"content-type": "text/event-stream"})


def _calls_tool(body: dict[str, Any], reply: Reply) -> bool:
    told = bool(body.get("tools")) and body.get("tool_choice", {}).get("type") in ("tool", "any")
    return told if reply.as_tool_call is None else reply.as_tool_call
