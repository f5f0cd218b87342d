"""The wire to one chat model: each prompt is cut to what the model can read, sent through the gate, and counted."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from ...errors import PromptTooLongError
from ..prices import Rate
from ..spending import paid_call, whose_call
from .cache import is_cached
from .gates import gate_to
from .messages import cut_message, reply_of
from .prompts import Prompt, reply_room, tokens_in
from .streaming import Listener, refuses_stream, tapped

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable, RunnableConfig

Messages = Sequence[tuple[str, str]]

# How often a prompt that its server finds too long is cut and sent again, and the share of it that then is left.
_CUTS: Final = 3
_LEFT: Final = 0.5
# Below the first no prompt of ours makes sense; below the second no window is guessed.
_SMALLEST_WINDOW: Final = 1_024
_SMALLEST_GUESS: Final = 4_096

# How far a model's own count of tokens may be from ours before it is taken for something else, and from which size on
# it is compared: of a small prompt most may be what the provider puts around it.
_FARTHEST: Final = 2.5
_COMPARED: Final = 1_000


class Wire:
    """One chat model's server. Safe to use concurrently; remembers how much its model can read."""

    def __init__(self, name: str, *, address: str, context_window: int, width: int, rate: Rate | None) -> None:
        self._name = name
        self._address = address
        self._window = context_window
        self._width = width
        self._rate = rate
        self._stretch = 1.0
        self._streams = True

    @property
    def context_window(self) -> int:
        """How many tokens, as we count them, prompt and reply may have together."""
        return int(self._window / self._stretch)

    async def send(
        self,
        model: Runnable[Any, Any],
        prompt: Prompt,
        role: str,
        *,
        note: str = "",
        after: Messages = (),
        listener: Listener | None = None,
    ) -> AIMessage:
        """The reply to a prompt, a note at its end, and what was said after it.

        A `listener` hears it while it is written, at the first try and where the server can stream.

        The prompt is cut to fit. One that the server finds too long all the same is cut further and sent again, and
        the smaller window is kept in mind.

        Raises:
            EngineError: the call failed.
        """
        around = tokens_in(note) + sum(tokens_in(text) for _, text in after)
        fitting = prompt.within(self._room(around))
        for _ in range(_CUTS):
            try:
                return await self._call(model, _messages(fitting, note, after), role, listener)
            except PromptTooLongError as error:
                is_news = self._learn(error.room, fitting.tokens + around)
                room = self._room(around) if is_news else int(fitting.tokens * _LEFT)
                smaller = prompt.within(room)
                if smaller.tokens >= fitting.tokens:
                    raise
                fitting = smaller
        return await self._call(model, _messages(fitting, note, after), role, listener)

    def _room(self, around: int) -> int:
        """How many tokens a prompt may have beside what is around it and the reply."""
        window = self.context_window
        return window - reply_room(window) - around

    def _learn(self, told: int, sent: int) -> bool:
        """Keep in mind how much the server says it reads, or else that it does not read what was sent.

        Returns whether that makes room for less than what was sent. Servers say so without a reason, too: what was not
        told makes no window tiny.
        """
        window = told if told >= _SMALLEST_WINDOW else max(_SMALLEST_GUESS, int(sent * self._stretch))
        self._window = min(self._window, window)
        return self._room(0) < sent

    async def _call(
        self, model: Runnable[Any, Any], messages: Messages, role: str, listener: Listener | None
    ) -> AIMessage:
        request = self._request(model, messages, _named(role, self._name), listener)

        sent = _measured(model, messages)
        async with paid_call(role, self._name, self._rate, sent) as call:
            message = await gate_to(self._address, self._width).send(request, model=self._name)
            # What a call cost is noted whether its reply can be used or not.
            if is_cached(message):
                call.settle_from_cache()
            else:
                call.settle(message.usage_metadata, reply_of(message))
        if usage := message.usage_metadata:
            self._compare(tokens_in(sent), usage["input_tokens"])
        return message

    def _request(
        self, model: Runnable[Any, Any], messages: Messages, config: RunnableConfig, listener: Listener | None
    ) -> Callable[[], Awaitable[AIMessage]]:
        """What the gate sends, and sends again: streamed the first time only, for half a reply may have been heard."""
        asked = model

        async def request() -> AIMessage:
            nonlocal asked
            asking, asked = asked, model
            try:
                return cast("AIMessage", await asking.ainvoke(list(messages), config))
            except Exception as error:
                if cut := cut_message(error):
                    return cut
                if asking is not model and refuses_stream(error):
                    self._streams = False
                    return await request()
                raise

        if listener is not None and self._streams:
            asked = tapped(model, listener)
        return request

    def _compare(self, ours: int, theirs: int) -> None:
        """Count more cautiously when the model counts more tokens than we do: its tokenizer may not know a language."""
        if ours >= _COMPARED and ours < theirs <= ours * _FARTHEST:
            self._stretch = max(self._stretch, theirs / ours)


def _named(role: str, model: str) -> RunnableConfig:
    """What a trace calls the call, and finds it by."""
    analyst, turn = whose_call()
    metadata = {"role": role, "model": model, **({"analyst": analyst} if analyst else {})}
    name = f"{role}, turn {turn}" if turn else role
    return {"run_name": name, "tags": [role], "metadata": {**metadata, **({"turn": turn} if turn else {})}}


def _messages(prompt: Prompt, note: str, after: Messages) -> list[tuple[str, str]]:
    user = f"{prompt.user}\n\n{note}" if note else prompt.user
    return [("system", prompt.system), ("human", user), *after]


def _measured(model: Runnable[Any, Any], messages: Messages) -> str:
    """All that is sent: the messages, and the form, which providers count too."""
    form = getattr(model, "kwargs", {})
    return "\n".join(text for _, text in messages) + (json.dumps(form, default=str) if form else "")
