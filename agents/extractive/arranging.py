"""Arranging: quoted sentences in paragraphs that speak of one thing each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .candidates import Candidate
from .citing import by_document, in_order, paragraph
from .vectors import Vector, cosine, rarity, vectors

_SHORT_PARAGRAPH: Final = 45
_LONG_PARAGRAPH: Final = 130


def arrange(sentences: Sequence[Candidate], pairs: Sequence[tuple[Candidate, Candidate]] = ()) -> str:
    """Cited paragraphs: the most relevant document first, then what resembles it, document order inside.

    The second sentence of a pair follows the first, wherever its document stands.
    """
    moved = {second.text for _, second in pairs if not _is_needed(second, sentences) and second.needs is None}
    following = {first.text: second for first, second in pairs if second.text in moved}
    stays = [sentence for sentence in in_order(sentences) if sentence.text not in moved]
    groups = _by_likeness(by_document(stays))
    paragraphs: list[list[Candidate]] = []
    for group in groups:
        if paragraphs and _fits(paragraphs[-1], group):
            paragraphs[-1].extend(group)
        else:
            paragraphs.append(list(group))
    whole = [[part for one in group for part in (one, following.get(one.text)) if part] for group in paragraphs]
    return "\n\n".join(paragraph(group) for group in whole)


def _is_needed(sentence: Candidate, sentences: Sequence[Candidate]) -> bool:
    return any(sentence.text == one.needs.text for one in sentences if one.needs is not None)


def _by_likeness(groups: list[list[Candidate]]) -> list[list[Candidate]]:
    """The first group, then each time the one most like the one before."""
    if not groups:
        return []
    texts = [[term for sentence in group for term in sentence.terms] for group in groups]
    compared: list[Vector] = vectors(texts, rarity(texts))
    order = [0]
    left = list(range(1, len(groups)))
    while left:
        closest = max(left, key=lambda index: (cosine(compared[order[-1]], compared[index]) - 0.03 * index, -index))
        left.remove(closest)
        order.append(closest)
    return [groups[index] for index in order]


def _fits(before: Sequence[Candidate], group: Sequence[Candidate]) -> bool:
    """Whether a group goes on a paragraph: one of them is short, and together they are not too long."""
    words = [sum(sentence.words for sentence in part) for part in (before, group)]
    return min(words) < _SHORT_PARAGRAPH and sum(words) <= _LONG_PARAGRAPH
