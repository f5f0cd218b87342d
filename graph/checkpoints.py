"""Checkpoints in SQLite: plain data only, no type is ever rebuilt from what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import ERROR
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from ..storage.database import BUSY_SECONDS


def strict_serializer() -> JsonPlusSerializer:
    """A serializer that rebuilds only LangGraph's own safe types; a tampered row runs no code (CVE-2026-28277)."""
    return JsonPlusSerializer(pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=None)


class InterruptibleSaver(AsyncSqliteSaver):
    """Keeps nothing of a step that was cancelled: it runs again when the run goes on.

    LangGraph keeps what such a step had written so far, which may be its result without the tasks that should follow;
    a run that is gone on with then takes the step for finished, sends nothing out, and stops before its end.
    """

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep what a step wrote, unless it was cancelled."""
        if not any(channel == ERROR and isinstance(value, asyncio.CancelledError) for channel, value in writes):
            await super().aput_writes(config, writes, task_id, task_path)


@asynccontextmanager
async def open_checkpointer(path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """The checkpointer of a database that `storage.database.prepare_database` made."""
    async with aiosqlite.connect(path, timeout=BUSY_SECONDS) as connection:
        saver = InterruptibleSaver(connection, serde=strict_serializer())
        saver.jsonplus_serde = strict_serializer()
        await saver.setup()
        try:
            yield saver
        finally:
            # A run that is cancelled leaves a write of LangGraph's under way. A connection that is closed in the middle
            # of it keeps the database locked.
            async with saver.lock:
                await connection.close()
