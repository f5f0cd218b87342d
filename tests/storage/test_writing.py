"""Short writes on an event loop: at once when nobody else writes, and never at the cost of whoever else runs there."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tertulia.errors import StorageError
from tertulia.evidence.documents import make_document
from tertulia.evidence.passages import split_passages
from tertulia.storage.database import BUSY_SECONDS, connect, prepare_database, turn
from tertulia.storage.ledger import SqliteLedgerStore
from tertulia.storage.writing import Refused, at_once, write

# Keeps the database to itself for as long as its input is open.
HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("begun", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return prepare_database(tmp_path)


class Rows:
    """Writes rows, and notes in which thread and with how much time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tries: list[tuple[str, float]] = []

    def add(self, wait: float) -> None:
        self.tries.append((threading.current_thread().name, wait))
        with connect(self.path, wait) as connection:
            connection.execute("INSERT INTO usage (run, data) VALUES ('r', '{}')")

    def count(self) -> int:
        with closing(sqlite3.connect(self.path)) as connection:
            (found,) = connection.execute("SELECT count(*) FROM usage").fetchone()
        return int(found)


async def test_it_is_written_at_once_when_nobody_else_writes(path: Path) -> None:
    rows = Rows(path)
    await write(path, rows.add)
    assert rows.tries == [("MainThread", 0.0)]
    assert rows.count() == 1


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that keeps the database to itself until `communicate` ends it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
        process.kill()


async def test_another_process_is_waited_for_in_a_thread_and_the_loop_goes_on(
    path: Path, holder: subprocess.Popen[str]
) -> None:
    rows = Rows(path)
    writing = asyncio.create_task(write(path, rows.add))
    for _ in range(20):
        await asyncio.sleep(0.01)
        assert not writing.done()
    holder.communicate()
    await writing
    assert [wait for _, wait in rows.tries] == [0.0, BUSY_SECONDS]
    assert rows.tries[1][0] != "MainThread"
    assert rows.count() == 1


async def test_another_thread_that_writes_is_waited_for_in_a_thread(path: Path) -> None:
    rows, begun, over = Rows(path), threading.Event(), threading.Event()

    def keep_the_turn() -> None:
        with turn(path):
            begun.set()
            over.wait(20)

    other = asyncio.create_task(asyncio.to_thread(keep_the_turn))
    await asyncio.to_thread(begun.wait, 20)
    with pytest.raises(Refused):
        at_once(path, rows.add)
    writing = asyncio.create_task(write(path, rows.add))
    await asyncio.sleep(0.05)
    assert not writing.done()
    over.set()
    await asyncio.gather(other, writing)
    assert rows.count() == 1


async def test_what_cannot_be_written_at_all_is_said_at_once(path: Path) -> None:
    def add(wait: float) -> None:
        with connect(path, wait) as connection:
            connection.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StorageError, match="no such table: nowhere"):
        await write(path, add)


async def test_who_writes_at_once_leaves_the_log_to_others(path: Path) -> None:
    """To move it into the database waits for the disk."""
    document = make_document(
        url="https://a.example/", title="A", source="web", kind="page", text="Words. " * 200_000, retrieved_at="2026"
    )
    size = path.stat
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("SELECT count(*) FROM runs").fetchone()
        before = size().st_size
        for run in range(5):
            await SqliteLedgerStore(path, f"r{run}").save([document], split_passages(document)[:1])
        assert size().st_size == before
        with connect(path) as connection:
            connection.execute("INSERT INTO usage (run, data) VALUES ('r', '{}')")
        assert size().st_size > before + 5_000_000
