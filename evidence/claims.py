"""Claims: the sentences of a cited text, each with the passages it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from .passages import KEY_PATTERN
from .sentences import Sentence, split_sentences

MARKER: Final = re.compile(rf"\[(?P<key>{KEY_PATTERN.pattern})\]")
"""How a citation stands in a clean text."""

_SPACED_MARKER = re.compile(rf"[ \t]*{MARKER.pattern}")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
# As the check of quotations knows them, up to a length that nobody quotes in a sentence.
_QUOTATION = re.compile(r"“[^“”]{1,600}”|«[^«»]{1,600}»|„[^„“”]{1,600}[“”]|(?<!\w)\"[^\"\n]{1,600}\"(?!\w)")
_TABLE_RULE = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?)?\s*")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a list item, a table row or a heading: where its words stand in the text.

    `kind` is paragraph, item, row, head (a table's first row), rule or heading.
    """

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence without its markers, the keys it cites, and the span that it and its markers take in the text.

    `head` is the first row of the table that a row belongs to: what its figures are figures of.
    """

    sentence: str
    citations: list[str]
    start: int
    end: int
    block: Block
    head: str = ""


def sentences_with_citations(text: str, language: str) -> list[CitedSentence]:
    """The sentences of clean Markdown, each with its citations. Headings and table heads state nothing.

    A marker belongs to the sentence it stands in or directly after; in a block that begins with a marker, to the one
    it stands before. Markers alone in a paragraph belong to the table or paragraph above. A table row is one sentence.
    """
    sentences: list[CitedSentence] = []
    above: list[CitedSentence] = []
    head = ""
    for block in blocks(text):
        if block.kind not in {"row", "rule"}:
            head = _row(text[block.start : block.end]) if block.kind == "head" else ""
        found = _sentences(text, block, language)
        found = [replace(each, head=head) for each in found] if head else found
        if found:
            continues = block.kind == "row" and bool(above) and above[-1].block.kind == "row"
            above = [*above, *found] if continues else found
            sentences.extend(found)
        elif block.kind == "paragraph" and above:
            _cite(above, [match["key"] for match in MARKER.finditer(text, block.start, block.end)])
        elif block.kind in {"heading", "head"}:
            above = []
    return sentences


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a Markdown text in order."""
    kind, start, end = "", 0, 0
    lines = list(re.finditer(r"[^\n]*(?:\n|\Z)", text))
    for index, line in enumerate(lines):
        content = line[0].rstrip()
        first = _kind(content, kind, lines[index + 1][0] if index + 1 < len(lines) else "")
        last = line.start() + len(content)
        if first == "more":
            end = last
            continue
        if kind:
            yield Block(kind, start, end)
        kind, start, end = first, line.start() + _lead(content, first), last
    if kind:
        yield Block(kind, start, end)


def _kind(line: str, current: str, following: str) -> str:
    """What a line begins: a block's kind, `more` of the current one, or "" for nothing."""
    if not line.strip():
        return ""
    if _HEADING.match(line):
        return "heading"
    if "|" in line and _TABLE_RULE.fullmatch(line):
        return "rule"
    if line.lstrip().startswith("|") or (current in {"row", "rule"} and "|" in line):
        return "head" if "|" in following and _TABLE_RULE.fullmatch(following.rstrip()) else "row"
    if _ITEM.match(line):
        return "item"
    return "more" if current in {"paragraph", "item"} else "paragraph"


def _lead(line: str, kind: str) -> int:
    """How much of a block's first line is its mark-up."""
    match kind:
        case "item" if mark := _ITEM.match(line):
            return mark.end()
        case "heading":
            return len(line) - len(line.lstrip().lstrip("#").lstrip())
        case _:
            return len(line) - len(line.lstrip())


def _sentences(text: str, block: Block, language: str) -> list[CitedSentence]:
    if block.kind not in {"paragraph", "item", "row"}:
        return []
    raw = text[block.start : block.end]
    markers = list(_SPACED_MARKER.finditer(raw))
    plain = _SPACED_MARKER.sub("", raw)
    if block.kind == "row":
        words = _row(plain)
        keys = list(dict.fromkeys(marker["key"] for marker in markers))
        return [CitedSentence(words, keys, block.start, block.end, block)] if words else []
    found = _with_whole_quotations(split_sentences(plain, language), plain)
    spans = [(sentence.start, sentence.end) for sentence in found if any(map(str.isalnum, sentence.text))]
    owned = _owners(markers, spans, leading=bool(MARKER.match(raw)))
    return [
        _sentence(plain[start:end], _raw_span(start, end, markers, own), [marker["key"] for marker in own], block)
        for (start, end), own in zip(spans, owned, strict=True)
    ]


def _row(plain: str) -> str:
    """The cells of a row that hold anything."""
    return " | ".join(cell for part in plain.strip().strip("|").split("|") if (cell := part.strip()))


def _with_whole_quotations(sentences: list[Sentence], text: str) -> list[Sentence]:
    """Sentences that are quoted together as one: what they quote can be looked for as a whole only."""
    for quoted in _QUOTATION.finditer(text):
        inside = [each for each in sentences if each.start < quoted.end() - 1 and each.end > quoted.start() + 1]
        if len(inside) > 1:
            start, end = inside[0].start, inside[-1].end
            place = sentences.index(inside[0])
            sentences[place : place + len(inside)] = [Sentence(start, end, text[start:end])]
    return sentences


def _owners(markers: list[re.Match[str]], spans: list[tuple[int, int]], *, leading: bool) -> list[list[re.Match[str]]]:
    """For each sentence the markers that belong to it."""
    owned: list[list[re.Match[str]]] = [[] for _ in spans]
    removed = 0
    for marker in markers:
        place = marker.start() - removed
        removed += marker.end() - marker.start()
        if not spans:
            break
        if leading:
            owner = next((i for i, (_, end) in enumerate(spans) if end > place), len(spans) - 1)
        else:
            owner = max((i for i, (start, _) in enumerate(spans) if start < place), default=0)
        owned[owner].append(marker)
    return owned


def _raw_span(start: int, end: int, markers: list[re.Match[str]], own: list[re.Match[str]]) -> tuple[int, int]:
    """A sentence's span with its markers, from its span without any."""
    removed = 0
    first = last = -1
    for marker in [*markers, None]:
        limit = marker.start() - removed if marker else end
        if first < 0 and start < limit:
            first = start + removed
        if last < 0 and end <= limit:
            last = end + removed
        if marker:
            removed += marker.end() - marker.start()
    return min([first, *(marker.start() for marker in own)]), max([last, *(marker.end() for marker in own)])


def _sentence(words: str, span: tuple[int, int], keys: list[str], block: Block) -> CitedSentence:
    sentence = " ".join(words.split())
    return CitedSentence(sentence, list(dict.fromkeys(keys)), block.start + span[0], block.start + span[1], block)


def _cite(sentences: list[CitedSentence], keys: list[str]) -> None:
    for sentence in sentences:
        sentence.citations.extend(key for key in keys if key not in sentence.citations)
