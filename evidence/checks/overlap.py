"""Overlap: how many content words of a sentence stand close together in a passage. Never more than a warning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ..words import terms
from .facts import Facts
from .verdict import Checked, Finding

_LOW: Final = 0.2
_FEWEST: Final = 4
_WINDOW: Final = 60


def check_overlap(sentence: Facts, passages: Sequence[Facts]) -> Checked:
    """Whether at least a fifth of the sentence's content words stand in one window of a passage of its language."""
    own = [facts for facts in passages if facts.language.code == sentence.language.code]
    wanted = frozenset(terms(sentence.text, sentence.language.code))
    if len(own) < len(passages) or len(wanted) < _FEWEST:
        return Checked()
    best = max((_best_window(wanted, _terms(facts.text, facts.language.code)) for facts in own), default=0)
    if best >= _LOW * len(wanted):
        return Checked()
    values = {"value": str(best), "found": str(len(wanted))}
    finding = Finding("overlap", "warning", sentence.text, 0, len(sentence.text), "overlap_low", values)
    return Checked(findings=(finding,))


def shared_words(sentence: str, passages: Sequence[str], language: str) -> float:
    """The share of a sentence's content words that stand in the best window of the passages."""
    wanted = frozenset(terms(sentence, language))
    best = max((_best_window(wanted, _terms(text, language)) for text in passages), default=0)
    return best / len(wanted) if wanted else 1.0


@lru_cache(maxsize=2048)
def _terms(text: str, language: str) -> tuple[str, ...]:
    return tuple(terms(text, language))


def _best_window(wanted: frozenset[str], words: Sequence[str]) -> int:
    """How many different wanted words the best window holds."""
    inside: Counter[str] = Counter()
    best = 0
    for place, word in enumerate(words):
        if word in wanted:
            inside[word] += 1
            best = max(best, len(inside))
        gone = words[place - _WINDOW] if place >= _WINDOW else ""
        if gone in wanted:
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
    return best
