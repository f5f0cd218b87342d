"""Introduction and conclusion: what the cited passages say first about the topic, and what is most central in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from ...evidence.languages import base_language
from ...evidence.words import terms
from ..roles import ComposeBrief, Opening
from .arranging import arrange
from .bearing import Bearing
from .candidates import Candidate, find_candidates
from .citing import cited_sentences
from .redundancy import choose
from .scoring import score, sentence_vectors
from .titles import facet_in, report_title
from .vectors import cosine

_WORDS: Final = 85
_LONGEST: Final = 125
_FEWEST_WORDS: Final = 40
_NEAR: Final = 0.6
_FIRST_PART: Final = 800
_LAST_PART: Final = 0.7


def compose_introduction(brief: ComposeBrief) -> Opening:
    """The title, and 60 to 120 words of what the cited documents say first about the topic."""
    return {"title": report_title(brief), "text": arrange(_introduction(brief))}


def compose_conclusion(brief: ComposeBrief) -> str:
    """60 to 120 words: the most central sentences of the cited passages that stand nowhere else."""
    used = [*_used(brief), *(one.text for sentence in _introduction(brief) for one in sentence.chain())]
    candidates = _unused(brief, used)
    weights = {term: 1.0 for candidate in candidates for term in candidate.terms}
    weights |= dict.fromkeys(terms(" ".join(section["title"] for section in brief.sections), brief.language), 2.0)
    scored = score(candidates, weights, brief.language)
    lengths = {excerpt.document.id: len(excerpt.document.text) for excerpt in brief.excerpts}
    # Documents say last what follows.
    scores = [
        value * (1.0 if one.place > _LAST_PART * lengths[one.document] else 0.75)
        for one, value in zip(scored.candidates, scored.scores, strict=True)
    ]
    return arrange(_pick(scored.candidates, scores))


def _introduction(brief: ComposeBrief) -> list[Candidate]:
    topic = set(terms(brief.topic, brief.language))
    weights = dict.fromkeys(topic, 3.0)
    for term in terms(" ".join(facet_in(section["title"]) for section in brief.sections), brief.language):
        weights.setdefault(term, 1.0)
    scored = score(_unused(brief, _used(brief)), weights, brief.language)
    # Documents say first what they are about.
    scores = [
        value
        * (1.0 if one.place < _FIRST_PART else 0.7)
        * (0.3 + len(topic.intersection(one.terms)) / (len(topic) or 1))
        for one, value in zip(scored.candidates, scored.scores, strict=True)
    ]
    # Half of what there is, when that is little: the conclusion wants the rest.
    return _pick(scored.candidates, scores, min(_WORDS, sum(one.words for one in scored.candidates) // 2))


def _pick(candidates: Sequence[Candidate], scores: Sequence[float], wanted: int = _WORDS) -> list[Candidate]:
    """The best sentences, as many as make a paragraph or two."""

    def words(chosen: Sequence[int]) -> int:
        return sum({one.text: one.words for index in chosen for one in candidates[index].chain()}.values())

    # A sentence that brings others along takes their place too.
    scores = [value / len(one.chain()) for one, value in zip(candidates, scores, strict=True)]
    chosen = choose(scores, sentence_vectors(candidates), enough=lambda chosen: words(chosen) >= wanted)
    while len(chosen) > 1 and words(chosen) > _LONGEST:
        chosen.pop()
    return [candidates[index] for index in chosen]


def _used(brief: ComposeBrief) -> list[str]:
    return [sentence for section in brief.sections for sentence, _ in cited_sentences(section["text"])]


def _unused(brief: ComposeBrief, used: Collection[str]) -> list[Candidate]:
    """The quotable sentences that were not used, nor anything close to them, nor lean on one that was."""
    known = set(used)
    candidates = find_candidates(brief.excerpts, brief.language)
    compared = sentence_vectors(candidates)
    spent = [vector for one, vector in zip(candidates, compared, strict=True) if one.text in known]
    left = [
        one
        for one, vector in zip(candidates, compared, strict=True)
        if known.isdisjoint(needed.text for needed in one.chain())
        and all(cosine(vector, other) < _NEAR for other in spent)
    ]
    bearing = Bearing(brief.topic, brief.excerpts, brief.language)
    about = [one for one in left if bearing.is_about(one)]
    left = about if sum(one.words for one in about) >= _FEWEST_WORDS else left
    native = [one for one in left if one.language == base_language(brief.language)]
    spoken = sum(one.language == base_language(brief.language) for one in candidates)
    return native if 2 * spoken >= len(candidates) else left
