"""What this process does beside SQLite never costs SQLite its locks: closing a file gives up all that a process has."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tertulia.sources.index_tables import connect, transaction

PROGRAM = """
import asyncio, os, signal, subprocess, sys
from pathlib import Path
from tertulia.graph.checkpoints import open_checkpointer
from tertulia.storage.database import prepare_database

async def main():
    path = prepare_database(Path(sys.argv[1]))
    async with open_checkpointer(path) as saver:
        with saver.conn as run:
            run.execute("CREATE TABLE kept (x)")
        prepare_database(Path(sys.argv[1]))
        subprocess.run([sys.executable, "-c", sys.argv[2], path], check=True)
        with saver.conn as run:
            run.execute("INSERT INTO kept VALUES (1)")
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
LOOK = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(*c.execute('SELECT count(*) FROM runs')); c.close()"
)
WRITE = """
import sqlite3, sys
try:
    sqlite3.connect(sys.argv[1], timeout=0.1).execute("INSERT INTO totals VALUES ('other', 1, 1)")
except sqlite3.OperationalError as error:
    print(error)
"""


def test_another_run_of_this_process_takes_no_lock_from_the_first(tmp_path: Path):
    """Else who looks from outside takes the log for its own and deletes it, and what is then committed is nowhere."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), LOOK], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    with closing(sqlite3.connect(tmp_path / "tertulia.db")) as connection:
        assert connection.execute("SELECT x FROM kept").fetchall() == [(1,)]


def test_a_search_of_the_documents_takes_no_lock_from_a_load(tmp_path: Path):
    """A load that is written while others search."""
    index = tmp_path / "index.sqlite"
    with closing(connect(index)) as load, transaction(load, "IMMEDIATE"):
        load.execute("INSERT INTO totals VALUES ('mine', 1, 1)")
        connect(index).close()
        other = subprocess.run([sys.executable, "-c", WRITE, str(index)], capture_output=True, text=True, check=True)
        assert other.stdout == "database is locked\n"
    with closing(connect(index)) as connection:
        assert [row["language"] for row in connection.execute("SELECT language FROM totals")] == ["mine"]
