"""Choosing without repetition: maximal marginal relevance (Carbonell and Goldstein 1998)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from .vectors import Vector, cosine

NEAR_DUPLICATE: Final = 0.7
_RELEVANCE: Final = 0.7


def choose(
    scores: Sequence[float],
    vectors: Sequence[Vector],
    *,
    enough: Callable[[Sequence[int]], bool],
    least: float = 0.0,
    bonus: Callable[[int, Sequence[int]], float] | None = None,
) -> list[int]:
    """Indices in the order chosen: each the most relevant of those unlike what is chosen already.

    Scores are between 0 and 1; those not above `least` and near duplicates are never chosen. `enough` says when to
    stop; `bonus` may favour an index in view of those chosen.
    """
    chosen: list[int] = []
    likeness = [0.0] * len(scores)
    left = [index for index, score in enumerate(scores) if score > least]
    while left and not enough(chosen):
        best = max(left, key=lambda index: (_marginal(index, scores, likeness, bonus, chosen), -index))
        left.remove(best)
        chosen.append(best)
        for index in left:
            likeness[index] = max(likeness[index], cosine(vectors[index], vectors[best]))
        left = [index for index in left if likeness[index] < NEAR_DUPLICATE]
    return chosen


def _marginal(
    index: int,
    scores: Sequence[float],
    likeness: Sequence[float],
    bonus: Callable[[int, Sequence[int]], float] | None,
    chosen: Sequence[int],
) -> float:
    extra = bonus(index, chosen) if bonus is not None else 0.0
    return _RELEVANCE * scores[index] - (1 - _RELEVANCE) * likeness[index] + extra
