"""How well what an answer needs is found and ranked: `python benchmarks/ranking/measure.py /usr/share/doc`.

Each line of `judged.jsonl` beside this file is a question of an interview with its queries, and the passages that an
answer to it cites, sentence by sentence: file, begin and end. The answers were written from the first twenty passages
of the order of 2026-11-27 and the first twenty of the order that docs/decisions/0037 describes, put together and
shuffled, so neither had an advantage; what stood in neither could not be cited. The texts themselves are not here:

    apt-get install debian-handbook debian-policy postgresql-doc-15     (11.20220922, 4.6.2.0, 15.20 were judged)

Every question is searched for as in a run, by the code of a run. What is printed: for a corpus, of all cited passages
and of all citing sentences, how many per cent are among the first so many passages that an expert would be shown. A
sentence counts when one of its passages is there.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tertulia.evidence.passages import Excerpt
from tertulia.evidence.ranking import matching, rank_excerpts
from tertulia.graph.interview import SEARCH_PASSAGES, make_queries
from tertulia.graph.panel import SURVEY_DOCUMENTS, SURVEY_PASSAGES
from tertulia.graph.searches import Searches, merge_documents
from tertulia.settings import load_settings
from tertulia.sources import open_sources
from tertulia.sources.base import Query, Source

JUDGED: Final = Path(__file__).with_name("judged.jsonl")
CORPORA: Final = {
    "debian": ("debian-handbook/html/en-US", "debian-policy/policy.html"),
    "debian-es": ("debian-handbook/html/es-ES",),
    "postgresql": ("postgresql-doc-15/html",),
}
PLACES: Final = (8, 10, 12, 14, 16, 20)

Place = tuple[str, int, int]
Question = Mapping[str, Any]


class Finder:
    """Finds what an expert would be shown, as a run on one corpus does."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._searches = Searches()

    async def ranked(self, asked: Question, limit: int) -> list[Place]:
        """The first passages for a question, best first."""
        language, queries = asked["language"], asked["queries"]["documents"]
        survey = await self._search([asked["topic"]], [asked["topic"]], language, SURVEY_DOCUMENTS, SURVEY_PASSAGES)
        wanted = [asked["question"], *dict.fromkeys(queries)]
        found = await self._search(queries, [asked["question"], *queries], language, 0, SEARCH_PASSAGES)
        excerpts = [*found, *matching(survey, wanted, language)]
        return [place_of(excerpt) for excerpt in rank_excerpts(excerpts, wanted, language=language, limit=limit)]

    async def _search(
        self, texts: Sequence[str], wanted: Sequence[str], language: str, documents: int, passages: int
    ) -> list[Excerpt]:
        queries = [Query(text, language, documents) for text in texts] if documents else make_queries(texts, language)
        found, failures = await self._searches.search_each(self._source, self._source.name, queries)
        if failures:
            raise failures[0]
        return await self._searches.best_excerpts(merge_documents(found), wanted, language=language, limit=passages)


def place_of(excerpt: Excerpt) -> Place:
    """Where a passage stands, whatever folder its file is in."""
    return Path(excerpt.document.url).name, excerpt.passage.start, excerpt.passage.end


async def shown(root: Path, corpus: str, questions: Sequence[Question]) -> list[list[Place]]:
    """For each question of a corpus the first passages."""
    files = sorted(file for folder in CORPORA[corpus] for file in (root / folder).glob("*.html"))
    if not files:
        sys.exit(f"There are no files for {corpus} in {root}: {', '.join(CORPORA[corpus])}.")
    settings = load_settings().model_copy(update={"docs": files})
    source = open_sources(settings, ["documents"], clock=lambda: datetime.now(UTC), notify=print)["documents"]
    try:
        finder = Finder(source)
        return [await finder.ranked(asked, max(PLACES)) for asked in questions]
    finally:
        await source.close()


def shares(questions: Sequence[Question], ranked: Sequence[Sequence[Place]], places: int) -> tuple[float, float]:
    """How much of all cited passages, and of all sentences, the first places hold, from 0 to 1."""
    passages = held = sentences = supported = 0
    for asked, order in zip(questions, ranked, strict=True):
        first = set(order[:places])
        cited = [{(file, begin, end) for file, begin, end in sentence} for sentence in asked["sentences"]]
        needed = set().union(*cited)
        passages, held = passages + len(needed), held + len(needed & first)
        sentences, supported = sentences + len(cited), supported + sum(not first.isdisjoint(one) for one in cited)
    return held / passages, supported / sentences


def main() -> None:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/doc")
    judged = [json.loads(line) for line in JUDGED.read_text("utf-8").splitlines()]
    print("corpus | questions | " + " | ".join(f"first {places}: passages, sentences" for places in PLACES))
    everything: list[tuple[Question, list[Place]]] = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["TERTULIA_HOME"] = home
        for corpus in CORPORA:
            questions = [asked for asked in judged if asked["corpus"] == corpus]
            ranked = asyncio.run(shown(root, corpus, questions))
            print(_row(corpus, questions, ranked), flush=True)
            everything += zip(questions, ranked, strict=True)
    print(_row("all", [asked for asked, _ in everything], [order for _, order in everything]))


def _row(name: str, questions: Sequence[Question], ranked: Sequence[Sequence[Place]]) -> str:
    found = (shares(questions, ranked, places) for places in PLACES)
    cells = [f"{100 * passages:.0f} %, {100 * sentences:.0f} %" for passages, sentences in found]
    return " | ".join([name, str(len(questions)), *cells])


if __name__ == "__main__":
    main()
