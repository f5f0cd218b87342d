"""The loopback model server speaks the protocol: OpenAI's own client understands all of it."""

from __future__ import annotations

import openai
import pytest
from servers.openai import Fault, OpenAIServer, Reply, script

ASK = [{"role": "user", "content": "How many?"}]
TOOL = {"type": "function", "function": {"name": "count", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
def served():
    with OpenAIServer() as server, openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=0) as client:
        yield server, client


def test_it_lists_its_model(served):
    _, client = served
    assert [model.id for model in client.models.list()] == ["x"]


def test_a_streamed_reply_ends_with_its_usage(served):
    server, client = served
    server.brain = script("Three.")
    options = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(client.chat.completions.create(model="x", messages=ASK, **options))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Three."
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 3


def test_a_streamed_tool_call_has_its_arguments(served):
    server, client = served
    server.brain = script('{"n": 3}')
    options = {"stream": True, "tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "count"}}}
    first = next(iter(client.chat.completions.create(model="x", messages=ASK, **options)))
    [call] = first.choices[0].delta.tool_calls
    assert (call.function.name, call.function.arguments) == ("count", '{"n": 3}')


def test_a_tool_is_called_only_when_told(served):
    server, client = served
    server.brain = script("Three.", Reply("Three.", finish_reason="length"))
    free = client.chat.completions.create(model="x", messages=ASK, tools=[TOOL])
    assert (free.choices[0].message.content, free.choices[0].message.tool_calls) == ("Three.", None)
    assert client.chat.completions.create(model="x", messages=ASK).choices[0].finish_reason == "length"


def test_faults_come_as_they_are_scripted(served):
    server, client = served
    server.brain = script(Fault(429, "slow down", headers={"retry-after": "7"}), Fault(0))
    with pytest.raises(openai.RateLimitError, match="slow down") as caught:
        client.chat.completions.create(model="x", messages=ASK)
    assert caught.value.response.headers["retry-after"] == "7"
    with pytest.raises(openai.APIConnectionError):
        client.chat.completions.create(model="x", messages=ASK)
    assert len(server.asked) == 2
