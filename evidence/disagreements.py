"""Disagreements: passages of different documents that give different values for the same thing.

Found by words alone, so with care: what is compared must count or measure the same, at the same time and place, in
nearly the same words. Values far apart need the same words exactly, since most of them are no disagreement but two
different things. A disagreement that is said in other words is not seen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

from .cognates import count_cognates, has_cognate
from .figures import Figure, find_figures
from .languages import base_language, detect_language
from .passages import Excerpt
from .sentences import split_sentences
from .subjects import subject_of
from .words import terms

_NEAR: Final = 1.25
_FAR: Final = 10.0
_FEWEST_NEAR: Final = 3
_FEWEST_FAR: Final = 4
_MOST: Final = 0.75
_BEGINNING: Final = 2
_LIST_MARK: Final = re.compile(r"(?:[-*+•‣◦–]|\d{1,2}[.)]|[a-zA-Z]\))\s+")
_YEAR: Final = re.compile(r"\b(?:1\d|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Stated:
    """One side of a disagreement: a sentence of a passage, word for word, its value, and the passage's key."""

    sentence: str
    value: str
    citation: str
    document: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two or more documents that give different values for one thing.

    `pairs` are the places in `statements` of two that cannot both hold.
    """

    subject: str
    statements: tuple[Stated, ...]
    pairs: tuple[tuple[int, int], ...]


def find_disagreements(excerpts: Sequence[Excerpt], *, language: str) -> list[Conflict]:
    """Where the excerpts give different values for the same thing, in their order; each sentence once.

    Equal and rounded values, bounds and ranges that include the other, other years, dates, places and names are no
    disagreement. `language` is the report's: subjects are worded in it where a statement is.
    """
    places = _places(excerpts, base_language(language))
    groups = _Groups(len(places))
    pairs = [pair for pair in _candidates(places) if _disagree(places[pair[0]], places[pair[1]])]
    for one, other in pairs:
        groups.join(one, other)
    _join_translations(groups, places, pairs)
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for pair in pairs:
        found[groups.of(pair[0])].append(pair)
    return [_conflict(places, members, base_language(language)) for _, members in sorted(found.items())]


class _Context:
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
class _Place:
    """A figure, where it stands, and all figures of its document."""

    figure: Figure
    context: _Context
    neighbours: Sequence[Figure]

    @property
    def document(self) -> str:
        return self.context.excerpt.document.id


def _places(excerpts: Sequence[Excerpt], default: str) -> list[_Place]:
    """The figures of the excerpts in order; of a sentence that several excerpts of a document hold, once."""
    seen: set[tuple[str, str]] = set()
    places: list[_Place] = []
    documents: dict[str, list[Figure]] = defaultdict(list)
    for excerpt in excerpts:
        document = excerpt.document
        language = base_language(document.language) or detect_language(document.text[:3000], default)
        context = _Context(excerpt, language)
        figures: list[Figure] = []
        for sentence in split_sentences(excerpt.text, language):
            mark = _LIST_MARK.match(sentence.text)
            text = sentence.text[mark.end() :] if mark else sentence.text
            if (document.id, text) not in seen and not text.startswith(("|", "#")):
                seen.add((document.id, text))
                figures.extend(find_figures(text, language))
        documents[document.id] += figures
        places.extend(_Place(figure, context, documents[document.id]) for figure in figures)
    return places


def _candidates(places: Sequence[_Place]) -> list[tuple[int, int]]:
    """Pairs of figures of different documents in one unit, or that count what begins alike."""
    buckets: dict[str, list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        kinds = {f"unit {kind}" for kind in place.figure.kinds if kind}
        for key in kinds | {term[:_BEGINNING] for term in place.figure.counted}:
            buckets[key].append(index)
    found: set[tuple[int, int]] = set()
    for bucket in buckets.values():
        found.update((a, b) for a, b in combinations(bucket, 2) if places[a].document != places[b].document)
    return sorted(found)


def _disagree(one: _Place, other: _Place) -> bool:
    """Whether two figures are of the same thing and cannot both hold."""
    ratio = one.figure.ratio(other.figure)
    if ratio > _FAR or one.figure.admits(other.figure):
        return False
    if not (_same_scope(one, other) and _same_thing(one, other, ratio)):
        return False
    # Who gives both values knows what parts them.
    return not _knows(one, other.figure) and not _knows(other, one.figure)


def _knows(place: _Place, value: Figure) -> bool:
    """Whether the document gives this value too, of what is counted or measured alike."""
    return any(figure.admits(value) and _counts_alike(figure, place.figure) for figure in place.neighbours)


def _counts_alike(one: Figure, other: Figure) -> bool:
    return bool(set(one.counted) & set(other.counted)) or not (one.counted or other.counted)


def _same_scope(one: _Place, other: _Place) -> bool:
    """Whether years, dates, ordinals and names do not tell the two apart."""
    a, b = one.figure, other.figure
    if a.scope.places != b.scope.places or a.scope.months != b.scope.months:
        return False
    if not (
        _same_years(a.scope.years, b.scope.years, other.context)
        and _same_years(b.scope.years, a.scope.years, one.context)
    ):
        return False
    if _misses(other, a, a.names) and _misses(one, b, b.names):
        return False
    return not _misses(other, a, a.inner_names) and not _misses(one, b, b.inner_names)


def _same_years(years: frozenset[int], others: frozenset[int], context: _Context) -> bool:
    """Whether both speak of the same years; where one names none, what stands around it must."""
    return years == others or (not others and years <= context.years) or not years


def _same_thing(one: _Place, other: _Place, ratio: float) -> bool:
    """Whether the words around two figures say that they are of the same thing."""
    a, b = one.figure, other.figure
    if a.language != b.language:
        return ratio <= _NEAR and not a.small and not b.small and _same_across_languages(a, b)
    if a.counted and not set(a.counted) & set(b.counted):
        return False
    if a.core == b.core:
        return len(a.core) >= _FEWEST_FAR or (ratio <= _NEAR and len(a.core) >= _FEWEST_NEAR)
    if ratio > _NEAR or a.small or b.small or not (a.tail <= b.words and b.tail <= a.words):
        return False
    return _covers(one, other) or _covers(other, one)


def _covers(one: _Place, other: _Place) -> bool:
    """Whether all that is said of a figure is said of the other, or around it."""
    core = one.figure.core
    enough = len(core) >= _FEWEST_NEAR and len(core & other.figure.words) >= (2 if one.figure.counted else 3)
    return enough and core <= other.figure.words | other.context.terms


def _same_across_languages(one: Figure, other: Figure) -> bool:
    """Whether names, and words that are nearly the same in both languages, say that both are of the same thing."""
    if one.counted and not any(has_cognate(term, other.counted) for term in one.counted):
        return False
    shared = count_cognates(one.core, other.core)
    return shared >= _FEWEST_NEAR and shared >= _MOST * min(len(one.core), len(other.core))


def _misses(place: _Place, other: Figure, names: frozenset[str]) -> bool:
    """Whether one of the other's names stands neither in this sentence nor around it."""
    known = place.figure.words | place.context.terms
    missing = names - known
    if place.figure.language != other.language:
        return not all(has_cognate(name, known) for name in missing)
    return bool(missing)


