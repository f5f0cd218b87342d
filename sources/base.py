"""What a source is: a place that is searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ..evidence.documents import Document


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for.

    `text` as a person would type it; `language` is a code such as `en` or `es`; `limit` is the most documents
    wanted (a source may return fewer, never more).
    """

    text: str
    language: str = "en"
    limit: int = 5


@runtime_checkable
class Source(Protocol):
    """A place that is searched. Implementations are async, bounded in time, and safe to call concurrently."""

    @property
    def name(self) -> str:
        """The name in flags, state and reports: web, wikipedia, documents, …"""
        ...

    async def search(self, query: Query) -> list[Document]:
        """Documents for a query, best first, whole texts; an empty list when nothing fits.

        Raises:
            SourceSettingsError: a key or address is missing or wrong.
            SourceUnavailableError: no answer in time, or too many requests.
            SourceError: any other failure of the source; it becomes a gap in the report.
            StorageError: what is kept for it on this machine cannot be read or written; it ends the run.
        """
        ...

    async def close(self) -> None:
        """Release connections and files. Safe to call twice."""
        ...
