"""The expert: answers with the sentences that bear most on the question, as they stand in their passages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from ...evidence.words import terms
from ..roles import AnswerBrief, Turn
from .bearing import Bearing
from .candidates import find_candidates
from .citing import by_document, cited_sentences, in_order, paragraph
from .focus import focus_of
from .interviewer import spoken_terms
from .patterns import patterns_of
from .redundancy import choose
from .scoring import score

_MOST: Final = 8
_FEWEST: Final = 3
_WORTH_SAYING: Final = 0.3
_TOPIC_WEIGHT: Final = 0.3


class ExtractiveExpert:
    """Quotes; when no sentence bears on the question, says so."""

    async def answer(self, brief: AnswerBrief) -> str:
        """Three to eight cited sentences, by document; or that the sources do not say anything."""
        return await asyncio.to_thread(_answer, brief)


def _answer(brief: AnswerBrief) -> str:
    said = {sentence for turn in brief.turns for sentence, _ in cited_sentences(turn["answer"])}
    excerpts = Bearing(brief.topic, brief.excerpts, brief.language).nearest(brief.excerpts)
    candidates = [one for one in find_candidates(excerpts, brief.language) if one.text not in said]
    scored = score(candidates, _weights(brief), brief.language)
    if not scored.candidates:
        return patterns_of(brief.language).no_answer

    def enough(chosen: Sequence[int]) -> bool:
        weak = len(chosen) >= _FEWEST and scored.scores[chosen[-1]] < _WORTH_SAYING * max(scored.scores)
        return weak or len(chosen) >= _MOST

    chosen = choose(scored.scores, scored.vectors, enough=enough)
    sentences = [one for one in in_order(scored.candidates[index] for index in chosen) if one.text not in said]
    return "\n\n".join(paragraph(group) for group in by_document(sentences))


def _weights(brief: AnswerBrief) -> dict[str, float]:
    """What is asked, the analyst's facet most, the topic least; nothing for the words of the question pattern."""
    topic = set(terms(brief.topic, brief.language))
    asked = [term for term in terms(brief.question, brief.language) if term not in spoken_terms(brief.language)]
    weights = dict.fromkeys(asked, 1.5)
    weights |= dict.fromkeys(terms(focus_of(brief.analyst, brief.language).facet, brief.language), 2.0)
    weights |= dict.fromkeys(topic, _TOPIC_WEIGHT)
    return weights


def answered(turns: Sequence[Turn]) -> set[str]:
    """Every sentence that the answers quote."""
    return {sentence for turn in turns for sentence, _ in cited_sentences(turn["answer"])}
