"""The report as data: what `evidence.json` holds, and all that the templates need.

Texts are cited Markdown: a sentence carries its passage keys in brackets, `… an API [k7qdm4][m3xz8a].` Rendering
replaces each key by the number of its source, so a report can be rendered again at any time.
"""

from __future__ import annotations

from typing import Any, Final, TypedDict

from ..agents.roles import Analyst, Section, Turn
from ..agents.usage import Usage

REPORT_VERSION: Final = 1


class RunInfo(TypedDict):
    """Which run this is. Times are ISO 8601 with zone; `engine` is `extractive` or `provider:model`."""

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


class Claim(TypedDict):
    """A sentence of the report with its citations. `place` is introduction, conclusion or an analyst's id."""

    place: str
    sentence: str
    citations: list[str]
    sources: list[int]


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


class Report(TypedDict):
    """The whole report with its evidence, JSON-ready.

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
    documents: list[dict[str, Any]]
    passages: list[dict[str, Any]]
    gaps: list[GapNote]
    usage: list[Usage]
    invented: int
