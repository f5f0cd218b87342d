"""A small library about lighthouses in English and Spanish, and an interview held in it without a graph."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tertulia.agents.extractive import extractive_engine
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
from tertulia.evidence.documents import Document, make_document
from tertulia.evidence.passages import KEY_PATTERN, Excerpt, split_passages
from tertulia.evidence.ranking import rank_excerpts

ENGLISH = {
    "light-sources.md": """
# Light sources of lighthouses

Lighthouses in Europe burned coal and wood before oil lamps were invented. The Argand lamp of 1782 gave a steady flame
with little smoke. Electric lamps replaced oil in most lighthouses between 1900 and 1950.

## Fresnel lenses

Fresnel lenses bend the light of a lamp into a single beam. A Fresnel lens of the first order weighs about 5,000
kilograms. Fresnel lenses made it possible to see a lighthouse from 35 kilometres away. They are still made of glass.

## LED lamps

LED lamps need a tenth of the electricity of older lamps. However, some keepers say that the beam looks colder. Several
harbour authorities have replaced Fresnel lenses with LED lamps since 2010.
""",
    "keepers.md": """
# Lighthouse keepers and their families

Lighthouse keepers lived on the spot with their families until automation came. A lighthouse keeper wound the clockwork
every four hours. Keepers kept a logbook of the weather, and historians use these logbooks today.

## Automation

Automation of European lighthouses was finished in 1998, when the last keeper left. Automation saved money, but
buildings without keepers decay faster. The coast guard counts 230 automated lighthouses in Spain.
""",
    "heritage.md": """
# Lighthouses as heritage

Maritime heritage attracts visitors to the coast all year round. Spain has turned twelve lighthouses into small hotels
since 2015. Guided tours of lighthouses explain Fresnel lenses and the life of lighthouse keepers.

## Hotels

Hotels in lighthouses pay for repairs that the state cannot afford. Local groups fear that hotels close the coast to
the neighbours. A heritage law protects the lenses and the logbooks of lighthouse keepers.
""",
    "navigation.md": """
# Satellite navigation and lighthouses

Satellite navigation guides most ships today, yet sailors still look for a light. Satellite navigation fails when its
signals are jammed. Harbour authorities therefore keep lighthouses as a second system.

## Cost

Harbour authorities in Spain pay about 60,000 euros a year for each lighthouse. A satellite receiver costs less than a
single Fresnel lens. Light dues that ships pay cover most of the cost.
""",
    "counting.md": """
# How many lighthouses there are

A survey of harbour authorities counts 187 automated lighthouses in Spain. Fresnel lenses remain in about ninety of
the towers. Maritime heritage lists include forty of the oldest lighthouses.
""",
}

SPANISH = {
    "lentes.md": """
# Lentes de Fresnel en los faros de España

Las lentes de Fresnel concentran la luz de la lámpara en un solo haz. Una lente de Fresnel de primer orden pesa unos
5.000 kilogramos. Sin embargo, las lámparas LED consumen la décima parte de electricidad.

## Lámparas LED

Las lámparas LED han sustituido a las lentes de Fresnel en muchos puertos desde 2010. Las autoridades portuarias
ahorran dinero con las lámparas LED.
""",
    "fareros.md": """
# Los fareros y la automatización

Los fareros vivían con sus familias en los faros de España hasta que llegó la automatización. La automatización de los
faros terminó en 1998. Los fareros anotaban el tiempo en un cuaderno que hoy usan los historiadores.

## Patrimonio marítimo

El patrimonio marítimo atrae visitantes a la costa durante todo el año. España ha convertido doce faros en hoteles
desde 2015. Los hoteles en faros pagan reparaciones que el Estado no puede asumir.
""",
    "navegacion.md": """
# Navegación por satélite

