"""A source of another package, held to what sources promise: it ends in time, and fails as a source fails."""

from __future__ import annotations

import asyncio
from typing import Final

from ..errors import SourceError, SourceUnavailableError, StorageError, explain
from ..evidence.documents import Document, make_document
from .base import Query, Source

# Longer than any of ours takes. One that keeps the event loop from going on cannot be stopped.
SEARCH_SECONDS: Final = 120.0
# What is left to one that is stopped; longer than that it is not waited for.
STOP_SECONDS: Final = 1.0
CLOSE_SECONDS: Final = 10.0


class OutsideSource:
    """Passes searches on to a source of another package (`sources.base.Source`), under its name as an entry point."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.source = source

    async def search(self, query: Query) -> list[Document]:
        """Its documents; whatever else it does is a failure of the source."""
        searching = asyncio.create_task(self._answer(query))
        # Whoever stops waiting leaves it alone; asking for the exception keeps asyncio from warning about it.
        searching.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            in_time, _ = await asyncio.wait({searching}, timeout=SEARCH_SECONDS)
        except asyncio.CancelledError:
            searching.cancel()
            raise
        if not in_time:
            searching.cancel()
            await asyncio.wait({searching}, timeout=STOP_SECONDS)
            raise SourceUnavailableError(f"The source {self.name} did not answer in {SEARCH_SECONDS:g} s.")
        if searching.cancelled():
            raise SourceError(f"The source {self.name} is broken: it gave up its own search.")
        return searching.result()[: query.limit]

    async def _answer(self, query: Query) -> list[Document]:
        try:
            found: object = await self.source.search(query)
            documents = [_sound(document) for document in found] if isinstance(found, list) else None
        except (SourceError, StorageError):
            raise
        except Exception as error:
            raise SourceError(f"The source {self.name} is broken: {explain(error)}") from error
        if documents is None:
            raise SourceError(f"The source {self.name} is broken: it gave something other than documents.")
        return documents

    async def close(self) -> None:
        """Release what it holds.

        Raises whatever it raises, and TimeoutError.
        """
        async with asyncio.timeout(CLOSE_SECONDS):
            await self.source.close()


def _sound(document: object) -> Document:
    """A document as ours are: text in every field, whole characters, its own id and hash.

    Raises:
        TypeError: it is none, or holds something other than text.
    """
    if not isinstance(document, Document):
        raise TypeError(f"{type(document).__name__} is no document")
    given = document.to_dict()
    for name, value in given.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} of a document is {type(value).__name__}, not text")
    del given["id"], given["content_hash"]
    return make_document(**given)
