"""The wire to one chat model: each prompt is cut to what the model can read, sent through the gate, and counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from ...errors import PromptTooLongError
from ..budget import paid_call
from ..prices import Rate
from .cache import is_cached
from .gates import gate_to
from .messages import cut_message, reply_of
from .prompts import Prompt, reply_room, tokens_in

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable, RunnableConfig

Messages = Sequence[tuple[str, str]]

# How often a prompt that its server finds too long is cut and sent again, and the share of it that then is left.
_CUTS: Final = 3
_LEFT: Final = 0.5
# Below this no prompt of ours makes sense.
_SMALLEST_WINDOW: Final = 1_024

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

    @property
    def context_window(self) -> int:
        """How many tokens, as we count them, prompt and reply may have together."""
        return int(self._window / self._stretch)

    async def send(
        self, model: Runnable[Any, Any], prompt: Prompt, role: str, *, note: str = "", after: Messages = ()
    ) -> AIMessage:
        """The reply to a prompt, a note at its end, and what was said after it.

        The prompt is cut to fit. One that the server finds too long all the same is cut further and sent again, and
        the smaller window is kept in mind.

        Raises:
            EngineError: the call failed.
        """
        around = tokens_in(note) + sum(tokens_in(text) for _, text in after)
        for _ in range(_CUTS):
            window = self.context_window
            fitting = prompt.within(window - reply_room(window) - around)
            try:
                return await self._call(model, _messages(fitting, note, after), role)
            except PromptTooLongError as error:
                self._learn(window, error.room, fitting.tokens + around)
                smaller = prompt.within(self.context_window - reply_room(self.context_window) - around)
                if smaller.tokens >= fitting.tokens:
                    raise
        window = self.context_window
        fitting = prompt.within(window - reply_room(window) - around)
        return await self._call(model, _messages(fitting, note, after), role)

    def _learn(self, assumed: int, room: int, sent: int) -> None:
        """Make the window smaller: what the server says, if that is news, else so that half of what was sent fits."""
        if self.context_window < assumed:
            return  # Another call has learned it meanwhile.
        told = room if _SMALLEST_WINDOW <= room < self._window else 0
        half = int(sent * _LEFT * 4 / 3 * self._stretch)
        # Three quarters of a window are for the prompt. What the server says helps only if the prompt gets smaller.
        if told and (told - reply_room(told)) / self._stretch < sent:
            self._window = told
        else:
            self._window = max(_SMALLEST_WINDOW, min(self._window, half))

    async def _call(self, model: Runnable[Any, Any], messages: Messages, role: str) -> AIMessage:
        config: RunnableConfig = {"run_name": role, "tags": [role], "metadata": {"role": role, "model": self._name}}

        async def request() -> AIMessage:
            try:
                return cast("AIMessage", await model.ainvoke(list(messages), config))
            except Exception as error:
                if cut := cut_message(error):
                    return cut
                raise

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

    def _compare(self, ours: int, theirs: int) -> None:
        """Count more cautiously when the model counts more tokens than we do: its tokenizer may not know a language."""
        if ours >= _COMPARED and ours < theirs <= ours * _FARTHEST:
            self._stretch = max(self._stretch, theirs / ours)


def _messages(prompt: Prompt, note: str, after: Messages) -> list[tuple[str, str]]:
    user = f"{prompt.user}\n\n{note}" if note else prompt.user
    return [("system", prompt.system), ("human", user), *after]


def _measured(model: Runnable[Any, Any], messages: Messages) -> str:
    """All that is sent: the messages, and the form, which providers count too."""
    form = getattr(model, "kwargs", {})
    return "\n".join(text for _, text in messages) + (json.dumps(form, default=str) if form else "")
