"""Sentences as vectors of weighted terms, and how alike they are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Vector: TypeAlias = Mapping[str, float]


def rarity(texts: Sequence[Iterable[str]]) -> dict[str, float]:
    """How much each term says: the logarithm of how few of the texts hold it, never zero."""
    frequency = Counter(term for text in texts for term in set(text))
    return {term: math.log(1 + len(texts) / count) for term, count in frequency.items()}


def vectors(texts: Sequence[Sequence[str]], weights: Mapping[str, float]) -> list[Vector]:
    """One vector of length 1 per text (or of length 0 for a text without terms)."""
    found: list[Vector] = []
    for text in texts:
        counts = Counter(text)
        raw = {term: (1 + math.log(count)) * weights.get(term, 1.0) for term, count in counts.items()}
        length = math.sqrt(sum(value * value for value in raw.values()))
        found.append({term: value / length for term, value in raw.items()} if length else {})
    return found


def cosine(one: Vector, other: Vector) -> float:
    """How alike two vectors of length 1 are: 0 for no common term, 1 for the same terms."""
    if len(other) < len(one):
        one, other = other, one
    return sum(value * other[term] for term, value in one.items() if term in other)
