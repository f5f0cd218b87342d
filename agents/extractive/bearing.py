"""Bearing: how much a passage has to do with the topic, seen from its words, its heading and its whole document.

A topic's words do not tell equally much. One that is everywhere in the documents ("Debian" in a Debian manual) tells
little, and so does one that is thinly spread ("management"); one that some documents have to themselves is what these
are about. So a word weighs as much as its spread over the documents differs from that of all text (Kullback and Leibler
1951, "On Information and Sufficiency"), times its rarity. Neighbours ("mail server") weigh as words of their own.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from ...evidence.documents import Document
from ...evidence.languages import base_language
from ...evidence.passages import Excerpt
from ...evidence.words import WORD_PATTERN, fold, stem, terms
from .candidates import Candidate, language_of
from .tables import is_table

_HEAD_WEIGHT: Final = 1.5
_HALF_FULL: Final = 0.15
_TELLING: Final = 0.6
_LEAST: Final = 0.05
_PRIOR: Final = 10
_NEAR_ENOUGH: Final = 0.5
_HALF_SURE: Final = 100

_BREAK = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class _Profile:
    """A document: its paragraphs, and how many of them hold each of the topic's terms."""

    paragraphs: int
    holding: Mapping[str, int]


class Bearing:
    """What a topic is about, as the documents of some excerpts use its words.

    `telling` are its most distinctive words: none when the documents hold none of them.
    """

    def __init__(self, topic: str, excerpts: Sequence[Excerpt], language: str) -> None:
        self._language = language
        self._terms = frozenset(_with_pairs(terms(topic, language)))
        documents = {excerpt.document.id: excerpt.document for excerpt in excerpts}
        self._profiles = {key: self._profile(document) for key, document in documents.items()}
        self.weights = _weights(self._terms, list(self._profiles.values()))
        words = {term: weight for term, weight in self.weights.items() if " " not in term}
        least = _TELLING * max(words.values(), default=0.0)
        self.telling = frozenset(term for term, weight in words.items() if weight >= least)

    def of(self, excerpts: Sequence[Excerpt]) -> list[float]:
        """How much each excerpt has to do with the topic, the most 1.

        Words do not tell of a document in another language; it counts as much as the average of the others.
        """
        known = [self._raw(excerpt) if self._is_readable(excerpt) else None for excerpt in excerpts]
        values = [value for value in known if value is not None]
        highest = max(values, default=0.0)
        if highest == 0.0:
            return [1.0] * len(excerpts)
        average = sum(values) / len(values)
        return [(average if value is None else value) / highest for value in known]

    def nearest(self, excerpts: Sequence[Excerpt]) -> list[Excerpt]:
        """The excerpts that have enough to do with the topic, in their order, and those whose words do not tell.

        These are texts in other languages, and tables, which speak of the facet alone.
        """
        values = self.of(excerpts)
        # The fewer paragraphs there are, the less they tell of how a word is used elsewhere.
        paragraphs = sum(profile.paragraphs for profile in self._profiles.values())
        least = _NEAR_ENOUGH * paragraphs / (paragraphs + _HALF_SURE)
        return [
            excerpt
            for excerpt, value in zip(excerpts, values, strict=True)
            if value >= least or is_table(excerpt) or not self._is_readable(excerpt)
        ]

    def is_about(self, candidate: Candidate) -> bool:
        """Whether a sentence, or the heading or title that it stands under, holds a telling word of the topic."""
        return not self.telling.isdisjoint(candidate.terms) or not self.telling.isdisjoint(candidate.context)

    def _raw(self, excerpt: Excerpt) -> float:
        """What of the topic stands in the passage, in heading and title, and all over the document."""
        own = _with_pairs(terms(excerpt.text, self._language))
        head = _with_pairs(terms(f"{excerpt.document.title} {excerpt.passage.heading}", self._language))
        profile = self._profiles[excerpt.document.id]
        value = 0.0
        for term, weight in self.weights.items():
            share = profile.holding.get(term, 0) / profile.paragraphs
            value += weight * ((term in own) + _HEAD_WEIGHT * (term in head) + share / (share + _HALF_FULL))
        return value

    def _is_readable(self, excerpt: Excerpt) -> bool:
        return language_of(excerpt, self._language) == base_language(self._language)

    def _profile(self, document: Document) -> _Profile:
        return _profile(document.text, self._terms, self._language)


def _weights(wanted: frozenset[str], profiles: Sequence[_Profile]) -> dict[str, float]:
    """The divergence of each term's spread over the documents from that of all paragraphs, times its rarity."""
    paragraphs = sum(profile.paragraphs for profile in profiles)
    weights = {}
    for term in sorted(wanted):
        held = [profile.holding.get(term, 0) for profile in profiles]
        if total := sum(held):
            spread = 0.0
            for profile, count in zip(profiles, held, strict=True):
                usual = profile.paragraphs / paragraphs
                # A few paragraphs that happen to stand in one document are no evidence: the usual spread is mixed in.
                own = (count + _PRIOR * usual) / (total + _PRIOR)
                spread += own * math.log(own / usual)
            weights[term] = (_LEAST + spread) * math.log(1 + paragraphs / total)
    return weights


# A run asks about the same documents several times, and they may be long.
@lru_cache(maxsize=256)
def _profile(text: str, wanted: frozenset[str], language: str) -> _Profile:
    # Stemming is the dear part, and no stemmer changes how a word begins.
    beginnings = {term[:2] for term in wanted}
    paragraphs = [part for part in _BREAK.split(text) if part.strip()]
    holding: Counter[str] = Counter()
    for paragraph in paragraphs:
        words = {word for word in WORD_PATTERN.findall(paragraph.casefold()) if fold(word[:2]) in beginnings}
        found = {stem(word, language) for word in words} & wanted
        # Only where two of the topic's words stand may a pair of them stand.
        holding.update(found if len(found) < 2 else wanted & _with_pairs(terms(paragraph, language)))
    return _Profile(max(1, len(paragraphs)), dict(holding))


def _with_pairs(words: Sequence[str]) -> set[str]:
    """The terms of a text, and each two neighbours as one."""
    return {*words, *(f"{one} {other}" for one, other in pairwise(words))}
