"""The real clients understand the loopback servers: texts, forms, tools, counts, cuts and errors."""

from __future__ import annotations

import json

import pytest
from protocols import PROTOCOLS
from servers.brain import TOO_LONG, Fault, Reply, script

from tertulia.agents.language_model.chat import Chat
from tertulia.agents.language_model.forms import Panel
from tertulia.agents.language_model.prompts import Prompt
from tertulia.agents.language_model.providers import address_of, open_chat_model
from tertulia.agents.usage import collect_usage
from tertulia.errors import EngineError
from tertulia.settings import Settings

PROMPT = Prompt("You count.", "How many?")
PANEL = json.dumps({"analysts": [{"name": "Ana", "affiliation": "", "role": "Cost", "description": ""}]})

pytestmark = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)


def chat_with(protocol, server) -> Chat:
    settings = Settings(**protocol.settings(server))
    model = open_chat_model(protocol.model, settings, protocol.environment)
    address = address_of(protocol.model, settings, protocol.environment)
    return Chat(model, protocol.model, address=address, context_window=32_768)


async def test_a_text_is_written_and_counted(protocol):
    with protocol.open(script("Three.")) as server, collect_usage() as usage:
        assert await chat_with(protocol, server).write(PROMPT, "writer") == "Three."
    assert usage[0]["input_tokens"] > 0


async def test_a_slow_text_arrives_whole(protocol):
    with protocol.open(script(Reply("Three and four are seven.", drip=True))) as server:
        assert await chat_with(protocol, server).write(PROMPT, "writer") == "Three and four are seven."


async def test_a_text_that_was_cut_is_gone_on_with(protocol):
    cut = Reply("Three. Four and", finish_reason="length")
    with protocol.open(script(cut, "Four and five.")) as server:
        assert await chat_with(protocol, server).write(PROMPT, "writer") == "Three. Four and five."


async def test_a_form_is_asked_for_by_its_schema_and_filled_in(protocol):
    with protocol.open(script(PANEL)) as server:
        panel = await chat_with(protocol, server).structure(PROMPT, Panel, "planner")
        [body] = server.asked
    assert panel.analysts[0].role == "Cost"
    asked = {name: body.get(name) for name in ("response_format", "output_config", "format")}
    assert "analysts" in json.dumps(asked)


async def test_a_form_that_is_refused_is_asked_for_as_a_tool(protocol):
    refusal = Fault(400, "this model does not support structured output with a format")
    with protocol.open(script(refusal, PANEL)) as server:
        panel = await chat_with(protocol, server).structure(PROMPT, Panel, "planner")
        [_, body] = server.asked
    assert panel.analysts[0].name == "Ana"
    assert "analysts" in json.dumps(body["tools"])


async def test_a_prompt_that_is_too_long_is_said_in_the_words_of_the_protocol(protocol):
    with protocol.open(lambda _: TOO_LONG) as server, pytest.raises(EngineError, match="The prompt is longer than"):
        await chat_with(protocol, server).write(PROMPT, "writer")
