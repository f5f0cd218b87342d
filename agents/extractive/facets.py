"""Facets: the themes that the surveyed documents share, each different from the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ...evidence.languages import base_language
from ...evidence.passages import Excerpt
from ...evidence.words import terms
from .bearing import Bearing
from .candidates import language_of
from .key_phrases import KeyPhrase, find_key_phrases
from .tables import is_table

PHRASES_PER_FACET: Final = 6

# A survey is ranked: what comes later has little to do with the topic and would only cost time.
_SURVEYED: Final = 400
_CONSIDERED: Final = 400
_LONGEST_NAME: Final = 3
_UBIQUITY: Final = 2
_NESTED: Final = 0.75
_LENGTH_WEIGHT: Final = {1: 0.8, 2: 1.2, 3: 1.0, 4: 0.9}


@dataclass(frozen=True, slots=True)
class Facet:
    """A theme: its phrase, its terms, and the phrases that go with it."""

    text: str
    terms: tuple[str, ...]
    phrases: tuple[str, ...] = ()


class Themes:
    """What a survey holds, as scored key phrases. Pages in the report's language speak first."""

    def __init__(self, survey: Sequence[Excerpt], topic: str, language: str) -> None:
        self.language = language
        self.topic = frozenset(terms(topic, language))
        self._excerpts = _spoken(survey[:_SURVEYED], language)
        self._documents = len({excerpt.document.id for excerpt in self._excerpts})
        self._telling = self.topic - _ubiquitous(self._excerpts, language)
        self._bearing = Bearing(topic, self._excerpts, language).of(self._excerpts)
        self._phrases = find_key_phrases(self._excerpts, language)
        nested = self._nested()
        self._scores = {
            key: self._score(phrase) * (0.3 if key in nested else 1.0) for key, phrase in self._phrases.items()
        }
        self._best = [
            key for key in sorted(self._scores, key=lambda key: (-self._scores[key], key)) if self._scores[key] > 0
        ]

    def facets(self, size: int, taken: Collection[Facet] = (), banned: Collection[frozenset[str]] = ()) -> list[Facet]:
        """Up to `size` facets unlike those taken and free of what is banned, best first, with their phrases."""
        chosen: list[tuple[str, ...]] = []
        others = [facet.terms for facet in taken]
        pool = [key for key in self._best if not _is_banned(key, banned)]
        pool = [*pool[:_CONSIDERED], *pool[_CONSIDERED : _CONSIDERED + 2 * size]]
        while pool and len(chosen) < size:
            keys = [*others, *chosen]
            covered = set().union(*(self._phrases[key].passages for key in keys if key in self._phrases))
            best = max(pool, key=lambda key: self._scores[key] * self._novelty(key, keys, covered))
            chosen.append(best)
            pool = [key for key in pool if set(key) != set(best)]
        return [self._facet(key, [*others, *chosen], banned) for key in chosen]

    def facet_of(
        self, text: str, wanted: Sequence[str], others: Sequence[Facet] = (), banned: Collection[frozenset[str]] = ()
    ) -> Facet | None:
        """A facet that a person named, with the phrases the survey has for it; None when it knows none of its terms.

        A short name stays as the person wrote it; the best key phrase with its terms stands for a long one.
        """
        found = [key for key in self._best if not set(key).isdisjoint(wanted) and not _is_banned(key, banned)]
        if not found:
            return None
        best = max(found, key=lambda key: (len(set(key) & set(wanted)), self._scores[key], key))
        facet = self._facet(best, [*(facet.terms for facet in others), best], banned)
        if len(wanted) > _LONGEST_NAME:
            return facet
        own = self._phrases[best].text
        phrases = facet.phrases if own.casefold() == text.casefold() else (own, *facet.phrases)
        return Facet(self._usual(tuple(wanted)) or text, tuple(wanted), phrases)

    def _usual(self, key: tuple[str, ...]) -> str:
        return self._phrases[key].text if key in self._phrases else ""

    def titles(self) -> Iterator[str]:
        """The documents' titles, in the order of the survey: facets of last resort."""
        yield from dict.fromkeys(excerpt.document.title for excerpt in self._excerpts)

    def _facet(
        self, key: tuple[str, ...], all_keys: Sequence[tuple[str, ...]], banned: Collection[frozenset[str]]
    ) -> Facet:
        phrase = self._phrases[key]
        others = {term for other in all_keys if other != key for term in other}
        near = sorted(
            (
                other
                for other in self._phrases.values()
                if not phrase.passages.isdisjoint(other.passages) and not _is_banned(other.terms, banned)
            ),
            key=lambda other: (-self._association(phrase, other), other.terms),
        )
        kept: list[KeyPhrase] = []
        for other in near:
            known = {*key, *(term for one in kept for term in one.terms)}
            fresh = [term for term in other.terms if term not in known and term not in self.topic]
            if (
                len(fresh) * 2 > len(other.terms)
                and not set(fresh) <= others
                and self._belongs(other, phrase, all_keys)
            ):
                kept.append(other)
            if len(kept) == PHRASES_PER_FACET:
                break
        return Facet(phrase.text, key, tuple(one.text for one in kept))

    def _belongs(self, other: KeyPhrase, phrase: KeyPhrase, all_keys: Sequence[tuple[str, ...]]) -> bool:
        """Whether a phrase goes with this facet more than with any other."""
        rivals = [self._phrases[key] for key in all_keys if key in self._phrases and key != phrase.terms]
        return all(self._association(phrase, other) >= self._association(rival, other) for rival in rivals)

    def _association(self, one: KeyPhrase, other: KeyPhrase) -> float:
        """How often two phrases share a passage, for what they could (the cosine), times what the other is worth."""
        together = len(one.passages & other.passages)
        alike = together / math.sqrt(len(one.passages) * len(other.passages))
        return alike * math.sqrt(max(self._scores[other.terms], 0.0))

    def _score(self, phrase: KeyPhrase) -> float:
        """More for what several documents say, also in headings; less for the topic's own words."""
        known = sum(term in self.topic for term in phrase.terms) / len(phrase.terms)
        if known == 1.0:
            return 0.0
        documents = len(phrase.documents)
        score = math.log2(1 + documents) * _LENGTH_WEIGHT[len(phrase.terms)] * self._nearness(phrase.terms, known)
        score *= 1 + 0.5 * min(2, len(phrase.headed)) + 0.15 * min(4, len(phrase.passages) - documents)
        if len(phrase.terms) == 1 and not phrase.headed and phrase.text.islower():
            score *= 0.5
        # What passages speak of that have little to do with the topic is another topic.
        score *= (sum(self._bearing[index] for index in phrase.passages) / len(phrase.passages)) ** 2
        if not phrase.alone:
            score *= 0.5
        if self._documents >= 4 and documents == 1:
            score *= 0.4
        if self._documents >= 5 and documents > 0.6 * self._documents:
            score *= 0.3
        return score

    def _nearness(self, key: Sequence[str], known: float) -> float:
        """What the topic's words do for a phrase: a telling one keeps it on the topic, the others only repeat it."""
        if known <= 0.5 and not self._telling.isdisjoint(key):
            return 1.2
        return 1 - 0.6 * known

    def _nested(self) -> set[tuple[str, ...]]:
        """Phrases that are nearly always part of one and the same longer phrase: "protection agency"."""
        nested = set()
        for key, phrase in self._phrases.items():
            for size in range(1, len(key)):
                for first in range(len(key) - size + 1):
                    part = self._phrases.get(key[first : first + size])
                    if part is not None and len(phrase.passages) >= _NESTED * len(part.passages):
                        nested.add(part.terms)
        return nested

    def _novelty(self, key: tuple[str, ...], others: Sequence[tuple[str, ...]], covered: set[int]) -> float:
        """Less for terms and passages that other facets have."""
        shared = any(not set(key).isdisjoint(other) for other in others)
        passages = self._phrases[key].passages
        return (0.2 if shared else 1.0) * (1 - 0.75 * len(passages & covered) / len(passages))


def _spoken(survey: Sequence[Excerpt], language: str) -> list[Excerpt]:
    """The excerpts in the report's language, unless they are too few to speak for the survey. Tables have no themes."""
    prose = [excerpt for excerpt in survey if not is_table(excerpt)] or list(survey)
    own = [excerpt for excerpt in prose if language_of(excerpt, language) == base_language(language)]
    documents, own_documents = ({excerpt.document.id for excerpt in found} for found in (prose, own))
    return own if len(own_documents) >= 2 and 5 * len(own_documents) >= len(documents) else prose


def _ubiquitous(excerpts: Sequence[Excerpt], language: str) -> set[str]:
    """The terms that stand in at least every second passage."""
    counts = Counter(term for excerpt in excerpts for term in set(terms(excerpt.text, language)))
    return {term for term, count in counts.items() if _UBIQUITY * count >= len(excerpts)}


def _is_banned(key: tuple[str, ...], banned: Collection[frozenset[str]]) -> bool:
    """Whether a phrase holds every term of something banned, or is part of it."""
    return any(terms_ <= set(key) or set(key) <= terms_ for terms_ in banned)
