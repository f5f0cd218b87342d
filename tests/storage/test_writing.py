"""Short writes on an event loop: at once when nobody else writes, and never at the cost of whoever else runs there."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from whose_turn import another_thread_has_it

from tertulia.errors import StorageError
from tertulia.evidence.documents import Document, make_document
from tertulia.evidence.passages import split_passages
from tertulia.storage import ledger, turns, writing
from tertulia.storage.database import BUSY_SECONDS, connect, prepare_database, reading
from tertulia.storage.ledger import SqliteLedgerStore
from tertulia.storage.turns import Turn
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
def path(tmp_path: Path) -> Iterator[Path]:
    """A database that this process has a connection to, as it has while a run goes on."""
    path = prepare_database(tmp_path)
    with reading(path):
        yield path


def page(words: int) -> Document:
    return make_document(
        url=f"https://a.example/{words}",
        title="A",
        source="web",
        kind="page",
        text="Words. " * words,
        retrieved_at="2026-11-20T10:00:00+00:00",
    )


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
    rows = Rows(path)
    async with another_thread_has_it(path):
        with pytest.raises(Refused):
            at_once(path, rows.add)
        writing = asyncio.create_task(write(path, rows.add))
        await asyncio.sleep(0.05)
        assert not writing.done()
    await writing
    assert rows.count() == 1


def test_while_one_waits_the_others_do_not_find_out_by_waiting_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred runs that each wait a moment keep the loop for seconds."""
    now, waits = 100.0, []

    class Lock:
        """Somebody else's, and it does not end."""

        def acquire(self, blocking: bool = True, timeout: float = 0.0) -> bool:
            nonlocal now
            if blocking:
                waits.append(timeout)
                now += timeout
            return False

    monkeypatch.setattr(turns, "time", SimpleNamespace(monotonic=lambda: now))
    held = Turn()
    with held:
        pass
    held._lock = Lock()  # type: ignore[assignment]
    monkeypatch.setattr(writing, "turn", lambda _: held)
    for _ in range(100):
        with pytest.raises(Refused):
            at_once(path, lambda _: None)
    assert waits == [pytest.approx(writing._SECONDS)]


async def test_the_only_connection_of_a_process_is_closed_in_a_thread(tmp_path: Path) -> None:
    """SQLite moves the log then, and waits for the disk."""
    path = prepare_database(tmp_path)
    rows = Rows(path)
    await write(path, rows.add)
    assert [(name != "MainThread", wait) for name, wait in rows.tries] == [(True, BUSY_SECONDS)]
    assert rows.count() == 1


async def test_now_and_then_a_write_goes_through_a_thread_and_the_log_has_a_bound(path: Path) -> None:
    rows = Rows(path)
    for _ in range(2 * writing._MOST_AT_ONCE + 2):
        await write(path, rows.add)
    patient = [number for number, (_, wait) in enumerate(rows.tries) if wait]
    assert patient == [writing._MOST_AT_ONCE, 2 * writing._MOST_AT_ONCE + 1]
    assert rows.count() == 2 * writing._MOST_AT_ONCE + 2


async def test_long_texts_are_kept_in_a_thread(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def noted(path: Path, wait: float) -> AbstractContextManager[sqlite3.Connection]:
        waits.append(wait)
        return connect(path, wait)

    monkeypatch.setattr(ledger, "connect", noted)
    store = SqliteLedgerStore(path, "r")
    for words in (10, 100_000):
        await store.save([page(words)], split_passages(page(words))[:1])
    assert waits == [0.0, BUSY_SECONDS]
    assert len((await store.load())[0]) == 2


async def test_what_cannot_be_written_at_all_is_said_at_once(path: Path) -> None:
    def add(wait: float) -> None:
        with connect(path, wait) as connection:
            connection.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StorageError, match="no such table: nowhere"):
        await write(path, add)


async def test_who_writes_at_once_leaves_the_log_to_others(path: Path) -> None:
    """To move it into the database waits for the disk."""
    size = path.stat
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("SELECT count(*) FROM runs").fetchone()
        before = size().st_size
        for run in range(60):
            await SqliteLedgerStore(path, f"r{run}").save([page(24_000)], split_passages(page(24_000))[:1])
        assert size().st_size == before
        with connect(path) as connection:
            connection.execute("INSERT INTO usage (run, data) VALUES ('r', '{}')")
        assert size().st_size > before + 8_000_000
