"""The three protocols, and the settings that lead tertulia to a loopback server of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from servers.anthropic import AnthropicServer
from servers.brain import Brain
from servers.ollama import OllamaServer
from servers.openai import OpenAIServer

ModelServer = OpenAIServer | AnthropicServer | OllamaServer


@dataclass(frozen=True)
class Protocol:
    """A protocol: the model's name in the settings, its server, and the keys that its client insists on."""

    model: str
    open: Callable[[Brain | None], ModelServer]
    environment: dict[str, str]

    def settings(self, server: ModelServer) -> dict[str, Any]:
        return {"model": self.model, "base_url": server.base_url}


PROTOCOLS = {
    "openai": Protocol("openai:x", OpenAIServer, {}),
    "anthropic": Protocol("anthropic:claude-haiku-5-5", AnthropicServer, {"ANTHROPIC_API_KEY": "secret-key"}),
    "ollama": Protocol("ollama:x", OllamaServer, {}),
}
