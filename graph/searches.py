"""Searches of one run: identical ones are answered once, whoever asks; then passages are cut and ranked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from ..errors import SourceError, SourceUnavailableError
from ..evidence.documents import Document
from ..evidence.passages import Excerpt, split_passages
from ..evidence.ranking import rank_excerpts
from ..sources.base import Query, Source

# A source that did not answer, retries included, is left in peace this long: a run without a network must not wait
# for it again at every question.
REST_SECONDS: Final = 60.0


class Searches:
    """The searches of one run, single flight: the second who asks waits for the first one's answer.

    A search that failed is forgotten, so a later question may try again; a source that does not answer rests first.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._resting: dict[str, tuple[float, SourceUnavailableError]] = {}
        self._answers: dict[tuple[str, Query], asyncio.Task[list[Document]]] = {}
        self._excerpts: dict[tuple[str, str], list[Excerpt]] = {}

    async def search(self, source: Source, query: Query) -> list[Document]:
        """What a source returns for a query. Raises what the source raises."""
        key = (source.name, Query(" ".join(query.text.casefold().split()), query.language, query.limit))
        task = self._answers.get(key)
        if task is None:
            until, failure = self._resting.get(source.name, (0.0, None))
            if failure is not None and self._monotonic() < until:
                raise SourceUnavailableError(str(failure), hint=failure.hint)
            task = self._answers[key] = asyncio.create_task(source.search(query))
            task.add_done_callback(lambda done: self._forget_failure(key, done))
        # Shielded: when the first who asked is cancelled, the others still get their answer.
        return await asyncio.shield(task)

    async def search_each(
        self, source: Source | None, name: str, queries: Sequence[Query]
    ) -> tuple[list[list[Document]], list[SourceError]]:
        """What a source returns for several queries, and how it failed for the others.

        It is None where it cannot be opened any more: the run began elsewhere, or with other keys.

        Raises what is no failure of the source.
        """
        if source is None:
            return [], [SourceError(f"The source {name} is not open any more.", hint="`tertulia sources` says why.")]
        answers = await asyncio.gather(*(self.search(source, query) for query in queries), return_exceptions=True)
        found: list[list[Document]] = []
        failures: list[SourceError] = []
        for answer in answers:
            match answer:
                case SourceError():
                    failures.append(answer)
                case BaseException():
                    raise answer
                case documents:
                    found.append(documents)
        return found, failures

    def rouse(self) -> None:
        """Let sources that rest be asked again: what failed while a person read must not fail the interviews."""
        self._resting.clear()

    async def close(self) -> None:
        """Cancel what is still under way."""
        searches = list(self._answers.values())
        for task in searches:
            task.cancel()
        await asyncio.gather(*searches, return_exceptions=True)

    async def best_excerpts(
        self, documents: Sequence[Document], queries: Sequence[str], *, language: str, limit: int
    ) -> list[Excerpt]:
        """The best passages of whole documents for these queries, best first."""
        return await asyncio.to_thread(self._best, documents, queries, language, limit)

    def _best(self, documents: Sequence[Document], queries: Sequence[str], language: str, limit: int) -> list[Excerpt]:
        excerpts = [excerpt for document in documents for excerpt in self._excerpts_of(document)]
        return rank_excerpts(excerpts, queries, language=language, limit=limit)

    def _excerpts_of(self, document: Document) -> list[Excerpt]:
        key = (document.id, document.content_hash)
        if key not in self._excerpts:
            self._excerpts[key] = [Excerpt(passage, document) for passage in split_passages(document)]
        return self._excerpts[key]

    def _forget_failure(self, key: tuple[str, Query], task: asyncio.Task[list[Document]]) -> None:
        # Asking for the exception also keeps asyncio from warning about one that nobody waited for.
        failure = None if task.cancelled() else task.exception()
        if task.cancelled() or failure is not None:
            self._answers.pop(key, None)
            if isinstance(failure, SourceUnavailableError):
                self._resting[key[0]] = (self._monotonic() + REST_SECONDS, failure)


def merge_documents(answers: Sequence[Sequence[Document]]) -> list[Document]:
    """Documents of several answers, best first: the first of each, then the second of each, without repetition."""
    merged: dict[str, Document] = {}
    for place in range(max((len(answer) for answer in answers), default=0)):
        for answer in answers:
            if place < len(answer):
                merged.setdefault(answer[place].url, answer[place])
    return list(merged.values())
