"""The interviewer: a model asks the next question and says what to search for, or ends the interview."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from ...evidence.passages import Excerpt
from ...evidence.ranking import rank_excerpts
from ...evidence.words import keywords
from ..roles import Question, QuestionBrief
from .chat import Chat
from .forms import MOST_QUERIES, NextQuestion, next_question_form
from .prompts import language_name, render_within, shorten

# The survey as background: what it has on the analyst's focus, and of each passage the beginning.
_PASSAGES: Final = 8
_PASSAGE_LENGTH: Final = 300
# Of the rest only what the documents are called, so that the interviewer knows what there is to ask for.
_TITLES: Final = 24
_LANGUAGES: Final = 3


class ModelInterviewer:
    """Plays the interviewer with a language model."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def ask(self, brief: QuestionBrief) -> Question:
        """The next question, with one to three queries for each source; or that the interview is complete.

        Raises:
            EngineError: the model cannot be asked, or its reply cannot be used.
        """
        # Once there are answers they tell more of what there is than the survey; then its titles are enough.
        survey = [] if brief.turns else await asyncio.to_thread(_background, brief)
        prompt = render_within("question", self._chat.context_window, survey, lambda *shown: _data(brief, *shown))
        form = next_question_form(brief.sources)
        reply = await self._chat.structure(prompt, form, "interviewer", check=lambda reply: _objection(brief, reply))
        done = bool(brief.turns) and (reply.done or not reply.question)
        if done:
            return {"text": "", "queries": {}, "done": True, "reason": reply.reason}
        text = reply.question or brief.focus
        return {"text": text, "queries": _queries(brief, reply, text), "done": False, "reason": reply.reason}


def _background(brief: QuestionBrief) -> list[Excerpt]:
    # Of the description only the first sentence: the last one often names what is left to the others.
    focus = [brief.analyst["role"], brief.analyst["description"].partition(". ")[0]]
    return rank_excerpts(brief.survey, focus, language=brief.language, limit=_PASSAGES)


def _other_titles(brief: QuestionBrief, shown: Sequence[Excerpt]) -> list[str]:
    """What else was found: the titles of the documents that no shown passage comes from."""
    seen = {excerpt.document.id for excerpt in shown}
    titles = {
        excerpt.document.id: excerpt.document.title for excerpt in brief.survey if excerpt.document.id not in seen
    }
    return list(dict.fromkeys(titles.values()))[:_TITLES]


def _languages(brief: QuestionBrief) -> list[str]:
    """The languages of the documents that were found, the most frequent first."""
    documents = {excerpt.document.id: excerpt.document for excerpt in brief.survey}
    counts = Counter(document.language for document in documents.values() if document.language)
    return [language_name(code) for code, _ in counts.most_common(_LANGUAGES)]


def _data(brief: QuestionBrief, shown: Sequence[Excerpt], limit: int) -> dict[str, Any]:
    return {
        "topic": brief.topic,
        "language": language_name(brief.language),
        "analyst": brief.analyst,
        "others": [other for other in brief.panel if other["id"] != brief.analyst["id"]],
        "turns": [{**turn, "answer": shorten(turn["answer"], limit)} for turn in brief.turns],
        "turn_limit": brief.turn_limit,
        "sources": list(brief.sources),
        "titles": _other_titles(brief, shown),
        "languages": _languages(brief),
        "passage_length": _PASSAGE_LENGTH,
    }


def _objection(brief: QuestionBrief, reply: NextQuestion) -> str:
    if reply.question or (reply.done and brief.turns):
        return ""
    if reply.done:
        return "The interview has not begun: ask the first question."
    return "`question` is empty and `done` is false."


def _queries(brief: QuestionBrief, reply: NextQuestion, question: str) -> dict[str, list[str]]:
    """Queries for exactly the sources that exist; a source without one is searched for the question's words."""
    asked = {name.casefold(): texts for name, texts in reply.queries.items()}
    queries: dict[str, list[str]] = {}
    for name in brief.sources:
        texts = (" ".join(text.split()) for text in asked.get(name.casefold()) or asked.get("", []))
        queries[name] = list(dict.fromkeys(text for text in texts if text))[:MOST_QUERIES] or [
            keywords(question, brief.language)
        ]
    return queries
