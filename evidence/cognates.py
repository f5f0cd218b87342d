"""Cognates: words of two languages that look alike, as names and learned words do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

_BEGINNING: Final = 2
_ALIKE: Final = 0.72
_VERY_ALIKE: Final = 0.8
_LONG: Final = 5


@lru_cache(maxsize=50_000)
def are_cognates(one: str, other: str) -> bool:
    """Whether two folded stems look alike: `section` and `seccion`, `spain` and `espan`."""
    if one == other:
        return True
    same_beginning = one[:_BEGINNING] == other[:_BEGINNING]
    if not same_beginning and min(len(one), len(other)) < _LONG:
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    least = _ALIKE if same_beginning else _VERY_ALIKE
    return matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least and matcher.ratio() >= least


def has_cognate(word: str, words: Iterable[str]) -> bool:
    """Whether one of these words looks like this one."""
    return any(are_cognates(word, other) for other in words)


def count_cognates(words: Collection[str], others: Collection[str]) -> int:
    """How many of these words look like one of the others."""
    return sum(has_cognate(word, others) for word in words)
