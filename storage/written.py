"""What tertulia wrote where, so that it replaces and removes nothing else.

Each file that is written is noted with its hash. A file is ours while its hash is one of those: who changed it, or put
another one in its place, keeps it unless they say `--force`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from ..errors import UsageError
from .database import connect, reading
from .failures import folder_error
from .files import write_files

_TRANSCRIPTS: Final = "interviews/"
_REPORT: Final = "report.md"

Hashes = Mapping[str, frozenset[bytes]]


def write_report(
    database: Path, run: str, folder: Path, files: Mapping[str, str], *, force: bool = False
) -> list[Path]:
    """Write the files of a run into a folder, and remove transcripts there that went with a report which is replaced.

    Raises:
        UsageError: a file is in the way that tertulia did not write, or that was changed since, and not `force`.
        StorageError: the folder or the database cannot be written, or a link leads out of it.
    """
    root = folder.resolve()
    hashes = {name: hashlib.sha256(text.encode()).digest() for name, text in files.items()}
    noted = _noted(database, root)
    ours = {name: noted.get(name, frozenset()) | {hashes[name]} for name in files}
    if not force:
        _refuse(root, ours, noted)
    gone = [
        name
        for name, known in noted.items()
        if name.startswith(_TRANSCRIPTS) and name not in files and _REPORT in files and _is_one_of(root / name, known)
    ]
    place = os.fsencode(root)
    # Before they are written: whenever the process dies, both the old file and the new one are known as ours.
    with connect(database) as connection:
        rows = [(place, name, found, run) for name, found in hashes.items()]
        connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)
    written = write_files(root, files)
    for name in gone:
        (root / name).unlink(missing_ok=True)
    with connect(database) as connection:
        stale = [(place, name, hashes.get(name, b"")) for name in (*files, *gone)]
        connection.executemany("DELETE FROM files WHERE folder = ? AND name = ? AND hash <> ?", stale)
    return written


def refuse_foreign(database: Path, folder: Path, names: Iterable[str]) -> None:
    """Look, before anything is paid for, whether files with these names are in a folder that are not ours.

    Raises:
        UsageError: there is one.
    """
    root = folder.resolve()
    noted = _noted(database, root)
    _refuse(root, {name: noted.get(name, frozenset()) for name in names}, noted)


def _refuse(root: Path, ours: Hashes, noted: Hashes) -> None:
    for name, known in ours.items():
        path = root / name
        if os.path.lexists(path) and not _is_one_of(path, known):
            why = "was changed since tertulia wrote it" if name in noted else "was not written by tertulia"
            raise UsageError(
                f"{path} {why}, so it is not replaced.",
                hint="Choose another folder with --output, or replace it with --force.",
            )


def _noted(database: Path, root: Path) -> dict[str, frozenset[bytes]]:
    """The names of the files that were written into a folder, each with the hashes that are ours."""
    with reading(database) as connection:
        rows = connection.execute("SELECT name, hash FROM files WHERE folder = ?", (os.fsencode(root),)).fetchall()
    return {row["name"]: frozenset(other["hash"] for other in rows if other["name"] == row["name"]) for row in rows}


def _is_one_of(path: Path, known: frozenset[bytes]) -> bool:
    """Whether a regular file, and no link to one, has one of these hashes."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest() in known
    except FileNotFoundError:
        return False
    except OSError as error:
        raise folder_error(path.parent, error, hint="Choose another folder with --output.") from error
