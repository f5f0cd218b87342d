"""Briefs to ask the roles with, from tiny to the limit."""

from __future__ import annotations

from tertulia.agents.roles import (
    Analyst,
    AnswerBrief,
    ComposeBrief,
    PanelBrief,
    QuestionBrief,
    Section,
    SectionBrief,
    Turn,
)
from tertulia.evidence.documents import make_document
from tertulia.evidence.passages import Excerpt, Passage, passage_key

TOPIC = "Open data in Spain"


def excerpt(number: int, text: str = "", **about: str) -> Excerpt:
    """Passage `number` of a document of its own."""
    text = text or f"Portal {number} published {number * 100} datasets in 2024. It is run by a public body."
    known = {"url": f"doc-{number}.md", "title": f"Document {number}", "source": "documents", "kind": "md", **about}
    document = make_document(text=text, retrieved_at="2026-11-01T10:00:00Z", **known)
    key = passage_key(document.id, 0, len(text))
    return Excerpt(Passage(key, document.id, 0, len(text), text, "Figures"), document)


def excerpts(count: int, length: int = 0) -> list[Excerpt]:
    return [excerpt(n, ("Data are public. " * (length // 17))[:length].strip()) for n in range(1, count + 1)]


def analyst(number: int, *, locked: bool = False) -> Analyst:
    made: Analyst = {
        "id": f"a{number}",
        "name": f"Analyst Number{number}",
        "affiliation": "a university",
        "role": f"Role {number}",
        "description": f"Wants to know about part {number}.",
    }
    return {**made, "locked": True} if locked else made


def turn(number: int, keys: list[str], words: int = 30) -> Turn:
    answer = "The portal has an API " + "which many use " * (words // 3) + "".join(f"[{key}]" for key in keys) + "."
    return {
        "number": number,
        "question": f"What is known about part {number}?",
        "queries": {"web": [f"part {number} open data"], "documents": [f"part {number}"]},
        "shown": keys,
        "answer": answer,
    }


def panel_brief(size: int = 3, **changes) -> PanelBrief:
    return PanelBrief(**{"topic": TOPIC, "language": "en", "size": size, "survey": excerpts(3), **changes})


def question_brief(**changes) -> QuestionBrief:
    usual = {
        "topic": TOPIC,
        "language": "en",
        "analyst": analyst(1),
        "panel": [analyst(1), analyst(2)],
        "survey": excerpts(3),
        "turns": [],
        "turn_limit": 2,
        "sources": ["web", "documents"],
    }
    return QuestionBrief(**{**usual, **changes})


def answer_brief(**changes) -> AnswerBrief:
    usual = {
        "topic": TOPIC,
        "language": "en",
        "analyst": analyst(1),
        "turns": [],
        "question": "How many datasets are there?",
        "excerpts": excerpts(3),
    }
    return AnswerBrief(**{**usual, **changes})


def section_brief(**changes) -> SectionBrief:
    shown = excerpts(3)
    usual = {
        "topic": TOPIC,
        "language": "en",
        "analyst": analyst(1),
        "panel": [analyst(1), analyst(2)],
        "turns": [turn(1, [shown[0].key])],
        "excerpts": shown,
    }
    return SectionBrief(**{**usual, **changes})


def section(number: int, keys: list[str], words: int = 60) -> Section:
    return {"analyst": f"a{number}", "title": f"Finding {number}", "text": turn(number, keys, words)["answer"]}


def compose_brief(**changes) -> ComposeBrief:
    shown = excerpts(2)
    sections = [section(1, [shown[0].key]), section(2, [shown[1].key])]
    usual = {"topic": TOPIC, "language": "en", "sections": sections, "excerpts": shown}
    return ComposeBrief(**{**usual, **changes})
