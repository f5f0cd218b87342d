"""Which model is meant, what it needs, and that each provider's client accepts what it is built with."""

from __future__ import annotations

import importlib.util
import json

import pytest
from servers.base import LoopbackServer, Response
from servers.openai import OpenAIServer, script

from tertulia.agents import choose_model, open_engine
from tertulia.agents.language_model import language_model_engine
from tertulia.agents.language_model.chat import Chat
from tertulia.agents.language_model.forms import Panel
from tertulia.agents.language_model.prompts import Prompt
from tertulia.agents.language_model.providers import PROVIDERS, address_of, context_window, open_chat_model
from tertulia.agents.usage import collect_usage
from tertulia.errors import EngineSettingsError, MissingExtraError, ReplyError
from tertulia.settings import Settings

KEYS = {name: "secret-key" for provider in PROVIDERS for name in provider.variables}


@pytest.mark.parametrize(
    ("settings", "environment", "chosen"),
    [
        ({}, {}, "extractive"),
        ({"ollama_host": "http://127.0.0.1:11434"}, {}, "extractive"),
        ({}, {"OPENAI_API_KEY": ""}, "extractive"),
        ({}, {"OPENAI_API_KEY": "k"}, "openai:gpt-5.4-mini"),
        ({}, {"ANTHROPIC_API_KEY": "k"}, "anthropic:claude-haiku-5-5"),
        ({}, {"GEMINI_API_KEY": "k"}, "google:gemini-flash-latest"),
        ({}, {"GOOGLE_API_KEY": "k"}, "google:gemini-flash-latest"),
        ({}, {"MISTRAL_API_KEY": "k"}, "mistral:mistral-medium-latest"),
        ({}, {"MISTRAL_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}, "anthropic:claude-haiku-5-5"),
        ({"model": "extractive"}, {"OPENAI_API_KEY": "k"}, "extractive"),
        ({"model": "Extractive"}, {}, "extractive"),
        ({"model": "ollama:qwen3:8b"}, {"OPENAI_API_KEY": "k"}, "ollama:qwen3:8b"),
        ({"model": " openai:x "}, {}, "openai:x"),
        ({"model": "google_genai:gemini-x"}, {}, "google:gemini-x"),
        ({"model": "MistralAI:m"}, {}, "mistral:m"),
        ({"model": "qwen3", "base_url": "http://h/v1"}, {}, "openai:qwen3"),
        ({"model": "qwen3:8b", "base_url": "http://h/v1"}, {}, "openai:qwen3:8b"),
        ({"model": "qwen3:8b"}, {"OPENAI_BASE_URL": "http://h/v1"}, "openai:qwen3:8b"),
    ],
)
def test_the_model_is_the_one_asked_for_else_the_first_with_a_key(settings, environment, chosen):
    assert choose_model(Settings(**settings), environment) == chosen


@pytest.mark.parametrize("model", ["gpt-5", "qwen3:8b", "openai:", "openai: ", ":x", "open ai:x"])
def test_a_name_without_a_provider_is_refused_with_the_list(model):
    with pytest.raises(EngineSettingsError, match="provider:model") as caught:
        choose_model(Settings(model=model), KEYS)
    for provider in PROVIDERS:
        assert provider.name in caught.value.hint


def test_a_base_url_alone_names_no_model():
    with pytest.raises(EngineSettingsError, match="needs a model"):
        choose_model(Settings(base_url="http://h/v1"), KEYS)


@pytest.mark.parametrize("provider", [p for p in PROVIDERS if p.variables], ids=lambda p: p.name)
def test_a_missing_key_is_named(provider, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    with pytest.raises(EngineSettingsError) as caught:
        open_chat_model(f"{provider.name}:x", Settings(), {})
    assert provider.variables[0] in caught.value.hint


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda p: p.name)
def test_a_missing_extra_is_named_with_the_command_that_installs_it(provider, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as caught:
        open_chat_model(f"{provider.name}:x", Settings(), KEYS)
    assert f'pip install "tertulia[{provider.name}]"' in caught.value.hint


def test_openai_waits_a_limited_time():
    model = open_chat_model("openai:x", Settings(), KEYS)
    assert model.root_async_client.timeout == (10.0, 300.0)
    assert "secret-key" not in repr(model)


def test_anthropic_accepts_what_it_is_built_with():
    model = open_chat_model("anthropic:claude-haiku-5-5", Settings(), KEYS)
    assert model._async_client.timeout == 300.0
    assert model.max_tokens == 16_384
    assert "secret-key" not in repr(model)


def test_the_panel_form_can_be_asked_for_at_each_provider():
    """Both ways of asking give a bound model and a parser; only the model is used."""
    for name in ("openai:x", "anthropic:claude-haiku-5-5", "google:gemini-flash-latest", "mistral:x", "ollama:x"):
        strict = name.startswith("openai")
        model = open_chat_model(name, Settings(), KEYS)
        assert "secret-key" not in repr(model)
        chat = Chat(model, name, address="", context_window=8_192, strict=strict)
        for method in ("json_schema", "function_calling"):
            bound = chat._bound(method, Panel)
            assert bound.bound is model
            assert "analysts" in json.dumps(bound.kwargs, default=str)


async def test_a_server_with_a_base_url_needs_no_key():
    with OpenAIServer(script("Three.")) as server:
        await open_chat_model("openai:x", Settings(base_url=server.base_url), {}).ainvoke("How many?")
        [request] = server.requests
    assert request.headers["authorization"] == "Bearer not-needed"


@pytest.mark.parametrize(
    ("settings", "environment", "address"),
    [
        ({}, {}, "https://api.openai.com/v1"),
        ({"base_url": "http://h/v1"}, {"OPENAI_BASE_URL": "http://other"}, "http://h/v1"),
        ({}, {"OPENAI_BASE_URL": "http://other/v1"}, "http://other/v1"),
    ],
)
def test_the_address_in_messages_is_the_one_that_is_used(settings, environment, address):
    assert address_of("openai:x", Settings(**settings), environment) == address
    model = open_chat_model("openai:x", Settings(**settings), {**KEYS, **environment})
    assert str(model.root_async_client.base_url).rstrip("/") == address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("box:1234", "http://box:1234"),
        ("box", "http://box:11434"),
        ("https://box/ollama", "https://box/ollama"),
    ],
)
def test_ollama_is_found_where_its_variable_says(host, address):
    settings = Settings(ollama_host=host)
    assert address_of("ollama:x", settings, {}) == address
    client = open_chat_model("ollama:x", settings, {})._async_client._client
    assert str(client.base_url).rstrip("/") == address


@pytest.mark.parametrize(
    ("name", "environment", "window"),
    [
        ("openai:x", {}, 32_768),
        ("ollama:x", {}, 8_192),
        ("ollama:x", {"OLLAMA_CONTEXT_LENGTH": "16384"}, 16_384),
        ("ollama:x", {"OLLAMA_CONTEXT_LENGTH": "lots"}, 8_192),
    ],
)
def test_ollama_is_told_the_window_that_prompts_are_cut_to(name, environment, window):
    assert context_window(name, Settings(), environment) == window
    if name.startswith("ollama"):
        assert open_chat_model(name, Settings(), environment).num_ctx == window


def test_a_window_that_is_set_counts_before_all_others():
    settings = Settings(context_window=4_096)
    for name in ("openai:gpt-4o", "ollama:x"):
        model = open_chat_model(name, settings, KEYS)
        assert context_window(name, settings, {"OLLAMA_CONTEXT_LENGTH": "16384"}, model.profile) == 4_096
    assert model.num_ctx == 4_096


@pytest.mark.parametrize(
    ("name", "least"),
    [("openai:gpt-4o", 128_000), ("anthropic:claude-sonnet-4-5", 200_000), ("google:gemini-2.5-flash", 1_000_000)],
)
def test_what_is_known_of_a_hosted_model_counts(name, least):
    """The packages bring it along: nobody is asked."""
    profile = open_chat_model(name, Settings(), KEYS).profile
    assert context_window(name, Settings(), {}, profile) >= least


class OllamaServer(LoopbackServer):
    """Answers `/api/chat` the way Ollama does: lines of JSON, the last one with the counts."""

    def __init__(self, content: str, done_reason: str = "stop") -> None:
        super().__init__()
        self._content, self._done_reason = content, done_reason

    def respond(self, request):
        head = {"model": "x", "created_at": "2026-11-01T10:00:00Z"}
        lines = [
            {**head, "message": {"role": "assistant", "content": self._content}, "done": False},
            {
                **head,
                "message": {"role": "assistant", "content": ""},
                "done": True,
                "done_reason": self._done_reason,
                "prompt_eval_count": 12,
                "eval_count": 3,
            },
        ]
        body = "".join(json.dumps(line) + "\n" for line in lines)
        return Response(body=body, headers={"content-type": "application/x-ndjson"})


async def test_ollama_is_asked_with_a_schema_and_its_tokens_are_counted():
    panel = {"analysts": [{"name": "Ana", "affiliation": "", "role": "Costs", "description": ""}]}
    with OllamaServer(json.dumps(panel)) as server, collect_usage() as calls:
        settings = Settings(ollama_host=server.url)
        chat = Chat(open_chat_model("ollama:x", settings, {}), "ollama:x", address=server.url, context_window=8_192)
        filled = await chat.structure(Prompt("a", "b"), Panel, "planner")
        [request] = server.requests
    assert filled.analysts[0].role == "Costs"
    assert request.json()["format"]["required"] == ["roles", "analysts"]
    assert request.json()["options"]["num_ctx"] == 8_192
    assert (calls[0]["input_tokens"], calls[0]["output_tokens"]) == (12, 3)


async def test_ollamas_cut_text_is_noticed():
    """It says so in a word of its own; the continuation is asked for, and cut again."""
    with OllamaServer("One. Two", done_reason="length") as server:
        settings = Settings(ollama_host=server.url)
        chat = Chat(open_chat_model("ollama:x", settings, {}), "ollama:x", address=server.url, context_window=8_192)
        with pytest.raises(ReplyError, match="limit on length"):
            await chat.write(Prompt("a", "b"), "writer")
    assert len(server.requests) == 2


def test_the_engine_is_called_as_the_report_prints_it():
    engine = language_model_engine("openai:x", Settings(base_url="http://127.0.0.1:9/v1"), {})
    assert engine.name == "openai:x"
    assert not engine.is_extractive


def test_an_engine_is_opened_from_settings_and_environment(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    assert open_engine(Settings()).name == "anthropic:claude-haiku-5-5"
    assert open_engine(Settings(model="ollama:x")).name == "ollama:x"


def test_openais_client_is_made_once():
    """Only the asynchronous one is used; each reads all certificates of the machine."""
    model = open_chat_model("openai:x", Settings(), {"OPENAI_API_KEY": "secret-key"})
    assert model.root_client is None
    assert model.root_async_client is not None
    assert "secret-key" not in repr(model)
