"""Connections to a model's server: kept between calls, given up with who opened them."""

from __future__ import annotations

import asyncio
import gc
import socket

import pytest
from servers.base import Request, Response
from servers.openai import OpenAIServer, script

from tertulia.agents.language_model import language_model_engine, open_chat
from tertulia.agents.language_model.prompts import Prompt
from tertulia.settings import Settings

PROMPT = Prompt("You are brief.", "How many mills are there in Orvania?")
CALLS = 3


class HangsUp(OpenAIServer):
    """A server that closes each connection after its answer, and does not say so."""

    def respond(self, request: Request) -> Response:
        response = super().respond(request)
        return Response(response.status, response.body, response.headers, hang_up=True)


async def ask(server: OpenAIServer) -> None:
    chat = open_chat("openai:x", Settings(base_url=server.base_url), {}, keep_connections=True)
    try:
        for _ in range(CALLS):
            assert await chat.write(PROMPT, "expert") == "There are two."
    finally:
        await chat.close()


def replies() -> list[str]:
    return ["There are two."] * CALLS


def test_one_connection_serves_all_calls_and_is_closed():
    with OpenAIServer(script(*replies())) as server:
        asyncio.run(ask(server))
        assert (server.connections, len(server.asked), server.still_open()) == (1, CALLS, 0)


def test_who_asks_in_another_event_loop_has_connections_of_their_own():
    with OpenAIServer(script(*replies(), *replies())) as server:
        asyncio.run(ask(server))
        asyncio.run(ask(server))
        assert (server.connections, len(server.asked), server.still_open()) == (2, 2 * CALLS, 0)


def test_a_server_that_hangs_up_between_calls_costs_no_call():
    with HangsUp(script(*replies())) as server:
        asyncio.run(ask(server))
        assert (server.connections, len(server.asked)) == (CALLS, CALLS)


def test_a_peer_that_is_gone_is_noticed():
    """Each connection asks now and then whether the other end is still there."""
    with OpenAIServer(script(*replies())) as server:
        chat = open_chat("openai:x", Settings(base_url=server.base_url), {}, keep_connections=True)

        async def look() -> list[int]:
            await chat.write(PROMPT, "expert")
            transports = (t for t in map(_transport, gc.get_objects()) if t is not None)
            found = [t.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) for t in transports]
            await chat.close()
            return found

        assert asyncio.run(look()) == [1]


def _transport(thing: object) -> asyncio.Transport | None:
    """A connection to somebody that is open."""
    if type(thing).__name__ != "_SelectorSocketTransport" or thing.is_closing() or not thing.get_extra_info("peername"):
        return None
    return thing


@pytest.mark.parametrize("variable", ["OPENAI_PROXY", "HTTP_PROXY"])
def test_a_proxy_is_used(variable: str, monkeypatch: pytest.MonkeyPatch):
    """What is sent to the proxy is the whole address."""
    with OpenAIServer(script(*replies())) as proxy:
        proxy_url = proxy.url
        monkeypatch.setenv(variable, proxy_url)
        chat = open_chat(
            "openai:x", Settings(base_url="http://model.invalid/v1"), {variable: proxy_url}, keep_connections=True
        )

        async def ask_once() -> str:
            try:
                return await chat.write(PROMPT, "expert")
            finally:
                await chat.close()

        assert asyncio.run(ask_once()) == "There are two."


@pytest.mark.parametrize(("name", "kept"), [("anthropic:x", []), ("openai:x", [True])])
def test_an_engine_that_was_never_asked_can_be_closed(name: str, kept: list[bool]):
    """Twice, too; of a provider whose package takes no client of ours there is nothing to close."""
    engine = language_model_engine(name, Settings(), {"ANTHROPIC_API_KEY": "none", "OPENAI_API_KEY": "none"})
    client = getattr(engine.writer._chat._model, "http_async_client", None)

    async def close_twice() -> None:
        await engine.close()
        await engine.close()

    asyncio.run(close_twice())
    assert [client.is_closed for client in [client] if client is not None] == kept