class _Groups:
    """Figures of one thing, by the first of them (disjoint sets)."""

    def __init__(self, size: int) -> None:
        self._first = list(range(size))

    def of(self, index: int) -> int:
        """The first figure of the group that holds this one."""
        while self._first[index] != index:
            index = self._first[index]
        return index

    def join(self, one: int, other: int) -> None:
        """Make one group of two."""
        first, second = sorted((self.of(one), self.of(other)))
        self._first[second] = first


def _join_translations(groups: _Groups, places: Sequence[_Place], pairs: Sequence[tuple[int, int]]) -> None:
    """Make one group of two in different languages that give the same two values for what looks alike."""
    for one, other in combinations(pairs, 2):
        a, b = (places[index].figure for index in one)
        for c, d in (
            (places[other[0]].figure, places[other[1]].figure),
            (places[other[1]].figure, places[other[0]].figure),
        ):
            translated = a.language != c.language and a.admits(c) and b.admits(d)
            if translated and any(has_cognate(term, c.counted) for term in a.counted):
                groups.join(one[0], other[0])


def _conflict(places: Sequence[_Place], pairs: Sequence[tuple[int, int]], language: str) -> Conflict:
    indices = sorted({index for pair in pairs for index in pair})
    own = [places[index].figure for index in indices]
    stated = tuple(
        Stated(place.figure.sentence, place.figure.value, place.context.excerpt.key, place.document)
        for place in (places[index] for index in indices)
    )
    order = {index: place for place, index in enumerate(indices)}
    return Conflict(subject_of(own, language), stated, tuple((order[a], order[b]) for a, b in pairs))
