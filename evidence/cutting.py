"""Cutting: a text without some of its sentences, as if it had been written without them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from .claims import Block, CitedSentence, blocks, sentences_with_citations
from .cleaning import tidy_lines

Choose = Callable[[Sequence[CitedSentence]], Sequence[CitedSentence]]
"""Of the sentences of one block (the rows of one table), those that go."""


def cut_sentences(text: str, language: str, choose: Choose) -> str:
    """A text without the sentences that `choose` names. It is asked about each block, in reading order.

    Of a table all rows go or none. Paragraphs, lists and headings that are left empty go.
    """
    sentences: dict[Block, list[CitedSentence]] = {block: [] for block in blocks(text)}
    for sentence in sentences_with_citations(text, language):
        sentences[sentence.block].append(sentence)
    cuts: list[tuple[int, int]] = []
    above_is_cut = False
    for group in _groups(sentences):
        own = [sentence for block in group for sentence in sentences[block]]
        if not own:
            if above_is_cut and group[0].kind == "paragraph":  # markers of the block that went
                cuts.append(_lines(text, group[0].start, group[-1].end))
            continue
        chosen = choose(own)
        above_is_cut = len(chosen) == len(own)
        if above_is_cut:
            cuts.append(_lines(text, group[0].start, group[-1].end))
        elif group[0].kind not in {"head", "row"}:
            cuts.extend((sentence.start, sentence.end) for sentence in chosen)
    return _tidy(_without(text, cuts)) if cuts else text


def _groups(found: Iterable[Block]) -> list[list[Block]]:
    """Blocks that stay or go together: the lines of a table; anything else alone."""
    groups: list[list[Block]] = []
    for block in found:
        if groups and block.kind in {"rule", "row"} and groups[-1][-1].kind in {"head", "rule", "row"}:
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _lines(text: str, start: int, end: int) -> tuple[int, int]:
    """A span grown to whole lines."""
    stop = text.find("\n", end)
    return text.rfind("\n", 0, start) + 1, len(text) if stop < 0 else stop + 1


def _without(text: str, cuts: Sequence[tuple[int, int]]) -> str:
    edges = [0, *(edge for cut in cuts for edge in cut), len(text)]
    pieces = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    for place, (before, after) in enumerate(pairwise(pieces)):
        if not before or before[-1].isspace():
            pieces[place + 1] = after.lstrip(" ")
    return "".join(pieces)


def _tidy(text: str) -> str:
    """No empty lines in a row, no space at line ends, no heading above nothing."""
    text = tidy_lines(text)
    found = list(blocks(text))
    for place, block in enumerate(found):
        following = found[place + 1] if place + 1 < len(found) else None
        ends = following is None or (following.kind == "heading" and _rank(text, following) <= _rank(text, block))
        if block.kind == "heading" and ends:
            return _tidy(_without(text, [_lines(text, block.start, block.end)]))
    return text


def _rank(text: str, heading: Block) -> int:
    line = text[_lines(text, heading.start, heading.end)[0] : heading.end].lstrip()
    return len(line) - len(line.lstrip("#"))
