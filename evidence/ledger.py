"""The ledger: every document that was retrieved and every passage that was shown, kept once per run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from .documents import Document
from .passages import Excerpt, Passage, passage_key


class LedgerStore(Protocol):
    """Where a ledger is kept between processes."""

    async def load(self) -> tuple[list[Document], list[Passage]]:
        """Everything kept so far for this run."""
        ...

    async def save(self, documents: Sequence[Document], passages: Sequence[Passage]) -> None:
        """Keep these too. Saving the same document or passage again changes nothing."""
        ...


class Ledger:
    """The evidence of one run: documents by id, passages by key.

    Reads are in memory; writes go through to the store, when there is one, before they return.
    """

    def __init__(self, store: LedgerStore | None = None) -> None:
        self._store = store
        self._documents: dict[str, Document] = {}
        self._excerpts: dict[str, Excerpt] = {}
        # What the store is known to hold: until then whoever else uses a passage saves it too.
        self._saved: set[str] = set()

    @classmethod
    async def open(cls, store: LedgerStore) -> Ledger:
        """A ledger with what the store already holds."""
        documents, passages = await store.load()
        return cls.of(documents, passages, store)

    @classmethod
    def of(cls, documents: Iterable[Document], passages: Iterable[Passage], store: LedgerStore | None = None) -> Ledger:
        """A ledger that holds these already, every passage of these documents under its own key."""
        ledger = cls(store)
        ledger._documents.update((document.id, document) for document in documents)
        for passage in passages:
            if document := ledger._documents.get(passage.document_id):
                ledger._excerpts[passage.key] = Excerpt(passage, document)
        ledger._saved.update(ledger._excerpts)
        return ledger

    async def add(self, excerpts: Iterable[Excerpt]) -> list[Excerpt]:
        """Keep excerpts and their documents; returned in order, each under the key it is cited by.

        A page that is retrieved twice in one run, in the same text, is one document: the one that was kept first.
        """
        kept: list[Excerpt] = []
        for excerpt in excerpts:
            document = self._documents.setdefault(excerpt.document.id, excerpt.document)
            if document.text[excerpt.passage.start : excerpt.passage.end] != excerpt.text:
                continue
            kept.append(self._kept(excerpt, document))
        unsaved = {excerpt.key: excerpt for excerpt in kept if excerpt.key not in self._saved}
        if self._store is not None and unsaved:
            documents = {excerpt.document.id: excerpt.document for excerpt in unsaved.values()}
            await self._store.save(list(documents.values()), [excerpt.passage for excerpt in unsaved.values()])
            self._saved.update(unsaved)
        return kept

    def excerpts(self, keys: Iterable[str]) -> list[Excerpt]:
        """The excerpts of these keys, in this order; unknown keys are left out."""
        return [self._excerpts[key] for key in keys if key in self._excerpts]

    def document(self, document_id: str) -> Document | None:
        """The document with this id."""
        return self._documents.get(document_id)

    def documents(self) -> list[Document]:
        """All documents, ordered by id so that the order says nothing about who came first."""
        return sorted(self._documents.values(), key=lambda document: document.id)

    def passages(self) -> list[Passage]:
        """All passages, ordered by document and place."""
        passages = [excerpt.passage for excerpt in self._excerpts.values()]
        return sorted(passages, key=lambda passage: (passage.document_id, passage.start, passage.end))

    def _kept(self, excerpt: Excerpt, document: Document) -> Excerpt:
        """The excerpt under a key that no other span has: about 1 in 4,000 runs needs a second try."""
        passage, salt = excerpt.passage, 0
        key = passage.key
        while (other := self._excerpts.get(key)) is not None and not _same_span(other.passage, passage):
            salt += 1
            key = passage_key(passage.document_id, passage.start, passage.end, salt)
        if salt or excerpt.document is not document:
            excerpt = Excerpt(replace(passage, key=key), document)
        return self._excerpts.setdefault(key, excerpt)


def _same_span(one: Passage, other: Passage) -> bool:
    return (one.document_id, one.start, one.end) == (other.document_id, other.start, other.end)
