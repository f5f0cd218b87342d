"""Passages: the spans of documents that sentences cite, each with an opaque key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from .documents import Document
from .words import folded_words, stems

# A letter, a digit, then four of either, without 0, 1, l, o: short enough for a small model to copy, and never
# mistaken for a word, a number or a reference.
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz"
_DIGITS: Final = "23456789"
_BOTH: Final = _LETTERS + _DIGITS
KEY_PATTERN: Final = re.compile(rf"[{_LETTERS}][{_DIGITS}][{_BOTH}]{{4}}")

TARGET_LENGTH: Final = 700
MAXIMUM_LENGTH: Final = 1100
# Of longer documents the stems are not kept.
_LONGEST_KEPT: Final = 300_000

_BLANK_LINES = re.compile(r"\n\s*\n")
_HEADING = re.compile(r"\s*#{1,6} +(?P<title>[^\n]*)")
_SENTENCE_END = re.compile(r"[.!?…][\"'»”’)\]]*\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document. `text == document.text[start:end]`; offsets are Unicode code points."""

    key: str
    document_id: str
    start: int
    end: int
    text: str
    heading: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The passage as JSON-ready data."""
        return {name: getattr(self, name) for name in self.__slots__}


class Stemmed(NamedTuple):
    """A text's words in one language as their stems, each between spaces of its own, and how many words it has.

    As one text they take a tenth of the memory of a table, and are counted as quickly.
    """

    language: str
    text: str
    length: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage together with the document it comes from: what a role is shown."""

    passage: Passage
    document: Document
    _stemmed: Stemmed | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def key(self) -> str:
        """The key a sentence cites this passage by."""
        return self.passage.key

    @property
    def text(self) -> str:
        """The passage's text."""
        return self.passage.text

    def stemmed(self, language: str) -> Stemmed:
        """The stems of the passage, its heading and its title. A run asks for them whenever a search finds it."""
        known = self._stemmed
        if known is None or known.language != language:
            words = folded_words(f"{self.document.title}\n{self.passage.heading}\n{self.text}")
            known = Stemmed(language, f" {'  '.join(map(stems(language).__getitem__, words))} ", len(words))
            # They take as much memory as the text itself.
            if len(self.document.text) <= _LONGEST_KEPT:
                object.__setattr__(self, "_stemmed", known)
        return known


def passage_key(document_id: str, start: int, end: int, salt: int = 0) -> str:
    """The key of a span: six characters derived from its place, the same in every run. `salt` parts collisions."""
    number = int.from_bytes(hashlib.sha256(f"{document_id}:{start}:{end}:{salt}".encode()).digest()[:8], "big")
    characters = []
    for alphabet in (_LETTERS, _DIGITS, _BOTH, _BOTH, _BOTH, _BOTH):
        number, index = divmod(number, len(alphabet))
        characters.append(alphabet[index])
    return "".join(characters)


def split_passages(document: Document) -> list[Passage]:
    """Cut a document into passages of about 700 characters at paragraph, then sentence, then word borders.

    Headings are not part of a passage's text; each passage carries the nearest heading above it. Neighbouring short
    paragraphs under one heading are joined. A passage never crosses a heading.
    """
    passages: list[Passage] = []
    heading = ""
    start = end = -1

    def close() -> None:
        nonlocal start, end
        if start >= 0:
            passages.extend(_cut(document, start, end, heading))
        start = end = -1

    for begin, stop in _blocks(document.text):
        after = begin
        while match := _HEADING.match(document.text, after, stop):
            close()
            heading = match["title"].strip(" #")
            after = match.end()
        block_start, block_end = _trim(document.text, after, stop)
        if block_start >= block_end:
            continue
        if start >= 0 and block_end - start > TARGET_LENGTH:
            close()
        start, end = (block_start if start < 0 else start), block_end
    close()
    return passages


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """The spans between blank lines, white space at their borders included."""
    start = 0
    for blank in _BLANK_LINES.finditer(text):
        yield start, blank.start()
        start = blank.end()
    yield start, len(text)


def _cut(document: Document, start: int, end: int, heading: str) -> list[Passage]:
    passages = []
    while start < end:
        stop = end if end - start <= MAXIMUM_LENGTH else _border(document.text, start, end)
        first, last = _trim(document.text, start, stop)
        if first < last:
            key = passage_key(document.id, first, last)
            passages.append(Passage(key, document.id, first, last, document.text[first:last], heading))
        start = stop
    return passages


def _border(text: str, start: int, end: int) -> int:
    """Where to cut a long block: the last line or sentence end before the target, else the last space."""
    limit = min(start + TARGET_LENGTH, end)
    newline = text.rfind("\n", start + 1, limit)
    sentence = max((m.end() for m in _SENTENCE_END.finditer(text, start, limit)), default=-1)
    space = text.rfind(" ", start + 1, limit)
    for place in (max(newline, sentence), space):
        if place > start:
            return place
    return limit


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
