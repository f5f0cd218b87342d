"""What a model can do, found out with two tiny calls: it fills in a form, as a run asks for it, and it streams a text.

A way of asking for forms that the server refuses, or a reply that is no form, costs one more call each.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from ...errors import EngineError, ReplyError
from ...settings import Settings
from ..prices import FREE, Rate
from ..usage import Usage, collect_usage
from . import open_chat, providers
from .chat import Chat
from .failures import map_failure
from .prompts import BYTES_PER_TOKEN, Prompt
from .served import served_window

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk

# Seconds for the streamed text: a slow model says little in it, and that is an answer, too.
STREAM_TIMEOUT: Final = 60.0

_SYSTEM: Final = "You are being tested by a program. Do exactly what you are asked to do, in English."
_FORM: Final = Prompt(
    _SYSTEM,
    "Name the three colours of a traffic light, as a JSON object with one field, `colours`: a list of three words.",
)
_TEXT: Final = "Count from one to thirty in words, separated by spaces. Write nothing else."

_WAYS: Final = {
    "json_schema": "by a native JSON schema",
    "function_calling": "by a tool call; the server refuses a native JSON schema",
    "": "by JSON in the text; the server refuses a native JSON schema and a tool call",
}
_PRICED_TOKENS: Final = 1_000


class _Colours(BaseModel):
    colours: list[str]


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing that was found out about a model. What is not `well` keeps tertulia from using it as it should."""

    part: str
    well: bool
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Streamed:
    """A streamed text: in how many pieces it came, how long until the first and from there to the end, in seconds."""

    pieces: int
    waited: float
    lasted: float
    tokens: int
    counted: bool


def probe_model(name: str, settings: Settings, environment: Mapping[str, str]) -> list[Ability]:
    """What the model `provider:model` can do. Makes two small calls, and asks its server what it says of itself.

    Imports the provider's packages and waits for the replies: not on the event loop.

    Raises:
        TertuliaError: the model cannot even be asked: a key or a package is missing.
    """
    # What was replied at another time says nothing of what the model can do now.
    settings = settings.model_copy(update={"cache": False})
    chat = open_chat(name, settings, environment)
    with collect_usage() as calls:
        forms = asyncio.run(_try_form(chat))
    abilities = [forms]
    if calls:
        address = providers.address_of(name, settings, environment)
        abilities += asyncio.run(_try_stream(providers.open_chat_model(name, settings, environment), name, address))
        abilities.append(_counted(calls))
    abilities.append(_window(chat, served_window(name, settings, environment)))
    abilities.append(Ability("price", True, _price(chat.rate)))
    return abilities


async def _try_form(chat: Chat) -> Ability:
    try:
        await chat.structure(_FORM, _Colours, "probe")
    except ReplyError as error:
        hint = "Panels and questions are forms: choose another model, or add --fallback extractive."
        return Ability("structured output", False, f"asked for {_WAYS[chat.form_method]}: {error}", hint)
    except EngineError as error:
        return Ability("model", False, str(error), error.hint)
    return Ability("structured output", True, _WAYS[chat.form_method])


async def _try_stream(model: Any, name: str, address: str) -> list[Ability]:
    try:
        streamed = await _stream(model.model_copy(update={"disable_streaming": False}))
    # The providers' packages share no base class, and leak what their transports raise.
    except Exception as error:  # noqa: BLE001
        reason = map_failure(error, model=name, address=address)
        return [Ability("streaming", True, f"no, and no run needs it: {reason}")]
    if streamed.pieces < 2:
        came = "the reply came in one piece; no run needs more"
        seconds, tokens = streamed.waited, streamed.tokens
    else:
        came = f"yes: {streamed.pieces} pieces, the first after {streamed.waited:.1f} s"
        seconds, tokens = streamed.lasted, streamed.tokens
    about = "" if streamed.counted else "about "
    speed = f"{about}{tokens / max(seconds, 0.001):.0f} tokens a second: one measurement, of {about}{tokens} tokens"
    return [Ability("streaming", True, came), Ability("speed", True, speed)]


async def _stream(model: Any) -> _Streamed:
    began, first, pieces, characters, tokens = time.monotonic(), 0.0, 0, 0, 0
    async with asyncio.timeout(STREAM_TIMEOUT):
        chunk: AIMessageChunk
        async for chunk in model.astream([("system", _SYSTEM), ("human", _TEXT)]):
            if text := str(chunk.text):
                first = first or time.monotonic()
                pieces, characters = pieces + 1, characters + len(text)
            tokens += chunk.usage_metadata["output_tokens"] if chunk.usage_metadata else 0
    first, counted = first or time.monotonic(), bool(tokens)
    tokens = tokens or -(-characters // BYTES_PER_TOKEN)
    return _Streamed(pieces, first - began, time.monotonic() - first, tokens, counted)


def _counted(calls: list[Usage]) -> Ability:
    if any(call.get("estimated") for call in calls):
        return Ability("usage", True, "not reported: tokens are estimated from characters")
    given, told = (sum(call[name] for call in calls) for name in ("input_tokens", "output_tokens"))
    return Ability("usage", True, f"reported: {given} tokens in and {told} out for the form")


def _window(chat: Chat, served: int) -> Ability:
    counted = f"{chat.context_window:,} tokens are counted on"
    if not served:
        return Ability("context window", True, f"{counted}; the server does not say how many it can read")
    said = f"{counted}; the server says {served:,}"
    if served < chat.context_window:
        hint = "Prompts that it refuses are cut and sent again; loaded with a longer context, it would see more."
        return Ability("context window", True, said, hint)
    return Ability("context window", True, said)


def _price(rate: Rate | None) -> str:
    if rate is None:
        return "not known: --max-cost cannot be used with it, --max-tokens can"
    if rate == FREE:
        return "none: it runs on your own machine"
    given, told = rate.cost(_PRICED_TOKENS, 0), rate.cost(0, _PRICED_TOKENS)
    scale = 1_000_000 / _PRICED_TOKENS
    return f"{given * scale:.2f} USD for a million tokens in, {told * scale:.2f} USD for a million out"
