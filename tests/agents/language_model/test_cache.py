"""Replies that were given before: what is kept, for whom, and what it counts. The client and the database are real."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

import openai
import pytest
from pydantic import BaseModel
from servers.ollama import OllamaServer
from servers.openai import Fault, OpenAIServer, Reply, script

from tertulia.agents.language_model import open_chat
from tertulia.agents.language_model.cache import FILE_NAME
from tertulia.agents.language_model.chat import Chat
from tertulia.agents.language_model.prompts import Prompt
from tertulia.agents.language_model.providers import address_of, open_chat_model
from tertulia.agents.usage import collect_usage
from tertulia.errors import ReplyError, StorageError
from tertulia.settings import Settings

from .chats import PROMPT

FILE = Path("home") / FILE_NAME
REFUSAL = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "x",
    "choices": [
        {"index": 0, "finish_reason": "stop",
         "message": {"role": "assistant", "content": "I cannot.", "refusal": "I cannot."}},
    ],
}  # fmt: skip


class Count(BaseModel):
    """How many there are."""

    number: int


def chat_with(server: OpenAIServer, name: str = "openai:x", home: str = "home", *, cache: bool = True) -> Chat:
    """A chat as it is opened anew by each process."""
    settings = Settings(base_url=server.base_url, cache=cache, home=Path(home))
    address = address_of(name, settings, {})
    return Chat(open_chat_model(name, settings, {}), name, address=address, context_window=32_768, strict=True)


async def test_a_text_and_a_form_are_asked_for_once_and_cost_once():
    with OpenAIServer(script("Three [k7qdm4].", '{"number": 3}')) as server:
        for calls in (1, 2):
            with collect_usage() as usage:
                chat = chat_with(server)
                assert await chat.write(PROMPT, "writer") == "Three [k7qdm4]."
                assert (await chat.structure(PROMPT, Count, "planner")).number == 3
            assert len(server.asked) == 2
            assert calls == 1 or [call["cost"] for call in usage] == [0, 0]
            tokens = [call["input_tokens"] + call["output_tokens"] for call in usage]
            assert [call.get("from_cache", False) for call in usage] == [calls == 2] * 2
            assert all(tokens) if calls == 1 else tokens == [0, 0]


async def test_a_tool_call_comes_back_as_one():
    refusing = Fault(400, "response_format is not supported by this model")
    with OpenAIServer(script(refusing, Reply('{"number": 3}', as_tool_call=True), refusing)) as server:
        for asked in (2, 3):
            # What a server cannot do is a failure: it is asked again.
            assert (await chat_with(server).structure(PROMPT, Count, "planner")).number == 3
            assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("name", "prompt", "home", "cache"),
    [
        ("openai:y", PROMPT, "home", True),
        ("openai:x", Prompt("You count.", "How many more?"), "home", True),
        ("openai:x", PROMPT, "other", True),
        ("openai:x", PROMPT, "home", False),
    ],
    ids=["model", "prompt", "home", "without the flag"],
)
async def test_only_the_same_call_is_answered(name, prompt, home, cache):
    with OpenAIServer(script("One.", "Two.")) as server:
        assert await chat_with(server).write(PROMPT, "writer") == "One."
        assert await chat_with(server, name, home, cache=cache).write(prompt, "writer") == "Two."


async def test_models_of_ollama_are_told_apart():
    """LangChain's own key does not hold their names."""

    def brain(body):
        return f"I am {body['model']}."

    with OllamaServer(brain) as server:
        for name in ("x", "y", "x"):
            settings = Settings(ollama_host=server.url, cache=True, home=Path("home"))
            chat = open_chat(f"ollama:{name}", settings, {})
            assert await chat.write(PROMPT, "writer") == f"I am {name}."
        assert len([request for request in server.requests if request.path == "/api/chat"]) == 2


async def test_the_same_model_at_another_address_is_another_one():
    with OpenAIServer(script("One.")) as first, OpenAIServer(script("Two.")) as second:
        assert await chat_with(first).write(PROMPT, "writer") == "One."
        assert await chat_with(second).write(PROMPT, "writer") == "Two."


@pytest.mark.parametrize(
    "said",
    [Fault(400, "no"), Reply("One. Tw", "length"), Reply("One.", "content_filter"), Fault(200, body=REFUSAL), ""],
    ids=["failure", "cut", "filtered", "refused", "empty"],
)
async def test_what_is_not_a_whole_reply_is_not_kept(said):
    """Whatever becomes of it: the file holds nothing under its prompt."""
    with OpenAIServer(lambda _: said) as server, suppress(openai.BadRequestError):
        await chat_with(server)._model.ainvoke([("human", "How many?")])
    assert kept() == []


async def test_replies_that_could_not_be_used_are_forgotten():
    """Both were whole, neither was a form; the next try may be luckier."""
    with OpenAIServer(script("I think three.", "As I said, three.", '{"number": 3}')) as server:
        with pytest.raises(ReplyError):
            await chat_with(server).structure(PROMPT, Count, "planner")
        assert kept() == []
        assert (await chat_with(server).structure(PROMPT, Count, "planner")).number == 3
    assert len(kept()) == 1


async def test_a_corrected_reply_is_replayed_with_what_was_wrong_before():
    with OpenAIServer(script("I think three.", '{"number": 3}')) as server:
        for _ in range(2):
            assert (await chat_with(server).structure(PROMPT, Count, "planner")).number == 3
        assert len(server.asked) == 2


async def test_a_damaged_cache_costs_money_not_the_run():
    said = ["One.", "Two.", "Three.", "Four.", "Five."]
    with OpenAIServer(script(*said)) as server:
        chat = chat_with(server)
        assert await chat.write(PROMPT, "writer") == said[0]
        for number, damage in enumerate(['{"content": 7}', "no JSON", '["list"]'], 1):
            with closing(sqlite3.connect(FILE)) as connection, connection:
                connection.execute("UPDATE replies SET reply = ?", (damage,))
            assert [await chat.write(PROMPT, "writer") for _ in range(2)] == [said[number]] * 2
        FILE.write_bytes(b"no database at all" * 1000)
        assert await chat.write(PROMPT, "writer") == said[4]


def test_the_file_is_its_owners_and_holds_no_key():
    with OpenAIServer(script("One.")) as server:
        settings = Settings(base_url=server.base_url, cache=True, home=Path("home"))
        model = open_chat_model("openai:x", settings, {"OPENAI_API_KEY": "secret-key"})
        asyncio.run(model.ainvoke([("human", "How many?")]))
    assert stat.S_IMODE(FILE.stat().st_mode) == 0o600
    assert "One." in kept()[0]
    assert all(b"secret-key" not in part.read_bytes() for part in Path("home").iterdir())


def test_a_cache_that_cannot_be_made_is_said_at_once():
    Path("home").write_text("a file", "utf-8")
    with OpenAIServer() as server, pytest.raises(StorageError, match="cannot be written"):
        chat_with(server)


def kept() -> list[str]:
    """The replies in the file."""
    with closing(sqlite3.connect(FILE)) as connection:
        return [reply for (reply,) in connection.execute("SELECT reply FROM replies")]
