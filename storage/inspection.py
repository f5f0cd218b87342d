"""A look at a home folder that changes nothing in it: can it be used, and is what it holds whole?"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import StorageError
from .asked import unpacked_reply
from .database import FILE_NAME, MIGRATIONS, in_use, refuse_foreign, require_ours
from .failures import damaged, describe_bytes, free_bytes, is_damage, storage_error
from .ledger import read_evidence
from .rows import PROGRESS_KINDS, unpacked_report
from .runs import RUN_COLUMNS, read_run

# A run of three analysts over a few dozen pages writes 2 to 10 MB.
LOW_BYTES: Final = 16_000_000
_CHECK_SECONDS: Final = 5.0
_STEPS_BETWEEN_LOOKS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Condition:
    """What one part of a home is like; `hint` says what to do when it is not well."""

    part: str
    well: bool
    detail: str
    hint: str = ""


def inspect_home(home: Path) -> list[Condition]:
    """The database, the space and the indexes of documents. Never raises for what is wrong, and writes nothing."""
    try:
        database = _database(home)
    except StorageError as error:
        database = Condition("home", False, str(error), error.hint)
    except OSError as error:
        hint = "Check the rights of the folder, or set TERTULIA_HOME to another one."
        database = Condition("home", False, f"{home} cannot be read: {error.strerror or error}.", hint)
    return [database, *(_runs(home / FILE_NAME) if database.well else ()), _space(home), *_indexes(home)]


def _database(home: Path) -> Condition:
    path = home / FILE_NAME
    there = next(parent for parent in (home, *home.absolute().parents) if os.path.lexists(parent))
    if not there.is_dir() or not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        reason = "you may not write there" if there.is_dir() else f"{there} is not a folder"
        hint = "Check its rights, or set TERTULIA_HOME to a folder you may write to."
        return Condition("home", False, f"The folder {home} cannot be written: {reason}.", hint)
    refuse_foreign(path)
    if not path.exists() or not path.stat().st_size:
        return Condition("home", True, f"{path}: nothing yet, the first run begins it")
    with _opened(path) as connection:
        version = require_ours(connection, path)
        damage = _damage(connection)
        if damage:
            hint = "Put a copy of it back, or move it away to start anew; reports that were written stay."
            return Condition("home", False, f"The database {path} is damaged: {damage}", hint)
        runs = connection.execute("SELECT count(*) FROM runs").fetchone()[0] if version else 0
    return Condition("home", True, f"{path}: {runs} runs")


def _runs(path: Path) -> Iterator[Condition]:
    """The runs of which something cannot be understood, though the database is whole; the newest first, for a while."""
    if not path.exists() or not path.stat().st_size:
        return
    with _opened(path) as connection:
        connection.row_factory = sqlite3.Row
        if require_ours(connection, path) < len(MIGRATIONS):
            return  # it is read when it has been upgraded
        deadline = time.monotonic() + _CHECK_SECONDS
        for row in connection.execute("SELECT id, reply, report FROM runs ORDER BY created_at DESC").fetchall():
            if time.monotonic() > deadline:
                return
            try:
                _read(connection, row)
            except StorageError as error:
                yield Condition("runs", False, str(error), "Put a copy of the database back, or begin the run again.")


def _read(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Read all that is kept of a run; of its progress, only whether it is of a kind that is read at all.

    Raises:
        StorageError: something cannot be understood.
    """
    run = row["id"]
    read_run(connection.execute(f"SELECT {RUN_COLUMNS} FROM runs WHERE id = ?", (run,)).fetchone())  # noqa: S608
    if row["reply"]:
        unpacked_reply(run, row["reply"])
    if row["report"] is not None:
        unpacked_report(run, row["report"])
    read_evidence(connection, run)
    for table in ("checkpoints", "writes"):
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            kinds = connection.execute(f"SELECT DISTINCT type FROM {table} WHERE thread_id = ?", (run,))  # noqa: S608
            if strange := [kind["type"] for kind in kinds if kind["type"] not in PROGRESS_KINDS]:
                raise damaged(f"the progress of run {run}", ValueError(f"it is of kind {strange[0]!s:.40}"))


def _space(home: Path) -> Condition:
    free = free_bytes(home)
    well = free >= LOW_BYTES
    hint = "" if well else "Free some space there, or set TERTULIA_HOME to a folder on another disk."
    return Condition("space", well, f"{describe_bytes(free)} free for {home}", hint)


def _indexes(home: Path) -> Iterator[Condition]:
    """The indexes of documents that are damaged: one is built again when its file is gone."""
    try:
        paths = sorted((home / "documents").glob("*.sqlite"))
    except OSError:
        return
    for path in paths:
        try:
            with _opened(path) as connection:
                damage = _damage(connection)
        except StorageError as error:
            damage = str(error)
        if damage:
            detail = f"The index of the documents {path} is damaged: {damage}"
            yield Condition("documents", False, detail, "Delete it: it is built again from the documents.")


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A database to read. Without a log beside it, it is read as a file that nobody changes: no log is made."""
    log = path.with_name(f"{path.name}-wal")
    mode = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    try:
        address = f"{path.absolute().as_uri()}?{mode}"
        with in_use(path), closing(sqlite3.connect(address, uri=True)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise storage_error(path, error) from error


def _damage(connection: sqlite3.Connection) -> str:
    """The first thing that SQLite finds broken within a few seconds, or nothing."""
    deadline = time.monotonic() + _CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
    try:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            return ""
        if is_damage(error):
            return f"{error}."
        raise
    finally:
        connection.set_progress_handler(None, 0)
    return "" if found == "ok" else " ".join(str(found).split())
