"""Checkpoints in SQLite: plain data only, no type is ever rebuilt from what is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from ..storage.database import BUSY_SECONDS


def strict_serializer() -> JsonPlusSerializer:
    """A serializer that rebuilds only LangGraph's own safe types; a tampered row runs no code (CVE-2026-28277)."""
    return JsonPlusSerializer(pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=None)


@asynccontextmanager
async def open_checkpointer(path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """The checkpointer of a database that `storage.database.prepare_database` made."""
    async with aiosqlite.connect(path, timeout=BUSY_SECONDS) as connection:
        saver = AsyncSqliteSaver(connection, serde=strict_serializer())
        saver.jsonplus_serde = strict_serializer()
        await saver.setup()
        try:
            yield saver
        finally:
            # A run that is cancelled leaves a write of LangGraph's under way. A connection that is closed in the middle
            # of it keeps the database locked.
            async with saver.lock:
                await connection.close()
