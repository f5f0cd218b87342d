"""Sameness: whether two figures are of the same thing, as far as the words around them tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .cognates import count_cognates, has_cognate
from .figures import Figure
from .passages import Excerpt
from .words import terms

NEAR: Final = 1.25
"""How many times one value may be the other where the words around them need not be the same."""

_FEWEST_NEAR: Final = 3
_FEWEST_FAR: Final = 4
_FEWEST_IN_SENTENCE: Final = 2
_MOST: Final = 0.75
_YEAR: Final = re.compile(r"\b(?:1\d|20)\d\d\b")


class Context:
    """What stands around the sentences of one passage: its words, its heading and its document's title."""

    def __init__(self, excerpt: Excerpt, language: str) -> None:
        self.excerpt = excerpt
        self.language = language
        self._text = f"{excerpt.document.title}\n{excerpt.passage.heading}\n{excerpt.text}"

    @cached_property
    def terms(self) -> frozenset[str]:
        """All terms of passage, heading and title."""
        return frozenset(terms(self._text, self.language))

    @cached_property
    def years(self) -> frozenset[int]:
        """All years, and that of publication."""
        return frozenset(map(int, _YEAR.findall(f"{self._text}\n{self.excerpt.document.published}")))


@dataclass(frozen=True, slots=True)
class Place:
    """A figure, where it stands, and all figures of its document."""

    figure: Figure
    context: Context
    neighbours: Sequence[Figure]

    @property
    def document(self) -> str:
        """The address of its document."""
        return self.context.excerpt.document.url


def is_same_scope(one: Place, other: Place) -> bool:
    """Whether years and names do not tell the two apart."""
    a, b = one.figure, other.figure
    if not (
        _same_years(a.scope.years, b.scope.years, other.context)
        and _same_years(b.scope.years, a.scope.years, one.context)
    ):
        return False
    if _misses(other, a, a.names) and _misses(one, b, b.names):
        return False
    return not _misses(other, a, a.inner_names) and not _misses(one, b, b.inner_names)


def _same_years(years: frozenset[int], others: frozenset[int], context: Context) -> bool:
    """Whether both speak of the same years; where one names none, what stands around it must."""
    return years == others or (not others and years <= context.years) or not years


def is_same_thing(one: Place, other: Place, ratio: float) -> bool:
    """Whether the words around two figures say that they are of the same thing."""
    a, b = one.figure, other.figure
    if a.language != b.language:
        return ratio <= NEAR and not a.small and not b.small and _same_across_languages(a, b)
    if a.counted and not set(a.counted) & set(b.counted):
        return False
    if a.core == b.core:
        # A year that both name says as much as a word.
        size = len(a.core) + bool(a.scope.years & b.scope.years)
        return size >= _FEWEST_FAR or (ratio <= NEAR and size >= _FEWEST_NEAR)
    if ratio > NEAR or a.small or b.small:
        return False
    return _covers(one, other) or _covers(other, one)


def _covers(one: Place, other: Place) -> bool:
    """Whether all that is said of a figure is said of the other, or around it."""
    core = one.figure.core
    enough = len(core) >= _FEWEST_NEAR and len(core & other.figure.words) >= _FEWEST_IN_SENTENCE + (
        not one.figure.counted
    )
    return enough and core <= other.figure.words | other.context.terms


def _same_across_languages(one: Figure, other: Figure) -> bool:
    """Whether names, and words that are nearly the same in both languages, say that both are of the same thing."""
    if one.counted and not any(has_cognate(term, other.counted) for term in one.counted):
        return False
    shared = count_cognates(one.core, other.core)
    return shared >= _FEWEST_NEAR and shared >= _MOST * min(len(one.core), len(other.core))


def _misses(place: Place, other: Figure, names: frozenset[str]) -> bool:
    """Whether one of the other's names stands neither in this sentence nor around it."""
    known = place.figure.words | place.context.terms
    missing = names - known
    if place.figure.language != other.language:
        return not all(has_cognate(name, known) for name in missing)
    return bool(missing)


def may_be_same(one: Figure, other: Figure) -> bool:
    """What rules most pairs out at little cost: what follows the number, and the numbers of versions and rounds."""
    if one.scope.places != other.scope.places or one.scope.months != other.scope.months:
        return False
    return one.language != other.language or (one.tail <= other.words and other.tail <= one.words)
