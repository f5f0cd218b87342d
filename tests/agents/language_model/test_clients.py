"""Each provider's own client against a loopback server: what it sends, how often, and what becomes of its failures."""

from __future__ import annotations

import json

import pytest
from servers.base import Response

from tertulia.agents.language_model.forms import Panel
from tertulia.agents.usage import collect_usage
from tertulia.errors import EngineSettingsError, EngineUnavailableError, PromptTooLongError, ReplyError

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


JSON = {"content-type": "application/json"}
GARBLED = {
    "no content": Response(204),
    "a page": Response(200, "<html>Please sign in.</html>"),
    "half a JSON": Response(200, b'{"choices": [{"mess', JSON),
    "a body that breaks off": Response(200, {"choices": [], "content": []}, cut=True),
    "a list": Response(200, [1, 2]),
    "an error under the status of success": Response(200, {"error": {"message": "no luck", "code": 500}}),
}


@each_client
@pytest.mark.parametrize("body", GARBLED.values(), ids=GARBLED)
async def test_what_is_no_reply_is_asked_for_again_and_then_said_plainly(provider, body):
    """Google's and Ollama's clients take some of it for an empty reply, which is asked for once more."""
    with AnyServer(body) as server, pytest.raises((EngineUnavailableError, ReplyError)) as caught:
        await chat_of(provider, server).write(PROMPT, "writer")
    assert len(server.requests) == (2 if isinstance(caught.value, ReplyError) else 3)
    assert caught.value.hint
    assert "Error" not in str(caught.value)


@each_client
@pytest.mark.parametrize("body", GARBLED.values(), ids=GARBLED)
async def test_a_garbled_reply_is_ridden_out(provider, body):
    with AnyServer(body, "Three.") as server:
        assert await chat_of(provider, server).write(PROMPT, "writer") == "Three."
    assert len(server.requests) == 2


@each_client
async def test_a_prompt_that_is_too_long_is_known_in_each_clients_words(provider):
    """It cannot be cut here, so it is not sent again."""
    too_long = Fault(400, "The input token count exceeds the context window: prompt is too long.")
    with AnyServer(too_long) as server, pytest.raises(PromptTooLongError):
        await chat_of(provider, server).write(PROMPT, "writer")
    assert len(server.requests) == 1
