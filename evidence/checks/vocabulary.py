"""Vocabulary: how a language writes numbers, dates, units, limits and reasons (`words/*.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ..languages import SUPPORTED, base_language
from ..words import fold
from .tokens import tokenize

Phrase = tuple[str, ...]
"""Folded tokens that stand one after another."""

CURRENCIES: Final = frozenset({"EUR", "USD", "GBP", "JPY", "CHF"})
"""The kinds of units that are money."""

_SHORTEST_STEM: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]+")
_DIGIT: Final = re.compile(r"\d")
_YEAR: Final = re.compile(r"(?<![^\s(])(?:1\d|20)\d\d(?=[.,;:)]?(?:\s|$))")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: quantities of one `kind` are compared in its base, of which this unit is `factor`."""

    kind: str
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language, folded. Everything is empty for a language that has no file.

    `counting` holds what adds up (two, twenty, doscientos); `hundred` and `thousand` multiply, and so do `scales`.
    `bare` are multipliers that need no number before them (mil), `ones` the words for one before a multiplier
    (a million), `joints` where "and" joins two number words: after a value between the two bounds.
    `articles` may stand between a hedge and its number. `decimal` is its decimal mark; `endings` are case endings that
    may follow a word or a numeral, `openings` the words that a number may begin with. Of `numerals` each number above
    one that is spelled has at least one, and of `units_of_one` what is told to be one or none.
    """

    code: str
    counting: Mapping[str, int] = field(default_factory=dict)
    hundred: frozenset[str] = frozenset()
    thousand: frozenset[str] = frozenset()
    scales: Mapping[str, int] = field(default_factory=dict)
    abbreviations: Mapping[str, int] = field(default_factory=dict)
    bare: frozenset[str] = frozenset()
    ones: frozenset[str] = frozenset()
    one_after: frozenset[str] = frozenset()
    joints: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    decimal: str = ""
    vigesimal: bool = False
    endings: frozenset[str] = frozenset()
    ordinals: Mapping[str, int] = field(default_factory=dict)
    ordinal_suffixes: frozenset[str] = frozenset()
    halves: frozenset[str] = frozenset()
    half_more: frozenset[str] = frozenset()
    denominators: Mapping[str, int] = field(default_factory=dict)
    parts: frozenset[str] = frozenset()
    century: frozenset[str] = frozenset()
    decade: frozenset[str] = frozenset()
    months: Mapping[str, int] = field(default_factory=dict)
    month_abbreviations: frozenset[str] = frozenset()
    ranges: frozenset[str] = frozenset()
    unit_joints: frozenset[str] = frozenset()
    fall: frozenset[str] = frozenset()
    hedges: Mapping[Phrase, str] = field(default_factory=dict)
    articles: frozenset[str] = frozenset()
    openings: frozenset[str] = frozenset()
    numerals: frozenset[str] = frozenset()
    units_of_one: frozenset[str] = frozenset()
    messages: Mapping[str, str] = field(default_factory=dict)

    def may_state(self, text: str) -> bool:
        """Whether a text may state a number that is no year: quick, and rather yes once too often."""
        # Years are looked for only where there are digits: it takes long, and most sentences have none.
        without_years = _YEAR.sub("", text) if _DIGIT.search(text) else text
        if self.endings or _DIGIT.search(without_years):
            return True
        if not text.isascii() and any(map(str.isnumeric, without_years)):
            return True
        words = frozenset(_WORD.findall(fold(text)))
        if not self.numerals.isdisjoint(words):
            return True
        # A year with a unit is none, and neither is an article.
        may_have_unit = len(without_years) < len(text) or not self.units_of_one.isdisjoint(words)
        return may_have_unit and not (_unit_words().isdisjoint(words) and _unit_signs().isdisjoint(text))

    def may_open(self, word: str) -> bool:
        """Whether a quantity may begin with this folded word."""
        return bool(self.endings) or word in self.openings

    def stems(self, word: str) -> Iterator[str]:
        """The word, then what is left of it without a case ending, longest ending first."""
        yield word
        for size in range(min(len(word) - _SHORTEST_STEM, 7), 0, -1):
            if word[-size:] in self.endings:
                yield word[:-size]

    def find(self, word: str, table: Mapping[str, int]) -> int | None:
        """The value of a folded word, with or without a case ending."""
        value = table.get(word)
        if value is None and self.endings:
            return next((table[stem] for stem in self.stems(word) if stem in table), None)
        return value

    def knows(self, word: str, words: frozenset[str]) -> bool:
        """Whether a folded word is one of these, with or without a case ending."""
        return word in words or (bool(self.endings) and any(stem in words for stem in self.stems(word)))


@cache
def vocabulary(language: str) -> Vocabulary:
    """The words of a language; for one without a file a vocabulary that knows digits and units only."""
    code = base_language(language)
    if code not in SUPPORTED:
        return Vocabulary(code)
    data = _read(code)
    months = _numbered(data["months"], first=1)
    counting, ordinals = _counting(data), _numbered(data["ordinals"], first=1)
    first_words = " ".join(data[key] for key in ("bare", "ones", "halves", "century"))
    return Vocabulary(
        code=code,
        counting=counting,
        hundred=_words(data["hundred"]),
        thousand=_words(data["thousand"]),
        scales={fold(word): value for word, value in data["scales"].items()},
        abbreviations=data["abbreviations"],
        bare=_words(data["bare"]),
        ones=_words(data["ones"]),
        one_after=_words(data.get("one_after", "")),
        joints={word: (first, last) for word, (first, last) in data["joints"].items()},
        decimal=data["decimal"],
        vigesimal=data.get("vigesimal", False),
        endings=_words(data.get("endings", "")),
        ordinals=ordinals,
        ordinal_suffixes=_words(data["ordinal_suffixes"]) | frozenset(data["ordinal_suffixes"].split()),
        halves=_words(data["halves"]),
        half_more=_words(data.get("half_more", "")),
        denominators={fold(word): value for word, value in data["denominators"].items()},
        parts=_words(data["parts"]),
        century=_words(data["century"]),
        decade=_words(data["decade"]),
        months=months,
        month_abbreviations=frozenset(word for word in months if word not in _full(data["months"])),
        ranges=_words(data["ranges"]),
        unit_joints=_words(data["unit_joints"]),
        fall=_words(data["fall"]),
        hedges={phrase: sense for sense, forms in data["hedges"].items() for phrase in _phrases(forms)},
        articles=_words(data.get("articles", "")),
        openings=_words(first_words) | counting.keys() | ordinals.keys(),
        numerals=_numerals(data, counting),
        units_of_one=_words(data["ones"]) | {word for word, value in counting.items() if value <= 1},
        messages=data["messages"],
    )


@cache
def units() -> Mapping[Phrase, tuple[Unit, ...]]:
    """What each way to write a unit may mean, in any language."""
    found: dict[Phrase, tuple[Unit, ...]] = {}
    for data in _read("units").values():
        unit = Unit(data["kind"], Fraction(data.get("factor", "1")))
        for phrase in _phrases(data["forms"]):
            found[phrase] = tuple(dict.fromkeys((*found.get(phrase, ()), unit)))
    return found


@cache
def _unit_words() -> frozenset[str]:
    return frozenset(word for phrase in units() for token in phrase for word in _WORD.findall(token))


@cache
def _unit_signs() -> frozenset[str]:
    return frozenset(phrase[0] for phrase in units() if not any(map(str.isalnum, phrase[0])))


@cache
def longest_unit() -> int:
    """How many tokens the longest unit has."""
    return max(map(len, units()))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "words" / f"{name}.toml").read_text("utf-8"))


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in text.split())


def _full(text: str) -> frozenset[str]:
    """The first form of each place, and further forms that are no shorter than five letters."""
    forms = [entry.split("|") for entry in text.split()]
    return frozenset(fold(word) for entry in forms for word in entry if word == entry[0] or len(word) > 4)


def _phrases(forms: str) -> Iterable[Phrase]:
    return [tuple(token.folded for token in tokenize(form)) for form in forms.split("|")]


def _numbered(text: str, *, first: int, step: int = 1) -> dict[str, int]:
    """Words whose value is their place: `first`, `first + step`, …"""
    return {
        fold(word): first + step * place
        for place, entry in enumerate(text.split())
        for word in entry.split("|")
        if word != "_"
    }


def _numerals(data: Mapping[str, Any], counting: Mapping[str, int]) -> frozenset[str]:
    """An article says one, and no more: `a million` has another word."""
    multipliers = " ".join(data.get(key, "") for key in ("hundred", "thousand", "bare", "halves", "half_more"))
    scales = {fold(word) for table in ("scales", "denominators") for word in data[table]}
    return _words(multipliers) | scales | {word for word, value in counting.items() if value > 1}


def _counting(data: Mapping[str, Any]) -> dict[str, int]:
    return {
        **_numbered(data["hundreds"], first=100, step=100),
        **_numbered(data["tens"], first=0, step=10),
        **_numbered(data["counting"], first=0),
    }
