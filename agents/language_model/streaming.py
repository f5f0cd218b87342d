"""Replies that are heard while they are written: a chat model streams when a handler that taps it listens."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, Protocol, cast

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.runnables import Runnable, RunnableBinding

from .failures import status_of

_REFUSALS: Final = {400, 404, 405, 415, 422, 501}
_STREAM: Final = re.compile(r"\bstream", re.IGNORECASE)


class Listener(Protocol):
    """Who wants to hear a reply before it is whole."""

    def hear(self, piece: str) -> None:
        """The next piece of the reply."""
        ...


class _Tap(AsyncCallbackHandler):
    """Passes on what a model writes. LangChain streams for handlers that have these two `tap` methods."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def on_llm_new_token(self, token: Any, *, chunk: Any = None, **_: Any) -> None:  # noqa: ARG002 - its names
        """A piece of text, or of the arguments of a tool."""
        message = getattr(chunk, "message", None)
        calls = getattr(message, "tool_call_chunks", None) or ()
        piece = str(getattr(message, "text", "")) + "".join(call.get("args") or "" for call in calls)
        if piece:
            self._listener.hear(piece)

    def tap_output_aiter(self, run_id: Any, output: AsyncIterator[Any]) -> AsyncIterator[Any]:  # noqa: ARG002
        """The output as it is."""
        return output

    def tap_output_iter(self, run_id: Any, output: Iterator[Any]) -> Iterator[Any]:  # noqa: ARG002
        """The output as it is."""
        return output


def tapped(model: Runnable[Any, Any], listener: Listener) -> Runnable[Any, Any]:
    """The same model, or the same model with a form bound to it, streaming to a listener."""
    if isinstance(model, RunnableBinding):
        return model.model_copy(update={"bound": tapped(model.bound, listener)})
    chat_model = cast("Any", model)
    return cast(
        "Runnable[Any, Any]",
        # Its own callbacks come in addition to those of the run, which a trace needs.
        chat_model.model_copy(update={"disable_streaming": False, "callbacks": [_Tap(listener)]}),
    )


def refuses_stream(error: BaseException) -> bool:
    """Whether a failure means that the server cannot stream, or not with what is asked for."""
    return status_of(error) in _REFUSALS and bool(_STREAM.search(str(error)))
