"""A chat with the real OpenAI client, talking to the loopback server."""

from __future__ import annotations

from servers.openai import OpenAIServer

from tertulia.agents.language_model.chat import Chat
from tertulia.agents.language_model.prompts import Prompt
from tertulia.agents.language_model.providers import address_of, open_chat_model
from tertulia.settings import Settings

PROMPT = Prompt("You count.", "How many?")


def chat_with(server: OpenAIServer, name: str = "openai:x", *, window: int = 32_768) -> Chat:
    settings = Settings(base_url=server.base_url)
    model = open_chat_model(name, settings, {})
    return Chat(model, name, address=address_of(name, settings, {}), context_window=window, strict=True)
