"""The tables of an index of documents: what each file was, the documents, and their passages in full-text search."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..evidence.documents import Document
from ..evidence.passages import split_passages
from ..evidence.words import terms
from ..storage.files import make_file
from ..storage.rows import unpacked_document
from .loading import PARSER_VERSION
from .reading import Reading, Stamp

# Two numbers in one: how the tables look, and what the parsers make of a file.
_VERSION: Final = 2_000 + PARSER_VERSION
_WAIT_SECONDS: Final = 30
_PAGES_KEPT_KB: Final = 16_384

# Documents lie apart from what is read of every file at every load. The rows of `passages` that belong to a file begin
# at `first`; a file without any has 0.
_SCHEMA: Final = """
DROP TABLE IF EXISTS files; DROP TABLE IF EXISTS documents; DROP TABLE IF EXISTS passages; DROP TABLE IF EXISTS totals;
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL, hash TEXT NOT NULL,
    reason TEXT NOT NULL, language TEXT NOT NULL, first INTEGER NOT NULL, passages INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_by_first ON files (first, passages);
CREATE TABLE totals (language TEXT PRIMARY KEY, documents INTEGER NOT NULL, passages INTEGER NOT NULL);
CREATE TABLE documents (path TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE VIRTUAL TABLE passages USING fts5 (title, heading, body, tokenize = 'unicode61')
"""
_TOTALS: Final = "SELECT language, documents, passages FROM totals ORDER BY documents DESC, language"
_COUNTED: Final = """
SELECT language, count(*) AS documents, sum(passages) AS passages FROM files WHERE reason = '' GROUP BY language
"""
_FILES_OF: Final = """
SELECT (SELECT path FROM files WHERE first <= value ORDER BY first DESC LIMIT 1) FROM json_each(?) ORDER BY key
"""


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is, and the languages of the documents, that of most of them first."""

    documents: int
    passages: int
    languages: list[str]


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an index of this version, which its owner alone may read; one of another version is emptied."""
    make_file(path)
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{_PAGES_KEPT_KB}")
        if _version(connection) != _VERSION:
            with transaction(connection, "IMMEDIATE"):
                # Another process may have been quicker.
                if _version(connection) != _VERSION:
                    for statement in _SCHEMA.split(";"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {_VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    """All of a block or nothing of it."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def stamps(connection: sqlite3.Connection) -> dict[str, Stamp]:
    """What is known of each file, by its path."""
    rows = connection.execute("SELECT path, size, modified, hash, reason FROM files")
    return {path: Stamp(size, modified, digest, reason) for path, size, modified, digest, reason in rows}


def totals(connection: sqlite3.Connection) -> Totals:
    """What was counted at the end of the last load."""
    rows = connection.execute(_TOTALS).fetchall()
    documents, passages = (sum(row[name] for row in rows) for name in ("documents", "passages"))
    return Totals(documents, passages, [row["language"] for row in rows])


def count(connection: sqlite3.Connection) -> Totals:
    """Count everything, so that no query has to."""
    with transaction(connection, "IMMEDIATE"):
        connection.execute("DELETE FROM totals")
        connection.execute(f"INSERT INTO totals {_COUNTED}")
        return totals(connection)


def write(connection: sqlite3.Connection, readings: Iterable[Reading], gone: Iterable[str] = ()) -> int:
    """Keep what was read in place of what was there, and drop the files that are gone; how many passages are new."""
    new = 0
    with transaction(connection, "IMMEDIATE"):
        for path in gone:
            _forget(connection, path)
        for reading in readings:
            stamp = reading.stamp
            if reading.known:
                row = (stamp.size, stamp.modified, reading.path)
                connection.execute("UPDATE files SET size = ?, modified = ? WHERE path = ?", row)
            else:
                _forget(connection, reading.path)
                new += _store(connection, reading)
    return new


def join_segments(connection: sqlite3.Connection) -> None:
    """Make one part of the many that FTS5 has written its index in: each query would look into all of them."""
    with transaction(connection, "IMMEDIATE"):
        connection.execute("INSERT INTO passages (passages) VALUES ('optimize')")


def files_of(connection: sqlite3.Connection, passages: Sequence[int]) -> list[str]:
    """The paths of the files that passages come from."""
    rows = connection.execute(_FILES_OF, (json.dumps(passages),))
    return [path or "" for (path,) in rows]


def hash_of(connection: sqlite3.Connection, path: str) -> str:
    """The SHA-256 of a file as it was read; "" when there is none."""
    row = connection.execute("SELECT hash FROM files WHERE path = ?", (path,)).fetchone()
    return row["hash"] if row is not None else ""


def stored_document(connection: sqlite3.Connection, path: str) -> Document:
    """A file's document, as it was read.

    Raises:
        ValueError, TypeError, RecursionError: what is stored is damaged.
    """
    row = connection.execute("SELECT document FROM documents WHERE path = ?", (path,)).fetchone()
    if row is None:
        raise ValueError("there is none")
    return unpacked_document(row["document"])


def _version(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def _forget(connection: sqlite3.Connection, path: str) -> None:
    row = connection.execute("SELECT first, passages FROM files WHERE path = ?", (path,)).fetchone()
    if row is not None:
        last = row["first"] + row["passages"] - 1
        connection.execute("DELETE FROM passages WHERE rowid BETWEEN ? AND ?", (row["first"], last))
        connection.execute("DELETE FROM documents WHERE path = ?", (path,))
        connection.execute("DELETE FROM files WHERE path = ?", (path,))


def _store(connection: sqlite3.Connection, reading: Reading) -> int:
    stamp, language, first, passages = reading.stamp, "", 0, 0
    if reading.document is not None:
        language = reading.document.language
        first, passages = _store_document(connection, reading.path, reading.document)
    connection.execute(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (reading.path, stamp.size, stamp.modified, stamp.hash, stamp.reason, language, first, passages),
    )
    return passages


def _store_document(connection: sqlite3.Connection, path: str, document: Document) -> tuple[int, int]:
    """The first of the rows of its passages, and how many there are."""

    def stems(text: str) -> str:
        return " ".join(terms(text, document.language))

    passages = split_passages(document)
    if not passages:
        first = 0
    else:
        last = connection.execute("SELECT first + passages FROM files ORDER BY first DESC LIMIT 1").fetchone()
        first = max(1, last[0]) if last else 1
    title = stems(document.title)
    headings = {heading: stems(heading) for heading in {passage.heading for passage in passages}}
    connection.executemany(
        "INSERT INTO passages (rowid, title, heading, body) VALUES (?, ?, ?, ?)",
        [
            (first + place, title, headings[passage.heading], stems(passage.text))
            for place, passage in enumerate(passages)
        ],
    )
    connection.execute("INSERT INTO documents VALUES (?, ?)", (path, json.dumps(document.to_dict())))
    return first, len(passages)
