"""LexRank: the sentences that most others resemble.

Erkan and Radev 2004, "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .vectors import Vector, cosine

_DAMPING: Final = 0.85
_THRESHOLD: Final = 0.1
_ROUNDS: Final = 40
_TOLERANCE: Final = 1e-6


def lexrank(sentences: Sequence[Vector]) -> list[float]:
    """The centrality of each sentence, the largest 1: the stationary distribution of a walk between alike sentences."""
    size = len(sentences)
    if size == 0:
        return []
    links = _links(sentences)
    totals = [sum(weight for _, weight in links[index]) for index in range(size)]
    ranks = [1.0 / size] * size
    for _ in range(_ROUNDS):
        # A walk that comes to a sentence like no other goes on anywhere.
        stranded = sum(rank for rank, total in zip(ranks, totals, strict=True) if not total)
        following = [(1 - _DAMPING + _DAMPING * stranded) / size] * size
        for index, rank in enumerate(ranks):
            for other, weight in links[index]:
                following[other] += _DAMPING * rank * weight / totals[index]
        change = max(abs(new - old) for new, old in zip(following, ranks, strict=True))
        ranks = following
        if change < _TOLERANCE:
            break
    highest = max(ranks)
    return [rank / highest for rank in ranks]


def _links(sentences: Sequence[Vector]) -> list[list[tuple[int, float]]]:
    """For each sentence the others that it resembles, and how much."""
    links: list[list[tuple[int, float]]] = [[] for _ in sentences]
    for index, one in enumerate(sentences):
        for other in range(index):
            alike = cosine(one, sentences[other])
            if alike >= _THRESHOLD:
                links[index].append((other, alike))
                links[other].append((index, alike))
    return links
