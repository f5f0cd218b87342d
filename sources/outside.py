"""A source of another package, held to what sources promise: it ends in time, and fails as a source fails."""

from __future__ import annotations

import asyncio
from typing import Final

from ..errors import SourceError, SourceUnavailableError, StorageError, explain
from ..evidence.documents import Document
from .base import Query, Source

# Longer than any of ours takes. One that keeps the event loop from going on cannot be stopped.
SEARCH_SECONDS: Final = 120.0
CLOSE_SECONDS: Final = 10.0


class OutsideSource:
    """Passes searches on to a source of another package (`sources.base.Source`), under its name as an entry point."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.source = source

    async def search(self, query: Query) -> list[Document]:
        """Its documents; whatever else it does is a failure of the source."""
        try:
            async with asyncio.timeout(SEARCH_SECONDS):
                found: object = await self.source.search(query)
        except (SourceError, StorageError):
            raise
        except TimeoutError as error:
            raise SourceUnavailableError(f"The source {self.name} did not answer in {SEARCH_SECONDS:g} s.") from error
        except Exception as error:
            raise SourceError(f"The source {self.name} is broken: {explain(error)}") from error
        documents = (
            [document for document in found if isinstance(document, Document)] if isinstance(found, list) else []
        )
        if not isinstance(found, list) or len(documents) < len(found):
            raise SourceError(f"The source {self.name} is broken: it gave something other than documents.")
        return documents[: query.limit]

    async def close(self) -> None:
        """Release what it holds.

        Raises whatever it raises, and TimeoutError.
        """
        async with asyncio.timeout(CLOSE_SECONDS):
            await self.source.close()
