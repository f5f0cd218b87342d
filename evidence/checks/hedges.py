"""Hedges: whether a number is said to be about, more than or less than it is."""

from __future__ import annotations

from typing import Final, NamedTuple

from .facts import Facts
from .quantity import Quantity

_SIGNS: Final = {"~": "about", "≈": "about", "±": "about", ">": "more", "≥": "more", "<": "less", "≤": "less"}
_LONGEST: Final = 4
_NONE: Final = ""
_FARTHEST: Final = 3
"""How many tokens may stand between a number and its hedge in Basque: `36.000 hautes-atal inguru`."""


class Hedge(NamedTuple):
    """How a number is bounded: `sense` is about, more, less, or "" for not at all; the span takes hedge and number."""

    sense: str
    text: str


def hedge_of(facts: Facts, quantity: Quantity) -> Hedge:
    """The hedge that stands before a quantity or, as Basque has it, after it."""
    tokens = facts.tokens
    hedges = facts.language.hedges
    before = [token for token in tokens[max(0, quantity.first - _LONGEST - 2) : quantity.first] if token.text != "."]
    if before and before[-1].text in _SIGNS:
        return Hedge(_SIGNS[before[-1].text], facts.text[before[-1].start : quantity.end])
    for end in range(len(before), max(0, len(before) - 2), -1):
        for size in range(min(_LONGEST, end), 0, -1):
            if sense := hedges.get(tuple(token.folded for token in before[end - size : end])):
                return Hedge(sense, facts.text[before[end - size].start : quantity.end])
        # `casi el 30 %`, `como máximo, 30`: an article or a comma may come between.
        if end and before[end - 1].folded not in facts.language.articles and before[end - 1].text != ",":
            break
    for start in range(quantity.last + 1, quantity.last + 2 + (_FARTHEST if facts.language.code == "eu" else 0)):
        after = tokens[start : start + _LONGEST]
        for size in range(min(_LONGEST, len(after)), 0, -1):
            sense = hedges.get(tuple(token.folded for token in after[:size]))
            if sense and _follows(after[0].folded, facts):
                return Hedge(sense, facts.text[quantity.start : after[size - 1].end])
    return Hedge(_NONE, quantity.text)


def _follows(word: str, facts: Facts) -> bool:
    """Whether a hedge may stand after its number: any in Basque; `or so`, `o más` in the others."""
    return facts.language.code == "eu" or word in facts.language.ranges
