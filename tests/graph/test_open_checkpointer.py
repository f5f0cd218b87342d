"""The checkpointer: what is the latest, and its end, after which nothing keeps the database locked."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from whose_turn import another_connection_writes, another_thread_has_it

from tertulia.graph.checkpoints import InterruptibleSaver, open_checkpointer
from tertulia.storage.database import prepare_database
from tertulia.storage.turns import turn

CONFIG: Final[RunnableConfig] = {"configurable": {"thread_id": "run1", "checkpoint_ns": "", "checkpoint_id": "1"}}


async def until_in_thread(saver: InterruptibleSaver) -> None:
    """Wait until its thread has something to do."""
    async with asyncio.timeout(20):
        while not saver._in_thread:  # noqa: ASYNC110 - it only yields
            await asyncio.sleep(0)


async def test_a_write_under_way_is_finished_before_the_connection_closes(tmp_path: Path):
    """A cancelled run leaves such a write; whoever notes the interruption next must not wait for a lock."""
    path = prepare_database(tmp_path)
    opened = open_checkpointer(path)
    saver = await opened.__aenter__()
    async with another_thread_has_it(path):
        # It cannot begin before the other's turn is over, and the connection is to be closed meanwhile.
        writing = asyncio.create_task(saver.aput_writes(CONFIG, [("topic", "Land")], "task1"))
        closing = asyncio.create_task(opened.__aexit__(None, None, None))
        await until_in_thread(saver)
        assert not writing.done()
    await closing
    with sqlite3.connect(path, timeout=0) as connection:
        connection.execute("UPDATE runs SET status = 'interrupted'")
        written = connection.execute("SELECT channel FROM writes").fetchall()
    connection.close()
    await writing
    assert written == [("topic",)]


async def test_the_latest_is_what_was_written_last_whatever_the_clock_said(tmp_path: Path):
    """Ids are made from the clock: one that is put back between two processes must not bring back what is over."""
    place = {"configurable": {"thread_id": "run1", "checkpoint_ns": ""}}
    async with open_checkpointer(prepare_database(tmp_path)) as saver:
        assert await saver.aget_tuple(place) is None
        for made in ("1f0c0000-0000-6000-8000-000000000002", "1f0c0000-0000-6000-8000-000000000001"):
            place = await saver.aput(place, {**empty_checkpoint(), "id": made}, {}, {})
        found = await saver.aget_tuple({"configurable": {"thread_id": "run1"}})
    assert found is not None
    assert (found.checkpoint["id"], found.config) == (made, place)


async def test_progress_is_read_while_a_writer_waits_for_another_process(tmp_path: Path):
    """The tables are there: to look at a run, nobody needs a turn to write."""
    path = prepare_database(tmp_path)
    async with open_checkpointer(path):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as other, turn(path):
        other.execute("BEGIN IMMEDIATE")
        async with open_checkpointer(path) as checkpointer:
            assert await checkpointer.aget_tuple({"configurable": {"thread_id": "run1"}}) is None


async def test_what_waits_for_its_turn_is_not_overtaken(tmp_path: Path):
    """Another process writes: the first write waits in the thread, and the second, which could begin, behind it."""
    path = prepare_database(tmp_path)
    async with open_checkpointer(path) as saver:
        with another_connection_writes(path):
            first = asyncio.create_task(saver.aput_writes(CONFIG, [("topic", "Land")], "task1"))
            await until_in_thread(saver)
        second = asyncio.create_task(saver.aput_writes(CONFIG, [("topic", "Sea")], "task2"))
        await asyncio.gather(first, second)
        kept = saver.conn.execute("SELECT task_id FROM writes ORDER BY rowid").fetchall()
    assert kept == [("task1",), ("task2",)]


async def test_a_read_behind_a_cancelled_write_keeps_nobody_waiting(tmp_path: Path):
    """The thread still has the connection, until another process is done: who reads on the loop would stop the loop."""
    path = prepare_database(tmp_path)
    async with open_checkpointer(path) as saver:
        with another_connection_writes(path):
            writing = asyncio.create_task(saver.aput_writes(CONFIG, [("topic", "Land")], "task1"))
            await until_in_thread(saver)
            writing.cancel()
            reading = asyncio.create_task(saver.aget_tuple({"configurable": {"thread_id": "run1"}}))
            for _ in range(10):
                await asyncio.sleep(0.01)
                assert not reading.done()
        assert await reading is None
