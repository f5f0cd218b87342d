"""Disagreements: quotable sentences of different documents that give different values for the same thing."""

from __future__ import annotations

from collections.abc import Sequence

from ...evidence.disagreements import Stated, find_disagreements
from ...evidence.passages import Excerpt
from .candidates import Candidate


def find_pairs(
    candidates: Sequence[Candidate], excerpts: Sequence[Excerpt], language: str
) -> list[tuple[Candidate, Candidate]]:
    """Pairs of candidates that contradict each other, as they come. Each sentence is in one pair at most.

    Pairs in one language are preferred: a reader sees at once that their values differ.
    """
    pairs = []
    for conflict in find_disagreements(excerpts, language=language):
        quotable = [_quotable(stated, candidates) for stated in conflict.statements]
        found = [(quotable[one], quotable[other]) for one, other in conflict.pairs]
        whole = [(one, other) for one, other in found if one is not None and other is not None]
        pairs += sorted(whole, key=lambda pair: pair[0].language != pair[1].language)
    taken: set[str] = set()
    kept = []
    for one, other in pairs:
        if taken.isdisjoint((one.text, other.text)):
            taken.update((one.text, other.text))
            kept.append((one, other))
    return kept


def _quotable(stated: Stated, candidates: Sequence[Candidate]) -> Candidate | None:
    """The candidate that is this sentence."""
    text = " ".join(stated.sentence.split())
    return next((one for one in candidates if one.text == text and one.key == stated.citation), None)
