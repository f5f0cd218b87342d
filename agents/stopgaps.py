"""Stopgaps: what code gives where the model failed at a step that would cost a whole interview. Nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence

from ..evidence.claims import CitedSentence
from ..evidence.cutting import cut_sentences
from ..evidence.repetitions import drop_repetitions
from ..evidence.words import keywords
from .roles import Analyst, Question, QuestionBrief, Section, Turn


def plain_question(brief: QuestionBrief) -> Question:
    """The analyst's own focus as the question; every source is searched for its keywords, and for role and topic."""
    texts = (f"{brief.analyst['role']} {brief.topic}", brief.focus)
    queries = list(dict.fromkeys(keywords(text, brief.language) for text in texts))
    return {
        "text": brief.focus,
        "queries": {name: list(queries) for name in brief.sources},
        "done": False,
        "reason": "",
    }


def section_of_answers(analyst: Analyst, turns: Sequence[Turn], language: str) -> Section:
    """An interview's answers in their order, word for word, under the analyst's role.

    Out go sentences that cite nothing, which say what the sources do not tell or lead over to what follows, and those
    that an earlier answer has. The text is empty when no answer cites anything.
    """
    empty: Section = {"analyst": analyst["id"], "title": analyst["role"], "text": ""}
    cited = [cut_sentences(turn["answer"], language, _uncited) for turn in turns]
    told = drop_repetitions([{**empty, "text": text} for text in cited], language)
    return {**empty, "text": "\n\n".join(one["text"] for one in told if one["text"])}


def _uncited(sentences: Sequence[CitedSentence]) -> list[CitedSentence]:
    return [sentence for sentence in sentences if not sentence.citations]
