"""The index of the user's documents: one SQLite file per set of `--docs` paths, with full-text search (FTS5).

Only what changed is read again. Texts are searched by the stems of their own language, so each of the five languages is
found by its plurals and verb forms.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ..errors import DocumentError, StorageError
from ..evidence.documents import Document, document_id
from ..evidence.passages import split_passages
from ..evidence.words import terms
from ..storage.failures import folder_error, is_damage, storage_error
from ..storage.files import make_folder
from ..storage.rows import unpacked_document
from .folders import FoundFile, printable_path
from .loading import PARSER_VERSION, as_document, open_file
from .parser import Parser

# Two numbers in one: how the tables look, and what the parsers make of a file.
_VERSION: Final = 1_000 + PARSER_VERSION
_WAIT_SECONDS: Final = 30
_BATCH: Final = 25
_PASSAGES_RANKED: Final = 400
_QUERY_TERMS: Final = 40
# A document is as good as its best passages: the second and third count a half and a quarter.
_SHARES: Final = (1.0, 0.5, 0.25)

_SCHEMA: Final = """
DROP TABLE IF EXISTS files; DROP TABLE IF EXISTS passages;
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL, hash TEXT NOT NULL,
    reason TEXT NOT NULL, language TEXT NOT NULL, document TEXT NOT NULL,
    first INTEGER NOT NULL, passages INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_by_first ON files (first);
CREATE VIRTUAL TABLE passages USING fts5 (title, heading, body, tokenize = 'unicode61');
"""
# A hit counts three times in the title of a document, twice in a heading.
_RANK: Final = """
SELECT rowid, -bm25(passages, 3.0, 2.0, 1.0) AS score FROM passages WHERE passages MATCH ?
ORDER BY score DESC, rowid LIMIT ?
"""
_SPOKEN: Final = """
SELECT language FROM files WHERE reason = '' GROUP BY language ORDER BY count(*) DESC, language LIMIT 4
"""


# How many skipped files a person is told by name, for each reason.
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of the files. `skipped` holds paths with reasons; `reused` counts those that had not changed."""

    documents: int
    passages: int
    skipped: list[tuple[str, str]]
    reused: int

    def summary(self) -> str:
        """What a person is told: how much was loaded, and by reason what was skipped, the first few by name."""
        lines = [f"Loaded {self.documents} documents, {self.passages} passages."]
        for reason in dict.fromkeys(reason for _, reason in self.skipped):
            paths = [path for path, why in self.skipped if why == reason]
            more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
            lines.append(f"Skipped {len(paths)} ({reason}): {', '.join(paths[:_NAMED])}{more}.")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One file as it was found: its stamp, and the document in it or the reason why there is none.

    `known` says that the index has what is in it already.
    """

    path: str
    size: int
    modified: int
    hash: str
    known: bool = False
    document: Document | None = None
    reason: str = ""


class _DamagedError(StorageError):
    """The file is no database any more, or a page of it is broken."""


class DocumentIndex:
    """The index in one file. Safe in several threads and processes: each call opens a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def for_roots(cls, folder: Path, roots: Sequence[Path]) -> DocumentIndex:
        """The index of a set of files and folders, whatever their order."""
        names = sorted(os.fsencode(os.path.realpath(root)) for root in roots)  # where resolve() would raise on a loop
        return cls(folder / f"{hashlib.sha256(bytes(1).join(names)).hexdigest()[:16]}.sqlite")

    def update(self, files: Sequence[FoundFile], *, retrieved_at: str) -> LoadReport:
        """Bring the index up to date: read what is new or changed, drop what is gone.

        Files are read outside of any transaction and written in small ones, so that two processes that index the same
        folder hardly wait for each other, and end with the same rows. An index that is damaged is built again.

        Raises:
            StorageError: the index cannot be written.
        """
        try:
            return self._update(files, retrieved_at=retrieved_at)
        except _DamagedError:
            # Nothing is lost: the documents are still there. A journal without its database would spoil the next one.
            for path in (self._path, self._path.with_name(f"{self._path.name}-journal")):
                path.unlink(missing_ok=True)
            return self._update(files, retrieved_at=retrieved_at)

    def _update(self, files: Sequence[FoundFile], *, retrieved_at: str) -> LoadReport:
        with self._connection() as connection:
            known = {row["path"]: row for row in connection.execute("SELECT * FROM files")}
        skipped: dict[str, str] = {}
        unread: list[str] = []
        batch: list[_Reading] = []
        reused = 0
        with Parser() as parser:
            for file in files:
                row = known.pop(file.key, None)
                try:
                    reading = _read(file, row, retrieved_at, parser)
                except DocumentError as error:
                    skipped[file.url] = str(error)
                    unread.append(file.key)
                    continue
                if reading.reason:
                    skipped[file.url] = reading.reason
                elif reading.known:
                    reused += 1
                if row is None or not reading.known or row["modified"] != reading.modified:
                    batch.append(reading)
                if len(batch) == _BATCH:
                    self._write(batch)
                    batch = []
        self._write(batch, gone=[*known, *unread])
        documents, passages = self._size()
        return LoadReport(documents, passages, sorted(skipped.items()), reused)

    def search(self, text: str, *, language: str, limit: int, urls: Mapping[str, str]) -> list[Document]:
        """The documents whose passages answer the text best. `urls` maps each file to its path as the user gave it.

        Raises:
            StorageError: the index cannot be read.
        """
        with self._connection() as connection, _transaction(connection, "DEFERRED"):
            # In the query's language and in those of the documents: names are shared, endings are not.
            languages = dict.fromkeys([language, *(row["language"] for row in connection.execute(_SPOKEN))])
            wanted = dict.fromkeys(term for code in languages for term in terms(text, code))
            if not wanted:
                return []
            expression = " OR ".join(f'"{term}"' for term in list(wanted)[:_QUERY_TERMS])
            hits = connection.execute(_RANK, (expression, _PASSAGES_RANKED)).fetchall()
            scores: dict[str, list[float]] = {}
            for hit in hits:
                if (path := _file_of(connection, hit["rowid"])) in urls:
                    scores.setdefault(path, []).append(hit["score"])
            ranked = sorted(scores, key=lambda path: (-_worth(scores[path]), path))
            return [_stored(connection, path, urls[path]) for path in ranked[:limit]]

    def _size(self) -> tuple[int, int]:
        with self._connection() as connection:
            counts = connection.execute("SELECT count(*), coalesce(sum(passages), 0) FROM files WHERE reason = ''")
            documents, passages = counts.fetchone()
        return documents, passages

    def _write(self, readings: Iterable[_Reading], gone: Iterable[str] = ()) -> None:
        with self._connection() as connection, _transaction(connection, "IMMEDIATE"):
            for path in gone:
                _forget(connection, path)
            for reading in readings:
                if reading.known:
                    stamp = (reading.size, reading.modified, reading.path)
                    connection.execute("UPDATE files SET size = ?, modified = ? WHERE path = ?", stamp)
                else:
                    _forget(connection, reading.path)
                    _store(connection, reading)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            make_folder(self._path.parent)
            with closing(_connect(self._path)) as connection:
                yield connection
        except sqlite3.Error as error:
            raised = storage_error(self._path, error)
            if is_damage(error):
                raise _DamagedError(str(raised), hint=f"Delete {self._path}; it is built again.") from error
            raise raised from error
        except OSError as error:
            hint = "Set TERTULIA_HOME to a folder you may write to; the index of the documents is kept there."
            raise folder_error(self._path.parent, error, hint=hint) from error


