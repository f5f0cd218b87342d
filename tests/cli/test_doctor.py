"""What the doctor finds, looked at without a network."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers.openai import OpenAIServer

from tertulia.doctor import Finding, examine, is_well


def look(**environment: str) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(online=False, environment=environment)}


@pytest.fixture
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """No provider's package is installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)


def test_nothing_configured_is_well():
    """The extractive engine plays, and a hint says what would bring a model."""
    found = look()
    assert is_well(list(found.values()))
    assert found["engine"].detail.startswith("extractive: no model is named")
    assert "TERTULIA_MODEL" in found["engine"].hint
    assert found["source documents"].state == "off"


@pytest.mark.usefixtures("no_packages")
def test_a_key_without_its_package_names_the_command_that_installs_it():
    found = look(OPENAI_API_KEY="sk-x")
    assert (found["engine"].state, found["model openai"].state) == ("broken", "missing")
    assert found["engine"].hint == 'Install it: pip install "tertulia[openai]"'
    assert found["model anthropic"].state == "off"


@pytest.mark.parametrize(
    ("environment", "name", "expected"),
    [
        ({"TERTULIA_MODEL": "openai:x"}, "engine", "there is no key"),
        ({"TERTULIA_MODEL": "gpt"}, "engine", "not of the form provider:model"),
        ({"TERTULIA_ANALYSTS": "none"}, "settings", "--analysts (the environment)"),
        ({"TERTULIA_SOURCE": "web"}, "source web", "missing key"),
        ({"TERTULIA_SOURCE": "nope"}, "source nope", "no source of this name"),
        ({"TERTULIA_DOCS": "nowhere"}, "source documents", "nowhere does not exist"),
        ({"TERTULIA_HOME": "file/home"}, "home", "cannot be written"),
    ],
)
def test_what_was_configured_and_cannot_work_is_broken(environment: dict[str, str], name: str, expected: str):
    """Each with what to do about it; the exit code follows from it."""
    Path("file").write_text("", "utf-8")
    found = look(**environment)
    assert found[name].state == "broken"
    assert expected in found[name].detail
    assert found[name].hint
    assert not is_well(list(found.values()))


def test_a_local_model_needs_no_key():
    found = look(TERTULIA_MODEL="openai:x", TERTULIA_BASE_URL="http://127.0.0.1:9/v1")
    assert found["engine"].state == "ok"


def test_a_model_of_a_role_is_looked_at_too():
    found = look(TERTULIA_MODEL="ollama:x", TERTULIA_WRITER_MODEL="openai:y")
    assert (found["engine"].state, found["engine"].hint) == ("broken", "Set OPENAI_API_KEY.")
    assert found["engine"].detail.startswith("openai:y")


def test_a_model_is_asked_what_it_can_do(tertulia: Callable[..., subprocess.CompletedProcess[str]]):
    """Only when it is named on the command line: what is configured is asked nothing."""

    def brain(body: dict[str, Any]) -> str:
        return "one two three" if body.get("stream") else '{"colours": ["red", "amber", "green"]}'

    with OpenAIServer(brain) as server:
        named = ["--model", "openai:x", "--base-url", server.base_url]
        found = {one["name"]: one for one in json.loads(tertulia("doctor", *named, "--json").stdout)}
        assert found["structured output"]["detail"] == "by a native JSON schema"
        assert found["price"]["state"] == "ok"
        assert len(server.asked) == 2
        configured = {"TERTULIA_MODEL": "openai:x", "TERTULIA_BASE_URL": server.base_url}
        assert "structured output" not in tertulia("doctor", environment=configured).stdout
        assert len(server.asked) == 2
        refused = tertulia("doctor", *named, "--offline")
    assert refused.returncode == 2
    assert "Leave one of them out" in refused.stderr


def test_where_traces_go_is_told_and_a_word_that_means_nothing_is_named(monkeypatch: pytest.MonkeyPatch):
    """Through OpenTelemetry no key is needed."""
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    assert look()["tracing"].state == "missing"
    monkeypatch.setenv("LANGSMITH_TRACING_MODE", "otel")
    assert look()["tracing"] == Finding("tracing", "ok", "runs are traced through OpenTelemetry")
    monkeypatch.setenv("LANGSMITH_TRACING_MODE", "otl")
    found = look()["tracing"]
    assert (found.state, found.hint) == ("broken", "It may be langsmith, otel or hybrid.")
