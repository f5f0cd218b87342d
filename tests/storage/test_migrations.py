"""Migrations: each whole or not at all, and each once, however many processes start together."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tertulia.agents.language_model.cache import ReplyCache
from tertulia.errors import StorageError
from tertulia.storage import database
from tertulia.storage.database import FILE_NAME, MIGRATIONS, prepare_database


def tables(home: Path) -> tuple[int, set[str]]:
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return version, {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_migration_that_fails_leaves_nothing_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Those before it stay; the next start, of a version that has it right, goes on from them."""
    prepare_database(tmp_path)
    before = tables(tmp_path)
    right, wrong = "CREATE TABLE one (x)", "CREATE TABLE two (x); UPDATE runs SET topic = ''; CREATE TABLE runs (x)"
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, right, wrong))
    with pytest.raises(StorageError, match="already exists"):
        prepare_database(tmp_path)
    assert tables(tmp_path) == (before[0] + 1, before[1] | {"one"})
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, right, "CREATE TABLE two (x)"))
    prepare_database(tmp_path)
    assert tables(tmp_path) == (before[0] + 2, before[1] | {"one", "two"})


def test_who_comes_while_another_makes_the_database_waits(tmp_path: Path):
    """SQLite itself gives up at once, whatever wait it is told, when it is asked to keep a log then."""
    make = (lambda: prepare_database(tmp_path), lambda: ReplyCache(tmp_path, model="any", address="any"))
    for name, prepare in zip((FILE_NAME, "cache.db"), make, strict=True):
        with closing(sqlite3.connect(tmp_path / name, isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            leaves = threading.Timer(0.2, other.rollback)
            leaves.start()
            prepare()
            leaves.join()
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("beginning", ["nothing", "the oldest"])
def test_processes_that_start_together_migrate_once(beginning: str, tmp_path: Path):
    """From nothing, and from a database of the oldest version; a second time, a migration of these would fail."""
    script = (
        "import pathlib, sys\n"
        "from tertulia.storage import database\n"
        "home = pathlib.Path(sys.argv[1])\n"
        "more = tuple(f'CREATE TABLE more{n} (x); INSERT INTO more{n} VALUES (1)' for n in range(20))\n"
        "database.MIGRATIONS = (*database.MIGRATIONS, *more)\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "database.prepare_database(home)\n"
    )
    if beginning == "the oldest":
        prepare_database(tmp_path)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        ended = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert ended == [("", 0)] * len(processes)
    version, names = tables(tmp_path)
    assert version == len(MIGRATIONS) + 20
    assert {f"more{number}" for number in range(20)} < names
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert [connection.execute(f"SELECT count(*) FROM more{n}").fetchone() for n in range(20)] == [(1,)] * 20
