"""The writer: a model turns an interview into a section, and the sections into title, introduction and conclusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ...evidence.citations import citations_in
from ...evidence.passages import Excerpt
from ..roles import ComposeBrief, Opening, Section, SectionBrief, Turn
from .chat import Chat
from .keys import mend_keys
from .prompts import language_name, render_within, shorten
from .replies import plain_prose, split_title, without_title

# More than some tens of passages make a text worse, not better; what no answer cites is for context and for what an
# answer overlooked.
_PASSAGES: Final = 40
_UNCITED: Final = 16


class ModelWriter:
    """Plays the writer with a language model."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def write_section(self, brief: SectionBrief) -> Section:
        """The section of one interview; empty, and nothing asked, when the interview found no evidence.

        Raises:
            EngineError: the model cannot be asked, or its reply cannot be used.
        """
        section: Section = {"analyst": brief.analyst["id"], "title": brief.analyst["role"], "text": ""}
        if not brief.excerpts:
            return section
        excerpts = _cited_first(brief)
        window = self._chat.context_window
        prompt = render_within("section", window, excerpts, lambda *shown: _section_data(brief, *shown))
        title, text = split_title(await self._chat.write(prompt, "writer", language=brief.language))
        text = mend_keys(plain_prose(text), {excerpt.key for excerpt in excerpts})
        return {**section, "title": title or section["title"], "text": text}

    async def write_introduction(self, brief: ComposeBrief) -> Opening:
        """The title, or the topic when the model gives none, and the introduction.

        Raises:
            EngineError: the model cannot be asked, or its reply cannot be used.
        """
        title, text = split_title(await self._compose("introduction", brief))
        return {"title": title or brief.topic, "text": mend_keys(plain_prose(text), _cited(brief))}

    async def write_conclusion(self, brief: ComposeBrief) -> str:
        """The conclusion, without the heading that a model may have put over it.

        Raises:
            EngineError: the model cannot be asked, or its reply cannot be used.
        """
        text = without_title(await self._compose("conclusion", brief))
        return mend_keys(plain_prose(text), _cited(brief))

    async def _compose(self, name: str, brief: ComposeBrief) -> str:
        window = self._chat.context_window
        prompt = render_within(name, window, (), lambda _, limit: _compose_data(brief, limit))
        return await self._chat.write(prompt, "writer", language=brief.language)


def _cited_first(brief: SectionBrief) -> list[Excerpt]:
    """What the answers cite, then the best of the rest, of every turn alike: the last are the first to go."""
    cited = set(_cited_by(brief.turns))
    ranks: dict[str, int] = {}
    for turn in brief.turns:
        for rank, key in enumerate(key for key in turn["shown"] if key not in cited):
            ranks[key] = min(rank, ranks.get(key, rank))
    first = [excerpt for excerpt in brief.excerpts if excerpt.key in cited]
    others = [excerpt for excerpt in brief.excerpts if excerpt.key not in cited]
    others.sort(key=lambda excerpt: ranks.get(excerpt.key, len(ranks)))
    return [*first, *others[:_UNCITED]][:_PASSAGES]


def _cited_by(turns: Sequence[Turn]) -> list[str]:
    return citations_in([turn["answer"] for turn in turns])


def _cited(brief: ComposeBrief) -> list[str]:
    return citations_in([section["text"] for section in brief.sections])


def _section_data(brief: SectionBrief, shown: Sequence[Excerpt], limit: int) -> dict[str, Any]:
    return {
        "topic": brief.topic,
        "language": language_name(brief.language),
        "analyst": brief.analyst,
        "others": [other for other in brief.panel if other["id"] != brief.analyst["id"]],
        "turns": [{**turn, "answer": shorten(turn["answer"], limit)} for turn in brief.turns],
        "keys": [excerpt.key for excerpt in shown],
    }


def _compose_data(brief: ComposeBrief, limit: int) -> dict[str, Any]:
    sections = [{"title": section["title"], "text": shorten(section["text"], limit)} for section in brief.sections]
    return {
        "topic": brief.topic,
        "language": language_name(brief.language),
        "sections": sections,
        "missing": list(brief.missing),
        "sources": _sources(brief.excerpts, citations_in([section["text"] for section in sections])),
    }


def _sources(excerpts: Sequence[Excerpt], keys: Sequence[str]) -> list[dict[str, Any]]:
    """The keys by document, so that two passages of one document are not taken for two sources."""
    documents = {excerpt.key: excerpt.document for excerpt in excerpts}
    sources: dict[str, dict[str, Any]] = {}
    for key in keys:
        if document := documents.get(key):
            sources.setdefault(document.id, {"title": document.title, "keys": []})["keys"].append(key)
    return list(sources.values())
