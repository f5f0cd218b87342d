"""The report as data: what `evidence.json` holds, and all that the templates need.

Texts are cited Markdown: a sentence carries its passage keys in brackets, `… an API [k7qdm4][m3xz8a].` Rendering
replaces each key by the number of its source, so a report can be rendered again at any time.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from ..agents.roles import Analyst, Judgement, Section, Turn
from ..agents.usage import Usage

REPORT_VERSION: Final = 1


class RunInfo(TypedDict):
    """Which run this is. Times are ISO 8601 with zone.

    `engine` is `extractive` or `provider:model`; models of single roles follow in parentheses, as in
    `openai:a (writer anthropic:b)`, and an engine that a resumed run went on with after `, then `.
    """

    id: str
    topic: str
    language: str
    engine: str
    created_at: str
    finished_at: str
    tertulia_version: str


class CitedSource(TypedDict):
    """A document that the report cites, under its number. `document` is its id."""

    number: int
    document: str
    title: str
    url: str
    source: str
    kind: str
    site: str
    published: str
    retrieved_at: str


class FindingNote(TypedDict):
    """One thing in a sentence that is not in its passages (`evidence.checks.Finding`), said in the report's language.

    `text` is `sentence[start:end]`; `message` is the reason as a person reads it.
    """

    check: str
    severity: Literal["error", "warning"]
    text: str
    start: int
    end: int
    message: str


class Claim(TypedDict):
    """A sentence of the report with its citations and what the checks say of it.

    `place` is introduction, conclusion or an analyst's id; `start` and `end` are the span of the sentence and its
    markers in that place's text. `verdict` is supported, partly, unsupported or uncited (`evidence.checks.Verdict`);
    `holds` says that nothing in it was found wrong, and that it cites what it must. `figure` says that it states a
    number; `sites` in how many independent places (sites, or files) that figure stands. `judgement` is a model's
    opinion, kept apart, when one was asked.
    """

    id: str
    place: str
    sentence: str
    start: int
    end: int
    citations: list[str]
    sources: list[int]
    verdict: Literal["supported", "partly", "unsupported", "uncited"]
    holds: bool
    findings: list[FindingNote]
    figure: bool
    sites: int
    judgement: NotRequired[Judgement]


class Statement(TypedDict):
    """One side of a disagreement: a sentence of a cited passage, word for word."""

    sentence: str
    value: str
    citation: str
    source: int


class Disagreement(TypedDict):
    """Two or more sources that give different values for the same thing."""

    subject: str
    statements: list[Statement]


class Summary(TypedDict):
    """What was checked: sentences; those that cite; those that hold and cite (verified); those that do not hold.

    `figures` counts the verified sentences that state a number, `single_source` those of them whose figure stands in
    one place only. `repaired` and `dropped` count sentences that were mended or left out before printing.
    `unsupported` is what became of those that do not hold: marked, dropped or kept as they are.
    """

    sentences: int
    cited: int
    verified: int
    failing: int
    figures: int
    single_source: int
    repaired: int
    dropped: int
    unsupported: Literal["mark", "drop", "keep"]


class Transcript(TypedDict):
    """One interview as it was held."""

    analyst: str
    turns: list[Turn]
    reason: str


class GapNote(TypedDict):
    """Something the report lacks, and why."""

    analyst: str
    what: str
    reason: str


class Counts(TypedDict):
    """The report in figures.

    `words` are those of introduction, sections and conclusion; `cited_sentences` those of its `sentences` that cite;
    `citations` the passages that are cited; `documents` and `passages` all that the run kept.
    """

    analysts: int
    words: int
    sentences: int
    cited_sentences: int
    sources: int
    citations: int
    documents: int
    passages: int


class Written(TypedDict):
    """A report with its evidence, JSON-ready.

    `citations` maps each cited passage key to its source's number; `sources` lists exactly the cited ones, by number;
    `documents` and `passages` hold everything the run kept, cited or not. `invented` counts citations of passages that
    do not exist, which were removed.
    """

    schema_version: int
    run: RunInfo
    title: str
    introduction: str
    sections: list[Section]
    conclusion: str
    panel: list[Analyst]
    interviews: list[Transcript]
    sources: list[CitedSource]
    citations: dict[str, int]
    claims: list[Claim]
    disagreements: list[Disagreement]
    summary: Summary
    documents: list[dict[str, Any]]
    passages: list[dict[str, Any]]
    gaps: list[GapNote]
    usage: list[Usage]
    invented: int


class Report(Written):
    """The whole report: what `Written` holds, and its figures."""

    counts: Counts
