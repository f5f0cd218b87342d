"""Scoring: how much each sentence bears on what is asked, and how central it is among the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...evidence.languages import base_language
from .candidates import Candidate
from .lexrank import lexrank
from .vectors import Vector, rarity, vectors

# Comparing every sentence with every other is quadratic: only so many of the most relevant are compared.
MOST_COMPARED: Final = 150

_CONTEXT_SHARE: Final = 0.33
_OTHER_LANGUAGE: Final = 0.55
_RELEVANCE_SHARE: Final = 0.65


@dataclass(frozen=True, slots=True)
class Scored:
    """Sentences with their scores (0 to 1) and vectors, side by side."""

    candidates: Sequence[Candidate]
    scores: Sequence[float]
    vectors: Sequence[Vector]


def relevance(candidates: Sequence[Candidate], weights: Mapping[str, float], language: str) -> list[float]:
    """How much of the weighted terms each sentence holds, rare ones counting more; 0 to 1.

    Heading and title count a third. Sentences of earlier-ranked passages, and in the report's language, come first.
    """
    rare = rarity([candidate.terms for candidate in candidates])
    average = sum(len(candidate.terms) for candidate in candidates) / (len(candidates) or 1) or 1.0
    worth = {term: weight * rare.get(term, 1.0) for term, weight in weights.items()}
    raw = []
    for candidate in candidates:
        own = set(candidate.terms)
        score = sum(worth[term] for term in worth if term in own)
        score += _CONTEXT_SHARE * sum(worth[term] for term in worth if term in candidate.context and term not in own)
        score /= 0.7 + 0.3 * len(candidate.terms) / average
        score *= candidate.weight / (1 + 0.02 * candidate.rank)
        raw.append(score if candidate.language == base_language(language) else score * _OTHER_LANGUAGE)
    highest = max(raw, default=0.0) or 1.0
    return [score / highest for score in raw]


def score(candidates: Sequence[Candidate], weights: Mapping[str, float], language: str) -> Scored:
    """Relevance times centrality for the most relevant sentences; those without any relevance are left out."""
    scores = relevance(candidates, weights, language)
    order = sorted((i for i in range(len(candidates)) if scores[i] > 0), key=lambda i: (-scores[i], i))
    kept = [candidates[index] for index in order[:MOST_COMPARED]]
    compared = sentence_vectors(kept)
    central = lexrank(compared)
    share = _RELEVANCE_SHARE
    mixed = [scores[i] * (share + (1 - share) * c) for i, c in zip(order, central, strict=False)]
    return Scored(kept, mixed, compared)


def sentence_vectors(candidates: Sequence[Candidate]) -> list[Vector]:
    """The sentences as vectors, each term weighted by its rarity among them."""
    texts = [candidate.terms for candidate in candidates]
    return vectors(texts, rarity(texts))
