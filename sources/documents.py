"""The user's own documents: `--docs` files and folders, indexed once and searched without a network."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from ..errors import SourceSettingsError, UsageError
from ..evidence.documents import Document
from ..settings import Settings
from .base import Query
from .folders import find_files
from .formats.content import clean
from .index import DocumentIndex, LoadReport

_NAMED: Final = 5
_HINT: Final = "--docs reads md, txt, html, pdf, docx and csv files, and folders that hold them."


class DocumentsSource:
    """Searches the files of `settings.docs`. `load` reads what is new; without it the first search does."""

    name: Final = "documents"

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._roots = settings.docs
        self._index = DocumentIndex.for_roots(settings.home / "documents", settings.docs)
        self._clock = clock
        self._urls: dict[str, str] = {}
        self._loaded = False
        self._one_at_a_time = threading.Lock()

    async def load(self) -> LoadReport:
        """Bring the index up to date with the files and say what was loaded and what was skipped, and why.

        Raises:
            UsageError: a path does not exist, or nothing in them can be read.
            StorageError: the index cannot be written.
        """
        return await asyncio.to_thread(self._load)

    async def search(self, query: Query) -> list[Document]:
        """Whole documents, best first, by the stems of the query's words in the languages of the documents.

        Raises:
            SourceSettingsError: there is nothing to search.
            StorageError: the index cannot be used. A report without the user's own documents is none.
        """
        try:
            if not self._loaded:
                await self.load()
            return await asyncio.to_thread(
                self._index.search, clean(query.text), language=query.language, limit=query.limit, urls=self._urls
            )
        except UsageError as error:
            raise SourceSettingsError(str(error), hint=error.hint) from error

    async def close(self) -> None:
        """Nothing stays open between calls."""

    def _load(self) -> LoadReport:
        with self._one_at_a_time:
            if not self._roots:
                raise UsageError(
                    "The source documents has no files to search.", hint="Name files or folders with --docs."
                )
            files, unseen = find_files(self._roots)
            report = self._index.update(files, retrieved_at=self._clock().isoformat(timespec="seconds"))
            report = replace(report, skipped=[*unseen, *report.skipped])
            if not report.documents:
                raise UsageError(_nothing_found(self._roots, report), hint=_HINT)
            self._urls = {file.key: file.url for file in files}
            self._loaded = True
            return report


def _nothing_found(roots: Sequence[Path], report: LoadReport) -> str:
    """What was looked at in vain, with the first few reasons."""
    named = "; ".join(f"{path} ({reason})" for path, reason in report.skipped[:_NAMED])
    more = len(report.skipped) - _NAMED
    reasons = f" Skipped: {named}{f'; and {more} more' if more > 0 else ''}." if named else ""
    return f"No document can be read in {', '.join(map(str, roots))}.{reasons}"
