"""The checkpointer: what is the latest, and its end, after which nothing keeps the database locked."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from langgraph.checkpoint.base import empty_checkpoint

from tertulia.graph.checkpoints import open_checkpointer
from tertulia.storage.database import prepare_database
from tertulia.storage.turns import turn


async def test_a_write_under_way_is_finished_before_the_connection_closes(tmp_path: Path):
    """A cancelled run leaves such a write; whoever notes the interruption next must not wait for a lock."""
    path = prepare_database(tmp_path)
    config = {"configurable": {"thread_id": "run1", "checkpoint_ns": "", "checkpoint_id": "1"}}
    opened = open_checkpointer(path)
    saver = await opened.__aenter__()
    begun, over = threading.Event(), threading.Event()

    def keep_the_turn() -> None:
        with turn(path):
            begun.set()
            over.wait(20)

    other = asyncio.create_task(asyncio.to_thread(keep_the_turn))
    await asyncio.to_thread(begun.wait, 20)
    # It cannot begin before the other's turn is over, and the connection is to be closed meanwhile.
    writing = asyncio.create_task(saver.aput_writes(config, [("topic", "Land")], "task1"))
    closing = asyncio.create_task(opened.__aexit__(None, None, None))
    await asyncio.sleep(0.05)
    assert not writing.done()
    over.set()
    await asyncio.gather(other, closing)
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
    config = {"configurable": {"thread_id": "run1", "checkpoint_ns": "", "checkpoint_id": "1"}}
    async with open_checkpointer(path) as saver:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            first = asyncio.create_task(saver.aput_writes(config, [("topic", "Land")], "task1"))
            await asyncio.sleep(0.1)
            assert not first.done()
            other.execute("COMMIT")
            second = asyncio.create_task(saver.aput_writes(config, [("topic", "Sea")], "task2"))
            await asyncio.gather(first, second)
        kept = saver.conn.execute("SELECT task_id FROM writes ORDER BY rowid").fetchall()
    assert kept == [("task1",), ("task2",)]


async def test_a_read_behind_a_cancelled_write_keeps_nobody_waiting(tmp_path: Path):
    """The thread still has the connection, until another process is done: who reads on the loop would stop the loop."""
    path = prepare_database(tmp_path)
    config = {"configurable": {"thread_id": "run1", "checkpoint_ns": "", "checkpoint_id": "1"}}
    async with open_checkpointer(path) as saver:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(saver.aput_writes(config, [("topic", "Land")], "task1"))
            await asyncio.sleep(0.1)
            writing.cancel()
            reading = asyncio.create_task(saver.aget_tuple({"configurable": {"thread_id": "run1"}}))
            for _ in range(10):
                await asyncio.sleep(0.01)
                assert not reading.done()
            other.execute("COMMIT")
        assert await reading is None
