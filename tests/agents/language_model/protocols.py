"""A loopback server that says one thing after the other in the protocol of whichever client asks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from servers.base import LoopbackServer, Request, Response

from tertulia.agents.language_model.chat import Chat
from tertulia.agents.language_model.providers import address_of, open_chat_model
from tertulia.settings import Settings

MODELS = {
    "openai": "openai:x",
    "anthropic": "anthropic:claude-haiku-5-5",
    "google": "google:gemini-flash-latest",
    "mistral": "mistral:x",
    "ollama": "ollama:x",
}
KEYS = dict.fromkeys(["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "MISTRAL_API_KEY"], "secret-key")


@dataclass(frozen=True)
class Fault:
    """An HTTP error, or with status 0 no answer at all."""

    status: int
    message: str = "The server had an error."
    headers: dict[str, str] = field(default_factory=dict)


class AnyServer(LoopbackServer):
    """Says what it was given, in order; the last thing for ever."""

    def __init__(self, *said: str | Fault | Response) -> None:
        super().__init__()
        self._said = list(said)

    def respond(self, request: Request) -> Response:
        with self._lock:
            said = self._said.pop(0) if len(self._said) > 1 else self._said[0]
        if isinstance(said, Response):
            return said
        if isinstance(said, Fault):
            error = {"message": said.message, "type": "fault", "code": said.status, "status": "FAULT"}
            return Response(said.status, {"type": "error", "error": error}, said.headers)
        if request.path.endswith("/chat/completions"):
            return Response(body=_completion(said))
        if request.path.endswith("/messages"):
            return Response(body=_message(request.json(), said))
        if request.path.endswith(":generateContent"):
            return Response(body=_content(said))
        assert request.path == "/api/chat"
        return Response(body=_lines(said), headers={"content-type": "application/x-ndjson"})


def chat_of(provider: str, server: LoopbackServer) -> Chat:
    """A chat whose client is the provider's own."""
    name = MODELS[provider]
    settings = Settings(base_url=server.url + ("/v1" if provider in {"openai", "mistral"} else ""))
    model = open_chat_model(name, settings, KEYS)
    return Chat(
        model, name, address=address_of(name, settings, KEYS), context_window=8_192, strict=provider == "openai"
    )


def prompt_of(request: Request) -> str:
    """Everything that a request shows to the model, whatever its protocol."""
    return json.dumps(request.json(), ensure_ascii=False)


def _completion(text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "x", "choices": [choice], "usage": usage}


def _message(body: dict[str, Any], text: str) -> dict[str, Any]:
    content: dict[str, Any] = {"type": "text", "text": text}
    if body.get("tools"):
        content = {"type": "tool_use", "id": "t1", "name": body["tools"][0]["name"], "input": json.loads(text)}
    return {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "x",
        "content": [content],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 3},
    }


def _content(text: str) -> dict[str, Any]:
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 12, "candidatesTokenCount": 3, "totalTokenCount": 15}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "x"}


def _lines(text: str) -> str:
    head = {"model": "x", "created_at": "2026-11-01T10:00:00Z"}
    lines = [
        {**head, "message": {"role": "assistant", "content": text}, "done": False},
        {
            **head,
            "message": {"role": "assistant", "content": ""},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 12,
            "eval_count": 3,
        },
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)
