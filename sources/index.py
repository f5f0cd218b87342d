"""The index of the user's documents: one SQLite file per set of `--docs` paths, with full-text search (FTS5).

Only what changed is read again. Texts are searched by the stems of their own language, so each of the five languages is
found by its plurals and verb forms.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ..errors import DocumentError, StorageError
from ..evidence.documents import Document, document_id
from ..storage.failures import folder_error, is_damage, storage_error
from ..storage.files import make_folder
from .folders import FoundFile
from .index_ranking import Frequencies, rank_passages, words_of
from .index_tables import (
    Totals,
    connect,
    count,
    files_of,
    hash_of,
    join_segments,
    stamps,
    stored_document,
    totals,
    transaction,
    write,
)
from .reading import Reading, read_files
from .recent import RecentDocuments

# So many files, or so many characters, are written in one transaction: others wait for it, and it lies in memory.
_BATCH_FILES: Final = 100
_BATCH_CHARACTERS: Final = 4_000_000
# A load that brings more than this share of all passages ends with an index in one part.
_MANY_NEW: Final = 0.2
# A query is stemmed in its own language and in so many of the documents'.
_LANGUAGES: Final = 4
# A document is as good as its best passages: the second and third count a half and a quarter.
_SHARES: Final = (1.0, 0.5, 0.25)

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


@dataclass(slots=True)
class _Batch:
    """What was read and is to be written."""

    readings: list[Reading] = field(default_factory=list)
    characters: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.readings) >= _BATCH_FILES or self.characters >= _BATCH_CHARACTERS

    def add(self, reading: Reading) -> None:
        self.readings.append(reading)
        self.characters += len(reading.document.text) if reading.document else 0

    def taken(self) -> list[Reading]:
        """The readings; the batch is empty then."""
        readings, self.readings, self.characters = self.readings, [], 0
        return readings


class _DamagedError(StorageError):
    """The file is no database any more, or a page of it is broken."""


class DocumentIndex:
    """The index in one file. Safe in several threads and processes: each call opens a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._recent = RecentDocuments()
        self._known = Frequencies(0)

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
        skipped: dict[str, str] = {}
        reused = new = 0
        batch = _Batch()
        with self._connection() as connection:
            known = stamps(connection)
            gone = known.keys() - {file.key for file in files}
            with closing(read_files(files, known, retrieved_at=retrieved_at)) as readings:
                for file, found in readings:
                    if isinstance(found, DocumentError):
                        skipped[file.url] = str(found)
                        gone.add(file.key)
                        continue
                    if found.stamp.reason:
                        skipped[file.url] = found.stamp.reason
                    elif found.known:
                        reused += 1
                    if found.stamp != known.get(file.key):
                        batch.add(found)
                    if batch.is_full:
                        new += write(connection, batch.taken())
            if batch.readings or gone:
                new += write(connection, batch.taken(), sorted(gone))
            there = count(connection)
            if new > _MANY_NEW * there.passages:
                join_segments(connection)
        self._known = Frequencies(0)
        return LoadReport(there.documents, there.passages, sorted(skipped.items()), reused)

    def search(self, text: str, *, language: str, limit: int, urls: Mapping[str, str]) -> list[Document]:
        """The documents whose passages answer the text best. `urls` maps each file to its path as the user gave it.

        Raises:
            StorageError: the index cannot be read.
        """
        with self._connection() as connection, transaction(connection, "DEFERRED"):
            # In the query's language and in those of the documents: names are shared, endings are not.
            there = totals(connection)
            languages = list(dict.fromkeys([language, *there.languages[:_LANGUAGES]]))
            hits = rank_passages(connection, words_of(text, languages), self._frequencies(there))
            scores: dict[str, list[float]] = {}
            for path, (_, score) in zip(files_of(connection, [passage for passage, _ in hits]), hits, strict=True):
                if path in urls:
                    scores.setdefault(path, []).append(score)
            ranked = sorted(scores, key=lambda path: (-_worth(scores[path]), path))
            return [self._document(connection, path, urls[path]) for path in ranked[:limit]]

    def _frequencies(self, there: Totals) -> Frequencies:
        """What earlier queries have asked for, as long as the index is as large as it was."""
        if self._known.passages != there.passages:
            self._known = Frequencies(there.passages)
        return self._known

    def _document(self, connection: sqlite3.Connection, path: str, url: str) -> Document:
        """A stored document under the path of today: the same folder may be given in another way next time."""
        version = hash_of(connection, path)
        document = self._recent.get(path, version)
        if document is None:
            try:
                document = stored_document(connection, path)
            except (ValueError, TypeError, RecursionError) as error:
                raise StorageError(
                    f"What the index of the documents keeps of {url} is damaged: {error}.",
                    hint="Delete the folder `documents` in TERTULIA_HOME: it is built again from the documents.",
                ) from error
            self._recent.put(path, version, document)
        return replace(document, id=document_id(url, document.source, document.content_hash), url=url)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            make_folder(self._path.parent)
            with closing(connect(self._path)) as connection:
                yield connection
        except sqlite3.Error as error:
            raised = storage_error(self._path, error)
            if is_damage(error):
                raise _DamagedError(str(raised), hint=f"Delete {self._path}; it is built again.") from error
            raise raised from error
        except OSError as error:
            hint = "Set TERTULIA_HOME to a folder you may write to; the index of the documents is kept there."
            raise folder_error(self._path.parent, error, hint=hint) from error


def _worth(scores: Sequence[float]) -> float:
    return sum(score * share for score, share in zip(scores, _SHARES, strict=False))
