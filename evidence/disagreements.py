"""Disagreements: passages of different documents that give different values for the same thing.

Found by words alone, so with care: what is compared must count or measure the same, at the same time and place, in
nearly the same words. Values far apart need the same words exactly, since most of them are no disagreement but two
different things. A disagreement that is said in other words is not seen.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from .cognates import has_cognate
from .figures import Figure, find_figures
from .languages import base_language, detect_language
from .passages import Excerpt
from .sameness import NEAR, Context, Place, is_same_scope, is_same_thing, may_be_same
from .sentences import split_sentences
from .subjects import subject_of

_FAR: Final = 10.0
_VALUES: Final = 2
_MOST_VALUES: Final = 6
_BEGINNING: Final = 2
_LIST_MARK: Final = re.compile(r"(?:[-*+•‣◦–]|\d{1,2}[.)]|[a-zA-Z]\))\s+")


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
    for ours, theirs in combinations(_gathered(groups, pairs).values(), 2):
        if _are_translations(_figures(places, ours), _figures(places, theirs)):
            groups.join(ours[0][0], theirs[0][0])
    found = [members for members in _gathered(groups, pairs).values() if not _is_series(_figures(places, members))]
    return [_conflict(places, members, base_language(language)) for members in found]


def _places(excerpts: Sequence[Excerpt], default: str) -> list[Place]:
    """The figures of the excerpts in order; of a sentence that several excerpts of a document hold, once."""
    seen: set[tuple[str, str]] = set()
    places: list[Place] = []
    documents: dict[str, list[Figure]] = defaultdict(list)
    for excerpt in excerpts:
        document = excerpt.document
        language = base_language(document.language) or detect_language(document.text[:3000], default)
        context = Context(excerpt, language)
        figures: list[Figure] = []
        for sentence in split_sentences(excerpt.text, language):
            mark = _LIST_MARK.match(sentence.text)
            text = sentence.text[mark.end() :] if mark else sentence.text
            if (document.url, text) not in seen and not text.startswith(("|", "#")):
                seen.add((document.url, text))
                figures.extend(find_figures(text, language))
        documents[document.url] += figures
        places.extend(Place(figure, context, documents[document.url]) for figure in figures)
    return places


def _candidates(places: Sequence[Place]) -> list[tuple[int, int]]:
    """Pairs of figures of different documents that are near each other, or said of the very same words.

    Near each other: in one unit, or counting what begins alike, and less than `NEAR` times as large.
    """
    near: dict[str, list[tuple[float, int]]] = defaultdict(list)
    same: dict[frozenset[str], list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        same[place.figure.core].append(index)
        for key, size in _keys(place.figure):
            near[key].append((size, index))
    found = {pair for bucket in same.values() for pair in combinations(bucket, 2)}
    for sizes in near.values():
        sizes.sort()
        for start, (size, index) in enumerate(sizes):
            last = bisect_right(sizes, (size * NEAR, len(places)), lo=start)
            found.update((min(index, other), max(index, other)) for _, other in sizes[start + 1 : last])
    return sorted((one, other) for one, other in found if places[one].document != places[other].document)


def _keys(figure: Figure) -> set[tuple[str, float]]:
    """What a figure is looked up by: its unit or the beginning of what it counts, with its sizes."""
    counted = {term[:_BEGINNING] for term in figure.counted}
    return {
        (key, point)
        for kind, span in figure.spans
        for point in span.points
        if point > 0
        for key in ([f"unit {kind}"] if kind else counted)
    }


def _disagree(one: Place, other: Place) -> bool:
    """Whether two figures are of the same thing and cannot both hold."""
    a, b = one.figure, other.figure
    if not may_be_same(a, b) or a.admits(b):
        return False
    ratio = a.ratio(b)
    if ratio > _FAR or not (is_same_scope(one, other) and is_same_thing(one, other, ratio)):
        return False
    # Who gives both values knows what parts them.
    return not _knows(one, b) and not _knows(other, a)


def _knows(place: Place, value: Figure) -> bool:
    """Whether the document gives this value too, of what is counted or measured alike."""
    return any(figure.admits(value) and _counts_alike(figure, place.figure) for figure in place.neighbours)


def _counts_alike(one: Figure, other: Figure) -> bool:
    return bool(set(one.counted) & set(other.counted)) or not (one.counted or other.counted)


class _Groups:
    """Figures of one thing, by the first of them (disjoint sets)."""

    def __init__(self, size: int) -> None:
        self._first = list(range(size))

    def of(self, index: int) -> int:
        """The first figure of the group that holds this one."""
        while self._first[index] != index:
            self._first[index] = self._first[self._first[index]]
            index = self._first[index]
        return index

    def join(self, one: int, other: int) -> None:
        """Make one group of two."""
        first, second = sorted((self.of(one), self.of(other)))
        self._first[second] = first


def _gathered(groups: _Groups, pairs: Sequence[tuple[int, int]]) -> dict[int, list[tuple[int, int]]]:
    """The pairs of each group, groups by their first figure."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for pair in pairs:
        found[groups.of(pair[0])].append(pair)
    return dict(sorted(found.items()))


def _figures(places: Sequence[Place], pairs: Sequence[tuple[int, int]]) -> list[Figure]:
    """The figures of some pairs, each once, in order."""
    return [places[index].figure for index in sorted({index for pair in pairs for index in pair})]


def _is_series(figures: Sequence[Figure]) -> bool:
    """Whether there are so many values that each must be of a thing of its own."""
    return len(_by_value(figures)) > _MOST_VALUES


def _are_translations(one: Sequence[Figure], other: Sequence[Figure]) -> bool:
    """Whether two groups give the same two values for what looks alike in two languages."""
    ours, theirs = _by_value(one), _by_value(other)
    shared = [value for value in ours.keys() & theirs.keys() if _is_translation(ours[value], theirs[value])]
    return len(shared) >= _VALUES


def _is_translation(one: Figure, other: Figure) -> bool:
    return one.language != other.language and any(has_cognate(term, other.counted) for term in one.counted)


def _by_value(figures: Sequence[Figure]) -> dict[float, Figure]:
    """The first figure that gives each value."""
    return {span.points[0]: figure for figure in reversed(figures) for _, span in figure.spans[:1]}


def _conflict(places: Sequence[Place], pairs: Sequence[tuple[int, int]], language: str) -> Conflict:
    indices = sorted({index for pair in pairs for index in pair})
    stated = tuple(
        Stated(place.figure.sentence, place.figure.value, place.context.excerpt.key, place.document)
        for place in (places[index] for index in indices)
    )
    order = {index: place for place, index in enumerate(indices)}
    return Conflict(
        subject_of(_figures(places, pairs), language), stated, tuple((order[a], order[b]) for a, b in pairs)
    )
