"""Titles: of a section, its facet and what its sentences say of it; of the report, the topic and its themes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from ...evidence.words import fold, terms
from ..roles import ComposeBrief, SectionBrief
from .candidates import Candidate
from .focus import Focus, capitalised, focus_of, uncapitalised
from .interviewer import joined
from .patterns import patterns_of

_NAMED: Final = 2
_THEMES: Final = 3
_LONGEST_TITLE: Final = 110
_LONGEST_HEADING: Final = 6
_NUMBERING = re.compile(r"\A\d[\d.)]*\s+")


def section_title(focus: Focus, sentences: Sequence[Candidate], brief: SectionBrief) -> str:
    """The facet, with the two of its key phrases that the section speaks of most, or its best heading."""
    language = brief.language
    taken = set(terms(f"{focus.facet} {brief.topic}", language))
    others = {fold(focus_of(other, language).facet) for other in brief.panel if other["id"] != brief.analyst["id"]}
    times = {phrase: _times(phrase, sentences, language) for phrase in focus.phrases if _is_telling(phrase)}
    named: list[str] = []
    for phrase in sorted((phrase for phrase in times if times[phrase]), key=lambda phrase: -times[phrase]):
        words = set(terms(phrase, language))
        if words.isdisjoint(taken) and fold(phrase) not in others:
            named.append(phrase)
            taken |= words
        if len(named) == _NAMED:
            break
    if not named:
        named = _heading(sentences, brief, taken)
    head = capitalised(focus.facet)
    title = f"{head}: {joined(named, patterns_of(language).conjunction)}" if named else head
    return title if len(title) <= _LONGEST_TITLE else head


def _heading(sentences: Sequence[Candidate], brief: SectionBrief, taken: Collection[str]) -> list[str]:
    """The heading under which most of the sentences stand, when it says something that `taken` does not."""
    headings = {excerpt.key: _NUMBERING.sub("", excerpt.passage.heading) for excerpt in brief.excerpts}
    counts = Counter(headings[sentence.key] for sentence in sentences)
    for heading, _ in counts.most_common():
        words = set(terms(heading, brief.language))
        if words and words.isdisjoint(taken) and len(heading.split()) <= _LONGEST_HEADING and heading[-1].isalnum():
            return [uncapitalised(heading)]
    return []


def facet_in(title: str) -> str:
    """The facet that a section's title begins with."""
    return title.split(": ", maxsplit=1)[0]


def report_title(brief: ComposeBrief) -> str:
    """The topic and the themes of its first sections."""
    facets = [facet_in(section["title"]) for section in brief.sections[:_THEMES]]
    themes = joined([_inside_a_sentence(facet, brief) for facet in facets], patterns_of(brief.language).conjunction)
    topic = capitalised(" ".join(brief.topic.split()).rstrip(".:;, "))
    if not themes:
        return topic
    return f"{topic} {capitalised(themes)}" if topic.endswith(("?", "!")) else f"{topic}: {themes}"


def _inside_a_sentence(facet: str, brief: ComposeBrief) -> str:
    """The facet as the cited passages write it in running text: names keep their capital."""
    small = facet[:1].lower() + facet[1:]
    name = re.compile(rf"[^\W\d_],? {re.escape(facet.split(maxsplit=1)[0])}(?!\w)")
    if any(small in excerpt.text for excerpt in brief.excerpts):
        return small
    return facet if any(name.search(excerpt.text) for excerpt in brief.excerpts) else uncapitalised(facet)


def _is_telling(phrase: str) -> bool:
    """Whether a phrase says enough for a title: more than one word, or an abbreviation."""
    return " " in phrase or sum(letter.isupper() for letter in phrase) > 1


def _times(phrase: str, sentences: Sequence[Candidate], language: str) -> int:
    """How many sentences hold every term of a phrase."""
    words = set(terms(phrase, language))
    return sum(words <= set(sentence.terms) for sentence in sentences) if words else 0
