"""The expert: a model answers from the passages, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ...evidence.languages import base_language
from ...evidence.passages import Excerpt
from ..roles import AnswerBrief
from .chat import Chat
from .keys import mend_keys
from .prompts import language_name, render_within, shorten
from .replies import plain_prose

# Characters of each earlier answer: enough to see what has been told.
_EARLIER_ANSWER: Final = 600

_NOTHING_FOUND: Final = {
    "en": "The sources found do not answer this question.",
    "es": "Las fuentes encontradas no responden a esta pregunta.",
    "ca": "Les fonts trobades no responen aquesta pregunta.",
    "eu": "Aurkitutako iturriek ez diote galdera honi erantzuten.",
    "gl": "As fontes atopadas non responden a esta pregunta.",
}


class ModelExpert:
    """Plays the expert with a language model."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def answer(self, brief: AnswerBrief) -> str:
        """The answer as cited Markdown. Without excerpts nothing is asked: a model would answer from memory.

        Raises:
            EngineError: the model cannot be asked, or its reply cannot be used.
        """
        if not brief.excerpts:
            return _NOTHING_FOUND.get(base_language(brief.language), _NOTHING_FOUND["en"])
        window = self._chat.context_window
        prompt = render_within("answer", window, brief.excerpts, lambda *shown: _data(brief, *shown))
        answer = plain_prose(await self._chat.write(prompt, "expert", language=brief.language))
        return mend_keys(answer, {excerpt.key for excerpt in brief.excerpts})


def _data(brief: AnswerBrief, shown: Sequence[Excerpt], limit: int) -> dict[str, Any]:
    return {
        "topic": brief.topic,
        "language": language_name(brief.language),
        "turns": [
            {**turn, "answer": shorten(turn["answer"], min(_EARLIER_ANSWER, limit))}
            for turn in brief.turns
            if turn["answer"]
        ],
        "question": brief.question,
        "keys": [excerpt.key for excerpt in shown],
    }
