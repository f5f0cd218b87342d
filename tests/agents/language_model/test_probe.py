"""What the doctor finds out about a model with two tiny calls. The clients are real, the servers on loopback."""

from __future__ import annotations

import re

import pytest
from servers.anthropic import AnthropicServer
from servers.base import Request, Response
from servers.ollama import OllamaServer
from servers.openai import UNSUPPORTED_FORMAT, UNSUPPORTED_TOOLS, Brain, Fault, OpenAIServer, Reply

from tertulia.agents.language_model.probe import Ability, probe_model
from tertulia.agents.language_model.served import served_window
from tertulia.errors import EngineSettingsError, MissingExtraError
from tertulia.settings import Settings

COLOURS = '{"colours": ["red", "amber", "green"]}'
NUMBERS = "one two three four five six"


def obedient(body):
    """Fills in the form, and counts."""
    return NUMBERS if body.get("stream") else COLOURS


def unable(*ways: str) -> Brain:
    """A server that refuses some ways of asking for a form."""
    refusals = {"response_format": UNSUPPORTED_FORMAT, "tools": UNSUPPORTED_TOOLS}

    def brain(body):
        return next((refusals[way] for way in ways if way in body), None) or obedient(body)

    return brain


def probe(brain: Brain, **settings) -> tuple[dict[str, Ability], OpenAIServer]:
    with OpenAIServer(brain) as server:
        found = probe_model("openai:x", Settings(base_url=server.base_url, **settings), {})
    return {ability.part: ability for ability in found}, server


def test_a_model_that_can_do_all_is_asked_twice():
    found, server = probe(obedient)
    assert len(server.asked) == 2
    assert list(found) == ["structured output", "streaming", "speed", "usage", "context window", "price"]
    assert all(ability.well for ability in found.values())
    assert found["structured output"].detail == "by a native JSON schema"
    assert re.fullmatch(r"(about )?\d+ tokens a second: one measurement, of (about )?\d+ tokens", found["speed"].detail)
    assert re.fullmatch(r"reported: \d+ tokens in and \d+ out for the form", found["usage"].detail)
    assert "own machine" in found["price"].detail


@pytest.mark.parametrize(
    ("ways", "detail", "calls"),
    [
        (["response_format"], "by a tool call; the server refuses a native JSON schema", 3),
        (["response_format", "tools"], "by JSON in the text; the server refuses", 4),
    ],
    ids=["tools only", "text only"],
)
def test_each_way_that_the_server_refuses_costs_a_call(ways, detail, calls):
    found, server = probe(unable(*ways))
    assert found["structured output"].well
    assert found["structured output"].detail.startswith(detail)
    assert len(server.asked) == calls


def test_a_model_that_fills_in_no_form_is_said_to_be_unfit_for_panels():
    found, server = probe(lambda _: "I like traffic lights.")
    assert not found["structured output"].well
    assert "--fallback extractive" in found["structured output"].hint
    assert len(server.asked) == 3
    assert "streaming" in found


@pytest.mark.parametrize(
    ("fault", "message"),
    [(Fault(401, "no"), "does not accept the key"), (Fault(404, "no"), "does not know the model openai:x")],
    ids=["key", "name"],
)
def test_a_model_that_cannot_be_asked_is_asked_once(fault, message):
    """What went wrong is said as a run would say it, with its hint."""
    found, server = probe(lambda _: fault)
    assert message in found["model"].detail
    assert found["model"].hint
    assert not found["model"].well
    assert len(server.asked) == 1
    assert "speed" not in found


def test_a_server_that_does_not_stream_or_count_can_be_used_all_the_same():
    refused = Fault(400, "streaming is off")
    found, _ = probe(lambda body: refused if body.get("stream") else Reply(COLOURS, with_usage=False))
    assert found["streaming"].well
    assert "streaming is off" in found["streaming"].detail
    assert "estimated" in found["usage"].detail


def test_what_was_replied_before_is_not_believed():
    """A cache does not stand in for the model."""
    counts = [len(probe(obedient, cache=True)[1].asked) for _ in range(2)]
    assert counts == [2, 2]


def test_what_is_missing_is_said_before_anything_is_asked(monkeypatch):
    with pytest.raises(EngineSettingsError, match="no key"):
        probe_model("openai:x", Settings(), {})
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError):
        probe_model("openai:x", Settings(), {"OPENAI_API_KEY": "k"})


