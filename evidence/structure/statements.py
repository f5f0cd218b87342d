"""Statements: the sentences of a foreign report's body, and whether each is cited."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..sentences import split_sentences
from .blocks import Block
from .citations import Citation
from .numbers import states_number

# Type and tags are cut as markers are.
_MARK_UP = re.compile(r"\*{1,3}|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|</?[a-z][^<>\n]{0,300}>", re.IGNORECASE)
_LEADS_IN: Final = (":", "：")
_ONLY_MARKERS = re.compile(
    r"[\W\d_]*+(?:(?:data |key )?(?:sources?|references?|citations?|refs?|see|fuentes?|fonts?|iturriak?|fontes?)"
    r"|quellen?|(?:数据|资料|信息|主要)*来源|来源于|参考(?:文献|资料)?|参见|详见|注)?[\W_]*+",
    re.IGNORECASE,
)
_CONTENTS = re.compile(
    r"[\W\d_]*+(?:(?:table of )?contents|índice(?: de contenidos?)?|índex|sumario|sumari|aurkibidea"
    r"|inhalt(?:sverzeichnis)?|table des matières|indice|目\s*录|目\s*錄|目次)[\W_]*+",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"[\W_]*+(?:(?:report |publication |release )?date|(?:last )?updated|published|version|fecha|data"
    r"|(?:报告|发布)?日期)[*_ ]*[:：].{0,80}",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Statement:
    """A sentence or a table row, without markers and the addresses of links. `start` is its place in the text."""

    text: str
    start: int
    cited: bool
    leads_in: bool
    block: Block

    @property
    def numeric(self) -> bool:
        """Whether it states a number for itself: a line that only announces what follows does not."""
        return not self.leads_in and states_number(self.text) and not _DATED.fullmatch(self.text)


@dataclass(frozen=True, slots=True)
class _Piece:
    """The words of a block without what was cut out of them.

    From `offsets[i]` on, a place in the words is `removed[i]` further on in the block. `marks` are the places in the
    words that citations stood at.
    """

    text: str
    offsets: list[int]
    removed: list[int]
    marks: list[int]

    def origin(self, place: int) -> int:
        """Where a place in the words is in the block."""
        return place + self.removed[bisect_right(self.offsets, place) - 1]


def read_statements(
    text: str, blocks: Sequence[Block], citations: Sequence[Citation], language: str
) -> list[Statement]:
    """The statements of the body, in order. Headings, the heads of tables and a table of contents state nothing.

    A citation belongs to the sentence it stands in or directly after. Citations alone in a paragraph belong to the
    paragraph, list or table above; those of a line that ends in a colon, or of a table's head, to what it announces.
    """
    reader = _Reader(text, citations, language)
    for block in blocks:
        reader.read(block)
    return reader.statements


class _Reader:
    """Reads block by block and remembers what the next citations may belong to."""

    def __init__(self, text: str, citations: Sequence[Citation], language: str) -> None:
        self.statements: list[Statement] = []
        self._text = text
        self._citations = citations
        self._next = 0
        self._language = language
        self._above: list[Statement] = []
        self._announced_from: int | None = None
        self._in_contents = False

    def read(self, block: Block) -> None:
        """Read one block."""
        own = self._own_citations(block)
        if block.kind == "heading":
            self._above, self._announced_from = [], None
            self._in_contents = _CONTENTS.fullmatch(self._text[block.start : block.end]) is not None
            return
        if self._in_contents and block.kind == "item":
            return
        cites = any(citation.form for citation in own)
        if block.kind == "head":
            self._above = []
            self._announced_from = -1 if cites else self._announced_from
            return
        piece = _piece(self._text[block.start : block.end], block.start, own)
        if _ONLY_MARKERS.fullmatch(piece.text):
            for statement in self._above if cites else ():
                statement.cited = True
            self._above = []
            return
        self._add(block, _statements(piece, block, self._language))

    def _own_citations(self, block: Block) -> list[Citation]:
        own = []
        while self._next < len(self._citations) and self._citations[self._next].start < block.end:
            if self._citations[self._next].start >= block.start:
                own.append(self._citations[self._next])
            self._next += 1
        return own

    def _add(self, block: Block, found: list[Statement]) -> None:
        if block.kind == "paragraph" or (self._announced_from is not None and block.indent <= self._announced_from):
            self._announced_from = None
        if self._announced_from is not None:
            for statement in found:
                statement.cited = True
        goes_on = bool(self._above) and block.kind == self._above[-1].block.kind and block.kind != "paragraph"
        if goes_on:
            self._above.extend(found)
        else:
            self._above = list(found)
        self.statements.extend(found)
        if found and found[-1].leads_in and found[-1].cited:
            self._announced_from = block.indent if block.kind == "item" else -1


def _piece(raw: str, start: int, citations: Sequence[Citation]) -> _Piece:
    cuts = [(first - start, last - start, False) for citation in citations for first, last in citation.cuts]
    # A link's mark is behind its words, so that it stays with the sentence that they begin.
    cuts += [
        (citation.cuts[-1][0] - start, citation.cuts[-1][0] - start, True) for citation in citations if citation.form
    ]
    cuts += [(*match.span(), False) for match in _MARK_UP.finditer(raw)]
    kept: list[str] = []
    piece_marks: list[int] = []
    offsets, removed = [0], [0]
    done = length = 0
    for first, last, is_mark in sorted(cuts):
        if first > done:
            kept.append(raw[done:first])
            length += first - done
        done = max(done, last)
        if is_mark:
            piece_marks.append(length)
        offsets.append(length)
        removed.append(done - length)
    kept.append(raw[done:])
    return _Piece("".join(kept), offsets, removed, piece_marks)


def _joined(found: list[Statement]) -> list[Statement]:
    """The sentences, one that ends within brackets joined with the next: `(vol. 3)` holds no end of a sentence."""
    joined: list[Statement] = []
    still_open = 0
    for statement in found:
        closed = sum(map(statement.text.count, ")）")) - sum(map(statement.text.count, "(（"))
        if joined and still_open > 0 and closed > 0:
            joined[-1].text += f" {statement.text}"
            still_open -= closed
        else:
            joined.append(statement)
            still_open = -closed
    return joined


def _statements(piece: _Piece, block: Block, language: str) -> list[Statement]:
    if block.kind == "row":
        words = " | ".join(cell for part in piece.text.strip().strip("|").split("|") if (cell := part.strip()))
        return [Statement(words, block.start, bool(piece.marks), False, block)] if words else []
    found = [
        Statement(" ".join(sentence.text.split()), sentence.start, False, False, block)
        for sentence in split_sentences(piece.text, language)
        if any(map(str.isalnum, sentence.text))
    ]
    found = _joined(found)
    starts = [statement.start for statement in found]
    for mark in piece.marks if found else ():
        found[max(0, bisect_left(starts, mark) - 1)].cited = True
    for statement in found:
        statement.start = block.start + piece.origin(statement.start)
    if found:
        found[-1].leads_in = found[-1].text.endswith(_LEADS_IN)
    return found
