"""The ledger's store in the runs database."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ..evidence.documents import Document
from ..evidence.passages import Passage
from .database import connect, reading
from .failures import damaged
from .rows import unpacked_document
from .writing import patiently, write

# Characters. What is longer takes longer than an event loop can spare.
_SHORT: Final = 200_000


class SqliteLedgerStore:
    """Keeps the evidence of one run in the tables `documents` and `passages` (`evidence.ledger.LedgerStore`)."""

    def __init__(self, path: Path, run: str) -> None:
        self._path = path
        self._run = run
        self._lock = asyncio.Lock()

    async def load(self) -> tuple[list[Document], list[Passage]]:
        """Everything kept so far for this run."""
        return await asyncio.to_thread(self._load)

    async def save(self, documents: Sequence[Document], passages: Sequence[Passage]) -> None:
        """Keep these too, in one transaction."""

        def work(wait: float) -> None:
            self._save(documents, passages, wait)

        async with self._lock:
            if sum(len(document.text) for document in documents) > _SHORT:
                await asyncio.to_thread(patiently, self._path, work)
            else:
                await write(self._path, work)

    def _load(self) -> tuple[list[Document], list[Passage]]:
        with reading(self._path) as connection:
            # Both tables as they were at one moment: a passage that is saved meanwhile would have no document.
            connection.execute("BEGIN")
            return read_evidence(connection, self._run)

    def _save(self, documents: Sequence[Document], passages: Sequence[Passage], wait: float) -> None:
        texts = [(self._run, d.id, json.dumps(d.to_dict(), ensure_ascii=False)) for d in documents]
        places = [(self._run, p.key, p.document_id, p.start, p.end, p.heading) for p in passages]
        with connect(self._path, wait) as connection:
            connection.executemany("INSERT OR IGNORE INTO documents (run, id, data) VALUES (?,?,?)", texts)
            connection.executemany(
                'INSERT OR IGNORE INTO passages (run, key, document_id, start, "end", heading) VALUES (?,?,?,?,?,?)',
                places,
            )


def read_evidence(connection: sqlite3.Connection, run: str) -> tuple[list[Document], list[Passage]]:
    """The documents and passages that are kept of a run.

    Raises:
        StorageError: they cannot be understood, or a text was changed since.
    """
    rows = connection.execute("SELECT data FROM documents WHERE run = ? ORDER BY id", (run,)).fetchall()
    spans = connection.execute("SELECT * FROM passages WHERE run = ? ORDER BY key", (run,)).fetchall()
    try:
        documents = [unpacked_document(row["data"]) for row in rows]
        texts = {document.id: document.text for document in documents}
        return documents, [_passage(row, texts) for row in spans]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise damaged(f"the documents of run {run}", error) from error


def _passage(row: sqlite3.Row, texts: Mapping[str, str]) -> Passage:
    start, end, text = row["start"], row["end"], texts[row["document_id"]]
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
        raise ValueError(f"the passage {row['key']} is not in its document")
    if not isinstance(row["key"], str) or not isinstance(row["heading"], str):
        raise TypeError("a passage has the wrong form")
    return Passage(row["key"], row["document_id"], start, end, text[start:end], row["heading"])
