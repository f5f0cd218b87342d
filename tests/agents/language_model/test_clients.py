"""Each provider's own client against a loopback server: what it sends, how often, and what becomes of its failures."""

from __future__ import annotations

import json

import pytest

from tertulia.agents.language_model.forms import Panel
from tertulia.agents.usage import collect_usage
from tertulia.errors import EngineSettingsError, EngineUnavailableError

from .chats import PROMPT
from .protocols import MODELS, AnyServer, Fault, chat_of

AT_ONCE = {"retry-after": "0"}
PANEL = json.dumps({"analysts": [{"name": "Ana", "affiliation": "", "role": "Costs", "description": ""}]})

each_client = pytest.mark.parametrize("provider", MODELS)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("tertulia.agents.language_model.gates.FIRST_WAIT", 0.001)


@each_client
async def test_a_text_takes_one_request_and_its_tokens_are_counted(provider):
    with AnyServer("Three.") as server, collect_usage() as calls:
        assert await chat_of(provider, server).write(PROMPT, "writer") == "Three."
    assert len(server.requests) == 1
    assert [(call["input_tokens"], call["output_tokens"]) for call in calls] == [(12, 3)]


@each_client
async def test_a_form_takes_one_request_that_shows_the_schema(provider):
    with AnyServer(PANEL) as server:
        panel = await chat_of(provider, server).structure(PROMPT, Panel, "planner")
    assert panel.analysts[0].role == "Costs"
    [request] = server.requests
    assert '"affiliation"' in json.dumps(request.json())


@each_client
@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_what_no_further_try_would_change_is_tried_once(provider, status):
    with AnyServer(Fault(status)) as server, pytest.raises(EngineSettingsError) as caught:
        await chat_of(provider, server).write(PROMPT, "writer")
    assert len(server.requests) == 1
    assert caught.value.hint
    assert "secret-key" not in str(caught.value)


@each_client
@pytest.mark.parametrize("status", [0, 408, 429, 500, 503, 529])
async def test_what_may_pass_is_tried_three_times_in_all(provider, status):
    with AnyServer(Fault(status)) as server, pytest.raises(EngineUnavailableError) as caught:
        await chat_of(provider, server).write(PROMPT, "writer")
    assert len(server.requests) == 3
    assert "127.0.0.1" in str(caught.value)


@each_client
async def test_what_has_passed_leaves_no_trace(provider):
    with AnyServer(Fault(429, headers=AT_ONCE), Fault(503), "Three.") as server:
        assert await chat_of(provider, server).write(PROMPT, "writer") == "Three."
    assert len(server.requests) == 3
    assert len({request.body for request in server.requests}) == 1


@each_client
async def test_a_wait_that_nobody_would_sit_out_is_said_at_once(provider):
    with (
        AnyServer(Fault(429, headers={"retry-after": "1200"})) as server,
        pytest.raises(EngineUnavailableError, match="asks to wait 20 minutes") as caught,
    ):
        await chat_of(provider, server).write(PROMPT, "writer")
    assert len(server.requests) == 1
    assert "tertulia resume" in caught.value.hint