def _connect(path: Path) -> sqlite3.Connection:
    """A connection to an index of this version; one of another version is emptied."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        if _version(connection) != _VERSION:
            with _transaction(connection, "IMMEDIATE"):
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
def _transaction(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _version(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def _read(file: FoundFile, row: sqlite3.Row | None, retrieved_at: str, parser: Parser) -> _Reading:
    """Read a file, as far as needed: first its stamp is looked at, then its bytes, then what they say.

    Raises:
        DocumentError: its bytes cannot be had now. What is wrong inside of them is a reading with a reason.
    """
    try:
        stat = file.path.stat()
    except OSError as error:
        raise DocumentError(error.strerror or "it cannot be read") from error
    if row is not None and (row["size"], row["modified"]) == (stat.st_size, stat.st_mtime_ns):
        return _Reading(file.key, stat.st_size, stat.st_mtime_ns, row["hash"], known=True, reason=row["reason"])
    with open_file(file.path) as opened:
        found = _Reading(file.key, opened.size, opened.modified, opened.digest())
        if row is not None and row["hash"] == found.hash:
            return replace(found, known=True, reason=row["reason"])
        try:
            content = parser.parse(opened.file, size=opened.size, digest=found.hash, name=printable_path(file.path))
        except DocumentError as error:
            if error.retryable:
                raise
            return replace(found, reason=str(error))
    return replace(found, document=as_document(content, path=file.path, url=file.url, retrieved_at=retrieved_at))


def _forget(connection: sqlite3.Connection, path: str) -> None:
    row = connection.execute("SELECT first, passages FROM files WHERE path = ?", (path,)).fetchone()
    if row is not None:
        last = row["first"] + row["passages"] - 1
        connection.execute("DELETE FROM passages WHERE rowid BETWEEN ? AND ?", (row["first"], last))
        connection.execute("DELETE FROM files WHERE path = ?", (path,))


def _store(connection: sqlite3.Connection, reading: _Reading) -> None:
    document = reading.document
    language = document.language if document else ""
    passages = split_passages(document) if document else []
    first = connection.execute("SELECT coalesce(max(first + passages), 1) FROM files").fetchone()[0]

    def stems(text: str) -> str:
        return " ".join(terms(text, language))

    title = stems(document.title) if document else ""
    connection.executemany(
        "INSERT INTO passages (rowid, title, heading, body) VALUES (?, ?, ?, ?)",
        [(first + n, title, stems(passage.heading), stems(passage.text)) for n, passage in enumerate(passages)],
    )
    stored = json.dumps(document.to_dict()) if document else ""
    connection.execute(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(reading.path, reading.size, reading.modified, reading.hash),
            *(reading.reason, language, stored, first, len(passages)),
        ),
    )


def _file_of(connection: sqlite3.Connection, passage: int) -> str:
    row = connection.execute(
        "SELECT path FROM files WHERE first <= ? AND passages > 0 ORDER BY first DESC LIMIT 1", (passage,)
    ).fetchone()
    return row["path"] if row is not None else ""


def _worth(scores: Sequence[float]) -> float:
    return sum(score * share for score, share in zip(scores, _SHARES, strict=False))


def _stored(connection: sqlite3.Connection, path: str, url: str) -> Document:
    """A stored document under the path of today: the same folder may be given in another way next time."""
    row = connection.execute("SELECT document FROM files WHERE path = ?", (path,)).fetchone()
    try:
        document = unpacked_document(row["document"])
    except (ValueError, TypeError, RecursionError) as error:
        raise StorageError(
            f"What the index of the documents keeps of {url} is damaged: {error}.",
            hint="Delete the folder `documents` in TERTULIA_HOME: it is built again from the documents.",
        ) from error
    return replace(document, id=document_id(url, document.source, document.content_hash), url=url)
