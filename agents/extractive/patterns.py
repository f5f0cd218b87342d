"""What the engine says and recognises in each language: `phrases/*.toml`, typed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ...evidence.languages import SUPPORTED, base_language


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of one language. Question patterns hold `{facet}` and `{phrase}`; word lists are case-folded.

    Sentences: `dependent` matches an opening that leans on the sentence before, as `connecting` words near the start
    do; `articles` open a definite reference ("the table is"). `verb` matches what makes a sentence of words,
    `boilerplate` what belongs to a page and not to its subject, `deictic` what points at another place of its page,
    `first_person` somebody who speaks or is spoken to.

    Key phrases: `linkers` may stand inside one, `before_nouns` in front of one, `before_verbs` not, `determiners` not
    behind it; `weak` words are never part of one.
    """

    conjunction: str
    description: str
    no_answer: str
    exhausted: str
    first_names: Sequence[str]
    last_names: Sequence[str]
    affiliations: Sequence[str]
    first_question: str
    plain_question: str
    next_questions: Sequence[str]
    removing: Sequence[str]
    adding: Sequence[str]
    filler: frozenset[str]
    dependent: re.Pattern[str]
    connecting: frozenset[str]
    articles: frozenset[str]
    verb: re.Pattern[str]
    boilerplate: re.Pattern[str]
    deictic: re.Pattern[str]
    first_person: re.Pattern[str]
    linkers: frozenset[str]
    before_nouns: frozenset[str]
    before_verbs: frozenset[str]
    determiners: frozenset[str]
    weak: frozenset[str]


def patterns_of(language: str) -> Patterns:
    """The patterns of a language; English ones for a language that the engine does not speak."""
    base = base_language(language)
    return _load(base if base in SUPPORTED else "en")


def knows(language: str) -> bool:
    """Whether the engine has patterns of its own for a language."""
    return base_language(language) in SUPPORTED


@cache
def _load(language: str) -> Patterns:
    data = tomllib.loads((files(__package__) / "phrases" / f"{language}.toml").read_text("utf-8"))
    sentences, key_phrases, feedback = data["sentences"], data["key_phrases"], data["feedback"]
    return Patterns(
        conjunction=data["and"],
        description=data["description"],
        no_answer=data["no_answer"],
        exhausted=data["exhausted"],
        first_names=data["panel"]["first_names"],
        last_names=data["panel"]["last_names"],
        affiliations=data["panel"]["affiliations"],
        first_question=data["questions"]["first"],
        plain_question=data["questions"]["alone"],
        next_questions=data["questions"]["next"],
        removing=feedback["remove"],
        adding=feedback["add"],
        filler=_words(feedback["filler"]),
        dependent=_openings(sentences["dependent_words"], sentences["dependent_phrases"]),
        connecting=_words(sentences["connecting"]),
        articles=_words(sentences["articles"]),
        verb=_anywhere(sentences["verb"]),
        boilerplate=_anywhere(sentences["boilerplate"]),
        deictic=_anywhere(sentences["deictic"]),
        first_person=_anywhere(sentences["first_person"]),
        linkers=_words(key_phrases["linkers"]),
        before_nouns=_words(key_phrases["before_nouns"]),
        before_verbs=_words(key_phrases["before_verbs"]),
        determiners=_words(key_phrases["determiners"]),
        weak=_words(key_phrases["weak"]),
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


def _anywhere(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE)


def _openings(words: str, phrases: Sequence[str]) -> re.Pattern[str]:
    """Any of these at the beginning, the longest first; quotation marks may stand before it."""
    ordered = sorted({*words.split(), *phrases}, key=lambda opening: (-len(opening), opening))
    return re.compile(rf"\W*(?:{'|'.join(map(re.escape, ordered))})(?!\w)", re.IGNORECASE)