La navegación por satélite guía hoy a la mayoría de los barcos. La navegación por satélite falla cuando alguien
interfiere la señal. Las autoridades portuarias mantienen los faros de España como segundo sistema.
""",
}

TABLE = """
| Lighthouse | Lens | Height |
| --- | --- | --- |
| Hercules | Fresnel lens | 57 |
| Chipiona | LED lamp | 62 |
"""

MARK = re.compile(rf" \[({KEY_PATTERN.pattern})\]")


def page(name: str, text: str, kind: str = "md") -> Document:
    """A document; its title is its first heading."""
    title = next((line.strip("# ") for line in text.splitlines() if line.startswith("#")), name)
    return make_document(
        url=name, title=title, source="documents", kind=kind, text=text.strip(), retrieved_at="2026-01-01T00:00:00Z"
    )


def library(pages: dict[str, str]) -> list[Excerpt]:
    """All passages of some pages."""
    documents = [page(name, text, name.rpartition(".")[2]) for name, text in pages.items()]
    return [Excerpt(passage, document) for document in documents for passage in split_passages(document)]


def marks(text: str) -> list[str]:
    """The keys that a text cites."""
    return MARK.findall(f" {text}")


def cited(text: str) -> list[tuple[str, str]]:
    """Each cited sentence outside tables with its key: ` [key]` taken out, what is left is the sentence."""
    prose = "\n\n".join(part for part in text.split("\n\n") if not part.startswith(("|", "[")))
    found = []
    start = 0
    for match in MARK.finditer(prose):
        end = match.end() + (1 if prose[match.end() : match.end() + 1] == "." else 0)
        found.append((MARK.sub("", prose[start:end]).strip(), match[1]))
        start = end
    return found


class Tertulia:
    """The extractive engine at work on a library, step by step, as the graph does it."""

    def __init__(self, excerpts: Sequence[Excerpt], topic: str, language: str = "en") -> None:
        self.excerpts, self.topic, self.language = list(excerpts), topic, language
        self.engine = extractive_engine()
        self.panel: list[Analyst] = []
        self.turns: dict[str, list[Turn]] = {}
        self.sections: list[Section] = []

    async def propose(
        self, size: int = 3, feedback: Sequence[str] = (), previous: Sequence[Analyst] = ()
    ) -> list[Analyst]:
        survey = rank_excerpts(self.excerpts, [self.topic], language=self.language, limit=96)
        brief = PanelBrief(self.topic, self.language, size, survey, feedback, previous)
        self.panel = await self.engine.planner.propose_panel(brief)
        return self.panel

    async def hold(self, turns: int = 2) -> None:
        """Every interview and its section."""
        for analyst in self.panel:
            self.turns[analyst["id"]] = []
            for _ in range(turns):
                await self.take_turn(analyst, turns)
            held = self.turns[analyst["id"]]
            shown = dict.fromkeys(key for turn in held for key in turn["shown"])
            brief = SectionBrief(self.topic, self.language, analyst, self.panel, held, self.by_key(list(shown)))
            self.sections.append(await self.engine.writer.write_section(brief))

    async def take_turn(self, analyst: Analyst, limit: int = 2) -> None:
        held = self.turns[analyst["id"]]
        question = await self.engine.interviewer.ask(
            QuestionBrief(self.topic, self.language, analyst, self.panel, self.excerpts, held, limit, ["documents"])
        )
        if question["done"]:
            return
        queries = [question["text"], *question["queries"]["documents"]]
        found = rank_excerpts(self.excerpts, queries, language=self.language, limit=12)
        answer = await self.engine.expert.answer(
            AnswerBrief(self.topic, self.language, analyst, held, question["text"], found)
        )
        keys = [excerpt.key for excerpt in found]
        held.append(
            {
                "number": len(held) + 1,
                "question": question["text"],
                "queries": question["queries"],
                "shown": keys,
                "answer": answer,
            }
        )

    def by_key(self, keys: Sequence[str]) -> list[Excerpt]:
        known = {excerpt.key: excerpt for excerpt in self.excerpts}
        return [known[key] for key in keys]

    def compose_brief(self) -> ComposeBrief:
        printed = [section for section in self.sections if section["text"]]
        keys = list(dict.fromkeys(key for section in printed for key in marks(section["text"])))
        return ComposeBrief(self.topic, self.language, printed, self.by_key(keys))
