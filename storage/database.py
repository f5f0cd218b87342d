"""The database of this machine: one SQLite file in TERTULIA_HOME, in WAL mode, readable by its owner only.

LangGraph's checkpoints live in the same file, in tables of their own (`checkpoints`, `writes`).
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

from ..errors import StorageError
from .failures import folder_error, is_busy, storage_error
from .files import make_file, make_folder
from .turns import turn

FILE_NAME: Final = "tertulia.db"
BUSY_SECONDS: Final = 30.0
_LOOK_AGAIN_SECONDS: Final = 0.01
# In WAL mode what is committed survives a kill, and the database is whole after a power cut, which may take the last
# commits with it. Waiting for the disk at each of the hundreds of commits of a run kept ten runs from working at once.
COMMIT_QUICKLY: Final = "PRAGMA synchronous=NORMAL"
LEAVE_THE_LOG: Final = "PRAGMA wal_autocheckpoint=0"
MOVE_THE_LOG: Final = "PRAGMA wal_autocheckpoint=1000"
# How many connections this process has to each database.
_used: Final[Counter[str]] = Counter()
_LOOKING: Final = Lock()
_DATABASE_BEGINS: Final = b"SQLite format 3\0"
_LOG_BEGINS: Final = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")  # sqlite.org/fileformat2.html

# Numbered by place: PRAGMA user_version says how many have run. Only ever add to the end.
MIGRATIONS: Final = (
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        topic TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        request TEXT NOT NULL,
        engine TEXT NOT NULL DEFAULT '',
        title TEXT NOT NULL DEFAULT '',
        output TEXT NOT NULL DEFAULT '',
        detail TEXT NOT NULL DEFAULT '',
        input_tokens INTEGER NOT NULL DEFAULT 0,
        output_tokens INTEGER NOT NULL DEFAULT 0,
        reply TEXT NOT NULL DEFAULT '',
        report BLOB
    );
    CREATE TABLE documents (
        run TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (run, id)
    ) WITHOUT ROWID;
    CREATE TABLE passages (
        run TEXT NOT NULL, key TEXT NOT NULL, document_id TEXT NOT NULL,
        start INTEGER NOT NULL, "end" INTEGER NOT NULL, heading TEXT NOT NULL,
        PRIMARY KEY (run, key)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE runs ADD COLUMN trace TEXT NOT NULL DEFAULT '';
    """,
    """
    ALTER TABLE runs ADD COLUMN cost REAL;
    CREATE TABLE usage (number INTEGER PRIMARY KEY, run TEXT NOT NULL, data TEXT NOT NULL);
    CREATE INDEX usage_of_run ON usage (run);
    """,
    """
    CREATE TABLE files (
        folder BLOB NOT NULL, name TEXT NOT NULL, hash BLOB NOT NULL, run TEXT NOT NULL,
        PRIMARY KEY (folder, name, hash)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE events (
        run TEXT NOT NULL, number INTEGER NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (run, number)
    ) WITHOUT ROWID;
    """,
)


def prepare_database(home: Path) -> Path:
    """Create or upgrade the database and return its path.

    Raises:
        StorageError: the folder cannot be written, or the file is not a database or comes from a newer tertulia.
    """
    path = home / FILE_NAME
    try:
        make_folder(home)
        refuse_foreign(path)
        make_file(path)
        with reading(path) as connection:
            version = require_ours(connection, path)
            is_ready = version == len(MIGRATIONS) and _keeps_a_log(connection)
        if not is_ready:
            with connect(path) as connection:
                keep_a_log(connection)
                _migrate(connection, version)
    except OSError as error:
        raise folder_error(home, error, hint="Set TERTULIA_HOME to a folder you may write to.") from error
    return path


