"""A scripted engine and an in-memory source: the one place where roles and sources are played by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from tertulia.agents.roles import (
    Analyst,
    AnswerBrief,
    ComposeBrief,
    Engine,
    Opening,
    PanelBrief,
    Question,
    QuestionBrief,
    Section,
    SectionBrief,
)
from tertulia.agents.usage import report_usage
from tertulia.evidence.documents import Document, make_document
from tertulia.sources.base import Query


def clock() -> datetime:
    return datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class ShelfSource:
    """A source that returns its documents for every query, or raises what it is told to raise."""

    def __init__(self, name: str, texts: Sequence[str], failure: Exception | None = None, language: str = "en") -> None:
        self.name = name
        self.failure = failure
        self.queries: list[Query] = []
        self._documents = [
            make_document(
                url=f"{name}-{number}.md",
                title=f"{name.title()} {number}",
                source=name,
                kind="md",
                text=text,
                retrieved_at=clock().isoformat(),
                language=language,
            )
            for number, text in enumerate(texts, start=1)
        ]

    async def search(self, query: Query) -> list[Document]:
        self.queries.append(query)
        if self.failure is not None:
            raise self.failure
        return self._documents[: query.limit]

    async def close(self) -> None:
        self.closed = True


class ScriptedEngine:
    """Plays every role by rule, keeps every brief, and does what `before` says first (raise, wait)."""

    def __init__(self, before: Callable[[str, Any], Any] | None = None) -> None:
        self.briefs: list[tuple[str, Any]] = []
        self._before = before

    def engine(self, name: str = "scripted:1") -> Engine:
        return Engine(name, self, self, self, self)

    def calls(self, role: str) -> list[Any]:
        return [brief for name, brief in self.briefs if name == role]

    async def _note(self, role: str, brief: Any) -> None:
        self.briefs.append((role, brief))
        if self._before is not None:
            waiting = self._before(role, brief)
            if waiting is not None:
                await waiting
        report_usage({"role": role, "model": "scripted:1", "input_tokens": 10, "output_tokens": 1})

    async def propose_panel(self, brief: PanelBrief) -> list[Analyst]:
        await self._note("panel", brief)
        return [
            {
                "id": f"a{n}",
                "name": f"Person {n}",
                "affiliation": "Somewhere",
                "role": f"Role {n} v{len(brief.feedback) + 1}",
                "description": f"Wants to know {n}",
            }
            for n in range(1, brief.size + 1)
        ]

    async def ask(self, brief: QuestionBrief) -> Question:
        await self._note("question", brief)
        text = f"{brief.analyst['name']} asks {len(brief.turns) + 1}?"
        return {"text": text, "queries": {"shelf": ["one query"]}, "done": False, "reason": ""}

    async def answer(self, brief: AnswerBrief) -> str:
        await self._note("answer", brief)
        return f"Answer to {brief.question} [{brief.excerpts[0].key}]. Invented [z9zzzz]."

    async def write_section(self, brief: SectionBrief) -> Section:
        await self._note("section", brief)
        key = brief.excerpts[0].key
        letter = "ABCDEF"[int(brief.analyst["id"][1:]) - 1]
        return {"analyst": brief.analyst["id"], "title": f"Findings {letter}", "text": f"{letter} found it [{key}]."}

    async def write_introduction(self, brief: ComposeBrief) -> Opening:
        await self._note("introduction", brief)
        return {"title": "The finding", "text": f"It begins [{brief.excerpts[0].key}]."}

    async def write_conclusion(self, brief: ComposeBrief) -> str:
        await self._note("conclusion", brief)
        return f"It ends [{brief.excerpts[0].key}]."
