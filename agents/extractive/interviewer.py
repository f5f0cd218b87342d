"""The interviewer: asks by pattern, one or two key phrases at a time, until they are used up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from ...evidence.words import fold, terms
from ..roles import Question, QuestionBrief
from .bearing import Bearing
from .focus import Focus, focus_of
from .patterns import Patterns, patterns_of

_PHRASES_PER_TURN: Final = 2
_QUERIES: Final = 3


class ExtractiveInterviewer:
    """Asks about an analyst's facet and its key phrases."""

    async def ask(self, brief: QuestionBrief) -> Question:
        """The next question with its queries, or that every key phrase was asked about."""
        return await asyncio.to_thread(_ask, brief)


def _ask(brief: QuestionBrief) -> Question:
    patterns = patterns_of(brief.language)
    focus = focus_of(brief.analyst, brief.language)
    phrases = _unasked(focus, brief)
    if brief.turns and not phrases:
        return {"text": "", "queries": {}, "done": True, "reason": patterns.exhausted}
    phrases = phrases[:_PHRASES_PER_TURN]
    text = _question(focus, phrases, len(brief.turns), patterns)
    queries = _queries(focus, phrases, brief)
    return {"text": text, "queries": {source: list(queries) for source in brief.sources}, "done": False, "reason": ""}


def _unasked(focus: Focus, brief: QuestionBrief) -> list[str]:
    """The key phrases that no earlier question named."""
    asked = fold("\n".join(turn["question"] for turn in brief.turns))
    return [phrase for phrase in focus.phrases if fold(phrase) not in asked]


def _question(focus: Focus, phrases: Sequence[str], turn: int, patterns: Patterns) -> str:
    if not phrases:
        return patterns.plain_question.format(facet=focus.facet)
    if turn == 0:
        pattern = patterns.first_question
    else:
        pattern = patterns.next_questions[(turn - 1) % len(patterns.next_questions)]
    return pattern.format(facet=focus.facet, phrase=joined(phrases, patterns.conjunction))


def _queries(focus: Focus, phrases: Sequence[str], brief: QuestionBrief) -> list[str]:
    """Keywords as a person types them: facet and topic first, then facet and topic with each phrase, no word twice.

    Of the topic only its telling words: without them a search ends up wherever the facet is frequent.
    """
    first = f"{phrases[0]} {brief.topic}" if brief.turns and phrases else f"{focus.facet} {brief.topic}"
    telling = Bearing(brief.topic, brief.survey, brief.language).telling
    words = [word for word in brief.topic.split() if not telling.isdisjoint(terms(word, brief.language))]
    wanted = [first, *(" ".join([focus.facet, phrase, *words]) for phrase in phrases)]
    return list(dict.fromkeys(_keywords(query, brief.language) for query in wanted))[:_QUERIES]


def _keywords(query: str, language: str) -> str:
    """The content words of a query in order, each once."""
    kept: dict[str, str] = {}
    for word in query.split():
        for term in terms(word, language)[:1]:
            kept.setdefault(term, word.strip(".,;:¿?¡!\"'()"))
    return " ".join(kept.values()) or query.strip()


def joined(phrases: Sequence[str], conjunction: str) -> str:
    """`a`, `a and b`, `a, b and c`; Spanish says "e" before an i."""
    if len(phrases) < 2:
        return "".join(phrases)
    *most, last = phrases
    if conjunction == "y" and fold(last).removeprefix("h").startswith("i") and not fold(last).startswith("hie"):
        conjunction = "e"
    return f"{', '.join(most)} {conjunction} {last}"


def spoken_terms(language: str) -> frozenset[str]:
    """The terms of the question patterns themselves: they say nothing about what is asked."""
    patterns = patterns_of(language)
    said = [patterns.first_question, patterns.plain_question, *patterns.next_questions]
    return frozenset(term for text in said for term in terms(text.format(facet="", phrase=""), language))
