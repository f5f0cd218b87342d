"""Replies of models that were given before, for those who run the same thing again and again (`--cache`).

The file may be deleted at any time. Replies are kept as JSON: nothing in it is ever executed or imported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from langchain_core.caches import BaseCache
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation

from ...errors import ReplyError, StorageError
from ...storage.database import connect, keep_a_log, reading
from ...storage.files import make_file, make_folder

FILE_NAME: Final = "cache.db"

# How a reply ends that is whole, in the words of each provider. Some servers say nothing.
_WHOLE: Final = {"", "stop", "end_turn", "stop_sequence", "tool_calls", "tool_use", "function_call", "completed"}
_ENDINGS: Final = ("finish_reason", "stop_reason", "done_reason", "status")

_used: ContextVar[list[tuple[ReplyCache, str]] | None] = ContextVar("tertulia_cached_replies", default=None)


Asking = TypeVar("Asking", bound=Callable[..., Awaitable[Any]])


class ReplyCache(BaseCache):
    """The whole replies of one model at one address, in a database of this home (LangChain's cache interface).

    A reply that was cut off, refused or empty is not kept, nor is one that could not be used (`forgets_failures`).
    """

    def __init__(self, home: Path, *, model: str, address: str) -> None:
        """Creates the file, readable by its owner only.

        Raises:
            StorageError: the file cannot be used.
        """
        self._path = home / FILE_NAME
        # What LangChain says of a model does not always hold its name: that of Ollama's does not.
        self._scope = f"{model}\n{address}"
        try:
            make_folder(home)
            make_file(self._path)
        except OSError as error:
            raise StorageError(
                f"The cache {self._path} cannot be written: {error.strerror or error}.",
                hint="Leave --cache out, or set TERTULIA_HOME to a folder you may write to.",
            ) from error
        with connect(self._path) as connection:
            keep_a_log(connection)
            connection.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT) WITHOUT ROWID")

    def lookup(self, prompt: str, llm_string: str) -> Sequence[Generation] | None:
        """The reply to this prompt with these options, or None. It says that it is cached, and that it used nothing."""
        key = self._key(prompt, llm_string)
        # A cache that cannot be read or written in the middle of a run costs money, not the run.
        with suppress(StorageError, ValueError, TypeError, RecursionError), reading(self._path) as connection:
            row = connection.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
            if row is not None:
                reply = _message(json.loads(row["reply"]))
                self._note(key)
                return [ChatGeneration(message=reply)]
        return None

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keep a reply, if it is whole."""
        [generation, *others] = return_val
        message = getattr(generation, "message", None)
        if others or not isinstance(message, AIMessage) or not _is_whole(message):
            return
        key = self._key(prompt, llm_string)
        with suppress(StorageError, TypeError), connect(self._path) as connection:
            connection.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, json.dumps(_data(message))))
            self._note(key)

    def clear(self, **_: Any) -> None:
        """Forget all replies, of whatever model."""
        with connect(self._path) as connection:
            connection.execute("DELETE FROM replies")

    def forget(self, key: str) -> None:
        """Forget one reply."""
        with suppress(StorageError), connect(self._path) as connection:
            connection.execute("DELETE FROM replies WHERE key = ?", (key,))

    def _key(self, prompt: str, llm_string: str) -> str:
        return hashlib.sha256(f"{self._scope}\n\n{llm_string}\n\n{prompt}".encode()).hexdigest()

    def _note(self, key: str) -> None:
        used = _used.get()
        if used is not None:
            used.append((self, key))


def forgets_failures(ask: Asking) -> Asking:
    """Have the replies forgotten that could not be used in the end: asking again may give better ones."""

    @wraps(ask)
    async def asking(*args: Any, **kwargs: Any) -> Any:
        used: list[tuple[ReplyCache, str]] = []
        token = _used.set(used)
        try:
            return await ask(*args, **kwargs)
        except ReplyError:
            for cache, key in used:
                cache.forget(key)
            raise
        finally:
            _used.reset(token)

    return cast("Asking", asking)


def is_cached(message: AIMessage) -> bool:
    """Whether this reply was given before."""
    return bool(message.response_metadata.get("cached"))


def _is_whole(message: AIMessage) -> bool:
    endings = (str(message.response_metadata.get(name) or "") for name in _ENDINGS)
    ended = all(ending.lower().rpartition(".")[2] in _WHOLE for ending in endings)
    refused = bool(message.additional_kwargs.get("refusal"))
    return ended and not refused and bool(message.content or message.tool_calls or message.invalid_tool_calls)


def _data(message: AIMessage) -> dict[str, Any]:
    calls = {"tool_calls": message.tool_calls, "invalid_tool_calls": message.invalid_tool_calls}
    return {"content": message.content, **calls}


def _message(data: dict[str, Any]) -> AIMessage:
    if set(data) != {"content", "tool_calls", "invalid_tool_calls"}:
        raise ValueError("not a reply that was kept")
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    return AIMessage(**data, usage_metadata=usage, response_metadata={"cached": True})
