"""The checkpointer's end: nothing that LangGraph left under way keeps the database locked."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from tertulia.graph.checkpoints import open_checkpointer
from tertulia.storage.database import prepare_database


async def test_a_write_under_way_is_finished_before_the_connection_closes(tmp_path: Path):
    """A cancelled run leaves such a write; whoever notes the interruption next must not wait for a lock."""
    path = prepare_database(tmp_path)
    config = {"configurable": {"thread_id": "run1", "checkpoint_ns": "", "checkpoint_id": "1"}}
    async with open_checkpointer(path) as saver:
        writing = asyncio.create_task(saver.aput_writes(config, [("topic", "Land")], "task1"))
        while not saver.conn.in_transaction:  # noqa: ASYNC110 - the library announces it by nothing else
            await asyncio.sleep(0)
    with sqlite3.connect(path, timeout=0) as connection:
        connection.execute("UPDATE runs SET status = 'interrupted'")
        written = connection.execute("SELECT channel FROM writes").fetchall()
    connection.close()
    await writing
    assert written == [("topic",)]
