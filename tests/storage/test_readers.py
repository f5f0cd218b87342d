"""Who reads waits for nobody who writes: neither for another process that does, nor for a turn that waits for it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from whose_turn import is_free

from tertulia.agents.language_model.cache import FILE_NAME, ReplyCache
from tertulia.storage import database
from tertulia.storage.events import load_events
from tertulia.storage.ledger import SqliteLedgerStore
from tertulia.storage.runs import Runs
from tertulia.storage.usage import UsageJournal
from tertulia.storage.written import refuse_foreign

NOW = "2026-11-29T08:00:00+00:00"


@contextmanager
def a_writer_waiting(path: Path, write: Callable[[], Any]) -> Iterator[None]:
    """While the block lasts somebody else writes, as another process would, and a thread whose turn it is waits."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        thread = threading.Thread(target=write)
        thread.start()
        while is_free(path):
            time.sleep(0.001)
        yield
        assert not is_free(path)
        other.rollback()
        thread.join()


READS: dict[str, Callable[[Runs, Path], Any]] = {
    "a run": lambda runs, _: runs.get("r1"),
    "the runs": lambda runs, _: runs.list(),
    "a report": lambda runs, _: runs.load_report("r1"),
    "a reply": lambda runs, _: runs.load_reply("r1", "question"),
    "the events": lambda runs, _: load_events(runs.path, "r1"),
    "the calls": lambda runs, _: UsageJournal(runs.path, "r1").load(),
    "the evidence": lambda runs, _: asyncio.run(SqliteLedgerStore(runs.path, "r1").load()),
    "the files": lambda runs, folder: refuse_foreign(runs.path, folder, ["report.md"]),
    "a home": lambda runs, _: Runs(runs.path.parent),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_what_is_read_does_not_wait_for_a_writer(read, monkeypatch, tmp_path, empty_home):
    # Who waits after all waits for an error.
    monkeypatch.setattr(database, "BUSY_SECONDS", 5.0)
    runs = Runs(empty_home)
    runs.create("r1", topic="mills", request={"topic": "mills"}, now=NOW)
    with a_writer_waiting(runs.path, lambda: runs.update("r1", now=NOW, status="running")):
        read(runs, tmp_path)
    assert runs.get("r1").status == "running"


def test_a_kept_reply_is_looked_up_without_waiting(monkeypatch, empty_home):
    monkeypatch.setattr(database, "BUSY_SECONDS", 5.0)
    replies = ReplyCache(empty_home, model="m", address="a")
    with a_writer_waiting(empty_home / FILE_NAME, replies.clear):
        assert replies.lookup("prompt", "options") is None


def test_who_reads_cannot_write(empty_home):
    runs = Runs(empty_home)
    with pytest.raises(database.StorageError), database.reading(runs.path) as connection:
        connection.execute("DELETE FROM runs")


def test_a_read_makes_no_database(empty_home):
    """One that SQLite makes is empty, and others may read it."""
    runs = Runs(empty_home)
    runs.path.unlink()
    for use in (database.reading, database.connect):
        with pytest.raises(database.StorageError), use(runs.path) as connection:
            connection.execute("SELECT 1 FROM runs")
    assert not runs.path.exists()
