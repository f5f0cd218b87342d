"""Documents that were found a moment ago: a run's queries find the same ones, and a long one takes long to unpack."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from ..evidence.documents import Document

# The longest document has five million. A run keeps what it has found for as long as it lasts.
MOST_CHARACTERS: Final = 8_000_000


class RecentDocuments:
    """The documents that were asked for last, by path and version, of so many characters together. Safe in threads."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most, self._characters = most, 0
        self._documents: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: str, version: str) -> Document | None:
        """The document, if it is still here in this version."""
        with self._lock:
            document = self._documents.get((path, version))
            if document is not None:
                self._documents.move_to_end((path, version))
            return document

    def put(self, path: str, version: str, document: Document) -> None:
        """Keep it, in the place of those that were asked for longest ago."""
        with self._lock:
            if (path, version) in self._documents:
                return
            self._documents[path, version] = document
            self._characters += len(document.text)
            while self._characters > self._most:
                _, oldest = self._documents.popitem(last=False)
                self._characters -= len(oldest.text)