class SayingServer(OpenAIServer):
    """Says something of its models at one path."""

    def __init__(self, path: str, said: object) -> None:
        super().__init__(obedient)
        self._path, self._said = path, said

    def respond(self, request: Request) -> Response:
        return Response(body=self._said) if request.path == self._path else super().respond(request)


@pytest.mark.parametrize(
    ("path", "said", "window"),
    [
        ("/v1/models", {"data": [{"id": "y", "max_model_len": 1}, {"id": "x", "max_model_len": 8192}]}, 8192),
        ("/v1/models", {"data": [{"id": "x", "context_length": 65536}]}, 65536),
        ("/v1/models", {"data": [{"id": "x", "meta": {"n_ctx_train": 16384}}]}, 16384),
        (
            "/api/v0/models",
            {"data": [{"id": "x", "max_context_length": 131072, "loaded_context_length": 4096}]},
            4096,
        ),
        ("/v1/models", {"data": [{"id": "x", "max_model_len": "many"}]}, 0),
        ("/v1/models", "<html>no</html>", 0),
        ("/v1/models", {"data": None}, 0),
        ("/v1/models", [7], 0),
    ],
    ids=["vLLM", "OpenRouter", "llama.cpp", "LM Studio", "words", "a page", "nothing", "nonsense"],
)
def test_the_context_window_is_read_where_servers_tell_it(path, said, window):
    with SayingServer(path, said) as server:
        settings = Settings(base_url=server.base_url)
        assert served_window("openai:x", settings, {"OPENAI_API_KEY": "k"}) == window
        assert {request.headers["authorization"] for request in server.requests} == {"Bearer k"}
        assert server.asked == []


def test_ollama_is_asked_in_its_own_way():
    shown = {"model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960}}
    with SayingServer("/api/show", shown) as server:
        assert served_window("ollama:qwen3:8b", Settings(ollama_host=server.url), {}) == 40960
        assert [request.json() for request in server.requests] == [{"model": "qwen3:8b"}]
    assert served_window("ollama:x", Settings(ollama_host=server.url), {}) == 0


class UnstreamedServer(AnthropicServer):
    """Answers whole, or not at all."""

    def respond(self, request: Request) -> Response:
        if request.json().get("stream"):
            error = {"type": "invalid_request_error", "message": "this server does not stream"}
            return Response(400, {"type": "error", "error": error})
        return super().respond(request)


@pytest.mark.parametrize(
    ("server", "name", "address", "streams"),
    [
        (OllamaServer, "ollama:x", "ollama_host", "yes"),
        (AnthropicServer, "anthropic:x", "base_url", "yes"),
        (UnstreamedServer, "anthropic:x", "base_url", "no"),
    ],
    ids=["ollama", "anthropic", "anthropic, unstreamed"],
)
def test_other_providers_are_probed_with_their_own_clients(server, name, address, streams):
    """A server that does not stream, and says so, is told apart."""

    def brain(body):
        return COLOURS if "JSON" in str(body["messages"][-1]["content"]) else NUMBERS

    with server(brain) as place:
        found = {a.part: a for a in probe_model(name, Settings(**{address: place.url}), {"ANTHROPIC_API_KEY": "k"})}
    assert found["structured output"].detail == "by a native JSON schema"
    assert found["streaming"].detail.startswith(streams)
    assert found["usage"].detail.startswith("reported")
    assert ("131,072" in found["context window"].detail) == (name == "ollama:x")


def test_a_hosted_provider_is_not_asked_for_its_window():
    """A test that left this machine would fail."""
    assert served_window("openai:x", Settings(), {"OPENAI_API_KEY": "k"}) == 0
    assert served_window("anthropic:x", Settings(), {"ANTHROPIC_API_KEY": "k"}) == 0


def test_a_window_that_is_smaller_than_counted_on_is_said_with_a_hint():
    """A run learns it at the first prompt that is refused, so nothing is broken."""
    with SayingServer("/v1/models", {"data": [{"id": "x", "max_model_len": 4096}]}) as server:
        found = {a.part: a for a in probe_model("openai:x", Settings(base_url=server.base_url), {})}
    assert found["context window"].well
    assert "the server says 4,096" in found["context window"].detail
    assert "longer context" in found["context window"].hint
