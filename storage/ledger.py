"""The ledger's store in the runs database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from ..evidence.documents import Document
from ..evidence.passages import Passage
from .database import connect
from .failures import damaged


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
        async with self._lock:
            await asyncio.to_thread(self._save, documents, passages)

    def _load(self) -> tuple[list[Document], list[Passage]]:
        with connect(self._path) as connection:
            rows = connection.execute("SELECT data FROM documents WHERE run = ? ORDER BY id", (self._run,)).fetchall()
            try:
                documents = [Document(**json.loads(row["data"])) for row in rows]
            except (ValueError, TypeError) as error:
                raise damaged(f"the documents of run {self._run}", error) from error
            texts = {document.id: document.text for document in documents}
            passages = [
                Passage(
                    key=row["key"],
                    document_id=row["document_id"],
                    start=row["start"],
                    end=row["end"],
                    text=texts[row["document_id"]][row["start"] : row["end"]],
                    heading=row["heading"],
                )
                for row in connection.execute("SELECT * FROM passages WHERE run = ? ORDER BY key", (self._run,))
            ]
        return documents, passages

    def _save(self, documents: Sequence[Document], passages: Sequence[Passage]) -> None:
        with connect(self._path) as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO documents (run, id, data) VALUES (?,?,?)",
                [(self._run, d.id, json.dumps(d.to_dict(), ensure_ascii=False)) for d in documents],
            )
            connection.executemany(
                'INSERT OR IGNORE INTO passages (run, key, document_id, start, "end", heading) VALUES (?,?,?,?,?,?)',
                [(self._run, p.key, p.document_id, p.start, p.end, p.heading) for p in passages],
            )
