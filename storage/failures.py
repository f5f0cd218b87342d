"""Why the disk or SQLite refused, in a sentence that names the file or folder, and what to do about it."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Final

from ..errors import StorageError

# Below this a write that failed without a reason failed for want of space: SQLite needs pages, a log and its index.
TIGHT: Final = 256 * 1024

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_AWAY: Final = "move it away, with the files {name}-wal and {name}-shm if there are any, to start anew"


def storage_error(path: Path, error: sqlite3.Error) -> StorageError:
    """What SQLite reports about a database, in a sentence with a hint."""
    away = _AWAY.format(name=path.name)
    match _code(error):
        case sqlite3.SQLITE_FULL:
            return disk_full(path.parent, path.name)
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN if free_bytes(path.parent) < TIGHT:
            return disk_full(path.parent, path.name)
        case sqlite3.SQLITE_NOTADB:
            hint = f"{away[0].upper()}{away[1:]}; tertulia does not overwrite it."
            return StorageError(f"{path} cannot be used: {error}.", hint=hint)
        case sqlite3.SQLITE_CORRUPT:
            hint = f"Put a copy of it back, or {away}; reports that were written stay. `tertulia doctor` says more."
            return StorageError(f"The database {path} is damaged: {error}.", hint=hint)
        case _ if is_busy(error):
            return StorageError(f"Another process keeps the database {path} busy.", hint="Try again in a moment.")
        case sqlite3.SQLITE_READONLY:
            hint = "Check the rights of the file and its folder, or set TERTULIA_HOME to a folder you may write to."
            return StorageError(f"The database {path} cannot be written: {error}.", hint=hint)
    hint = "Check the disk, its quota and the rights of the folder; `tertulia doctor` says more."
    free = describe_bytes(free_bytes(path.parent))
    return StorageError(f"The database {path} cannot be used: {error} ({free} free).", hint=hint)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file is no database, or that something in it is broken."""
    return _code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process, or another connection of this one, is at work on what was wanted."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def damaged(what: str, error: Exception) -> StorageError:
    """A row of the database that cannot be understood, although SQLite has nothing to say against it."""
    hint = "Put a copy of the database back; `tertulia doctor` says where it is and whether more of it is damaged."
    return StorageError(f"What is stored as {what} is damaged: {error}.", hint=hint)


def folder_error(folder: Path, error: OSError, *, hint: str) -> StorageError:
    """What the operating system reports about a folder; `hint` says what to do when it is not for want of space."""
    if error.errno in _FULL:
        return disk_full(folder, "files")
    return StorageError(f"The folder {folder} cannot be written: {error.strerror or error}.", hint=hint)


def disk_full(folder: Path, what: str) -> StorageError:
    """There is no room in a folder for `what`: a file's name, or what its files are called."""
    free = free_bytes(folder)
    where = f"{what} cannot be written in {folder} ({describe_bytes(free)} free)."
    if free < TIGHT:
        return StorageError(f"The disk is full: {where}", hint="Free some space there.")
    hint = "Free some space there, or raise the quota or the limit on the size of files."
    return StorageError(f"The disk, or your share of it, is full: {where}", hint=hint)


def free_bytes(folder: Path) -> int:
    """What may still be written in a folder, or in the one where it will be made; 0 when no file can be made there."""
    there = next((parent for parent in (folder, *folder.parents) if os.path.lexists(parent)), folder)
    try:
        if hasattr(os, "statvfs"):
            stat = os.statvfs(there)
            if stat.f_files and not stat.f_favail:
                return 0
        return shutil.disk_usage(there).free
    except OSError:
        return 0


def describe_bytes(count: int) -> str:
    """An amount as a person reads it: 12 kB, 3.4 GB."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1_000:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1_000
    return f"{amount:.1f} TB"


def _code(error: sqlite3.Error) -> int:
    """What kind of error it is: the low byte. The others tell where in SQLite it happened."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