@contextmanager
def connect(path: Path, wait: float | None = None) -> Iterator[sqlite3.Connection]:
    """A connection for one short piece of writing: committed when the block ends well, rolled back when it does not.

    `wait` is how many seconds another process is waited for, `BUSY_SECONDS` where it is not given. Who cannot wait
    leaves it to others to move the log into the database, which waits for the disk too.

    Raises:
        StorageError: what SQLite reports, in a sentence.
    """
    try:
        with in_use(path), closing(_open(path, wait)) as connection, turn(path):
            connection.execute(COMMIT_QUICKLY)
            if wait == 0:
                connection.execute(LEAVE_THE_LOG)
            with connection:
                yield connection
    except sqlite3.Error as error:
        raise storage_error(path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, and waits for nobody who writes: the log has what was committed before.

    A writer may wait for another process for as long as that works. What is read on an event loop must not wait with
    it, as it would for its turn.

    Raises:
        StorageError: what SQLite reports, in a sentence.
    """
    try:
        with in_use(path), closing(_open(path)) as connection:
            connection.execute("PRAGMA query_only=ON")
            yield connection
    except sqlite3.Error as error:
        raise storage_error(path, error) from error


def _open(path: Path, wait: float | None = None) -> sqlite3.Connection:
    """A connection to a file that is there: SQLite would make one that anybody can read, and nothing would be in it."""
    timeout = BUSY_SECONDS if wait is None else wait
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=timeout)
    connection.row_factory = sqlite3.Row
    return connection


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """While the block lasts this process has a connection to a database, and `refuse_foreign` leaves its file alone."""
    file = _file(path)
    with _LOOKING:
        _used[file] += 1
    try:
        yield
    finally:
        with _LOOKING:
            _used[file] -= 1


def is_in_use(path: Path) -> bool:
    """Whether this process has a connection to a database."""
    return _used[_file(path)] > 0


def _file(path: Path) -> str:
    return _real_path(path.absolute())


@lru_cache(maxsize=64)
def _real_path(path: Path) -> str:
    """Where an absolute path leads to: a question to the system for each folder, at each of a run's many writes."""
    return os.path.realpath(path)


def keep_a_log(connection: sqlite3.Connection) -> None:
    """Have a database in WAL mode, while others may be about the same.

    Whoever changes the mode needs the file alone, and SQLite gives up at once, without the wait that it was told, where
    two ask for that together: of eight processes that made a database together, one failed in three tries of ten.

    Raises:
        sqlite3.OperationalError: another process has kept the database busy all the while.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return


def _keeps_a_log(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal")


def refuse_foreign(path: Path) -> None:
    """Look at the files before SQLite does, which empties a log that fits no database and takes in one that does.

    Not while this process has a connection: SQLite looked then already, and who closes a file gives up all locks that
    its process has on it. Another process would take the log for its own and delete it.

    Raises:
        StorageError: the file is no database or comes from a newer tertulia, its log is not one, or there is a log
            without a database.
        OSError: the files cannot be read.
    """
    with _LOOKING:
        if not _used[_file(path)]:
            _look(path)


def _look(path: Path) -> None:
    away = f"Move {path} away to start anew; tertulia does not overwrite it."
    if path.is_dir():
        raise StorageError(f"{path} is a folder, not a database.", hint=away)
    log = path.with_name(f"{path.name}-wal")
    # The log first: whoever makes a database writes into it before its log.
    log_begin, begin = _begin(log, 4).strip(b"\0"), _begin(path, 64)
    if log_begin and not begin:
        raise StorageError(
            f"{log} is there without its database {path.name}; it may hold the last changes.",
            hint=f"Put {path.name} back beside it, or move {log.name} away to start anew.",
        )
    if log_begin and log_begin not in _LOG_BEGINS:
        raise StorageError(
            f"{log} is not a log of {path.name}.", hint="Put the right one back, or move it away to go on without it."
        )
    if begin and not begin.startswith(_DATABASE_BEGINS):
        raise StorageError(f"{path} is not a database.", hint=away)
    _refuse_newer(path, int.from_bytes(begin[60:64], "big"))


def require_ours(connection: sqlite3.Connection, path: Path) -> int:
    """How many migrations a database has; one of a newer version or of another program is left alone.

    Raises:
        StorageError: it is one of those.
    """
    connection.execute("BEGIN")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    table = connection.execute("SELECT name FROM sqlite_master LIMIT 1").fetchone()
    connection.rollback()
    _refuse_newer(path, version)
    if table is not None and not version:
        raise StorageError(
            f"{path} belongs to another program: it has a table {table[0]!r} of its own.",
            hint=f"Move {path} away to start anew; tertulia does not overwrite it.",
        )
    return version


def _refuse_newer(path: Path, version: int) -> None:
    if version > len(MIGRATIONS):
        raise StorageError(
            f"{path} was written by a newer tertulia (version {version}; this one knows {len(MIGRATIONS)}).",
            hint="Upgrade tertulia, or set TERTULIA_HOME to another folder.",
        )


def _begin(path: Path, size: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except FileNotFoundError:
        return b""


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        # One transaction with a check inside: two processes that start together do not both migrate.
        connection.execute("BEGIN IMMEDIATE")
        (current,) = connection.execute("PRAGMA user_version").fetchone()
        if current < number:
            for statement in script.split(";"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")
        connection.commit()
