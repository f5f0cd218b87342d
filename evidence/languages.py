"""Languages: what is known about each, and which one a text is written in.

A text is scored as a naive Bayes classifier does, after Cavnar and Trenkle (1994, "N-gram-based text categorization"):
how likely are its letter groups and its function words in each language. The few kilobytes that the groups are counted
from are the `sample` and `stopwords` of `languages/*.toml`. The libraries looked at know no Galician, or need numpy.
"""

from __future__ import annotations

import math
import re
import tomllib
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from operator import add
from typing import Final

SUPPORTED: Final = ("en", "es", "ca", "eu", "gl")
RECOGNISED: Final = (*SUPPORTED, "fr", "de", "pt", "it")

# What speaks for a language before a word is read: settles near ties (es before gl, ca before pt) and no more.
_PRIOR: Final = {
    "en": 0.0,
    "es": 0.0,
    "ca": -1.0,
    "eu": -1.0,
    "gl": -1.5,
    "fr": -2.0,
    "de": -2.0,
    "pt": -2.0,
    "it": -2.0,
}
_DEFAULT_BONUS: Final = 2.0
_FUNCTION_WORD: Final = 4.0
_LONGEST_GROUP: Final = 4
_READ: Final = 4000
# Of a long text so many runs of so many words are looked at, from all over it: after some tens of words no language
# comes near the right one. Every third word would be of one kind in a list of names and trades.
_RUNS: Final = 20
_RUN: Final = 10
_KEPT_WORDS: Final = 20_000

_WORD = re.compile(r"[^\W\d_]+(?:·[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Language:
    """What is known about a language. `stemmer` is a Snowball algorithm or "".

    A sentence never ends after one of `abbreviations`; after one of `final_abbreviations` it may. With `ordinal_point`
    a number with a point is an ordinal ("1. Mai").
    """

    code: str
    stemmer: str = ""
    stopwords: frozenset[str] = frozenset()
    abbreviations: frozenset[str] = frozenset()
    final_abbreviations: frozenset[str] = frozenset()
    ordinal_point: bool = False
    sample: str = ""


def base_language(code: str) -> str:
    """The language of a regional code: `es-ES`, `es_ES` and `ES` are all `es`."""
    return re.split(r"[-_]", code.strip().casefold(), maxsplit=1)[0]


@cache
def language_data(code: str) -> Language:
    """What is known about a language; nothing but its code when it is not one of `RECOGNISED`."""
    base = base_language(code)
    if base not in RECOGNISED:
        return Language(base)
    data = tomllib.loads((files(__package__) / "languages" / f"{base}.toml").read_text("utf-8"))
    return Language(
        code=base,
        stemmer=data.get("stemmer", ""),
        stopwords=frozenset(data["stopwords"].casefold().split()),
        abbreviations=frozenset(data["abbreviations"].split()),
        final_abbreviations=frozenset(data["final_abbreviations"].split()),
        ordinal_point=data.get("ordinal_point", False),
        sample=data["sample"],
    )


def detect_language(text: str, default: str = "en") -> str:
    """The code of the language of a topic or a page, one of `RECOGNISED`.

    `default` wins near ties, and is the answer for texts without words in Latin letters.
    """
    words = [word.casefold() for word in _sampled(_WORD.findall(text[:_READ]))]
    if not text.isascii():
        words = [word for word in words if _is_latin(word)]
    if not words:
        return default
    told = [_scores(word) for word in words]
    scores = {
        code: _PRIOR[code] + sum(one_word) for code, one_word in zip(RECOGNISED, zip(*told, strict=True), strict=True)
    }
    if (own := base_language(default)) in scores:
        scores[own] += _DEFAULT_BONUS
    return max(RECOGNISED, key=lambda code: scores[code])


def _sampled(words: list[str]) -> list[str]:
    if len(words) <= _RUNS * _RUN:
        return words
    begins = (len(words) * run // _RUNS for run in range(_RUNS))
    return [word for begin in begins for word in words[begin : begin + _RUN]]


def _is_latin(word: str) -> bool:
    return all(letter < "\u0250" or letter == "\u00b7" for letter in word)


def _model(code: str) -> tuple[Mapping[str, float], float]:
    """The logarithm of each letter group's share in the language, and that of a group never seen."""
    language = language_data(code)
    counts: Counter[str] = Counter()
    for word in _WORD.findall(language.sample.casefold()):
        counts.update(_groups(word))
    for word in language.stopwords:
        counts.update(_groups(word))
    total = sum(counts.values()) + 0.5 * _ALPHABET
    return {group: math.log((count + 0.5) / total) for group, count in counts.items()}, math.log(0.5 / total)


# How many different letter groups there may be: only the smoothing depends on it.
_ALPHABET: Final = 8000


def _groups(word: str) -> Iterator[str]:
    """The letter groups of a word, its borders marked."""
    marked = f" {word} "
    for size in range(2, _LONGEST_GROUP + 1):
        for start in range(len(marked) - size + 1):
            yield marked[start : start + size]


# Few words make up most of any text, so each is scored once, in all languages.
@lru_cache(maxsize=_KEPT_WORDS)
def _scores(word: str) -> array[float]:
    shares, unseen = _shares()
    by_language = zip(*(shares.get(group, unseen) for group in _groups(word)), strict=True)
    # Groups overlap: each letter is counted about three times, which a third of the sum undoes.
    letters = [sum(logarithms) / (_LONGEST_GROUP - 1) for logarithms in by_language]
    known = (_FUNCTION_WORD if word in language_data(code).stopwords else 0.0 for code in RECOGNISED)
    return array("f", map(add, letters, known))


@cache
def _shares() -> tuple[Mapping[str, array[float]], array[float]]:
    """The models of all languages side by side: a row for each letter group, and that of a group never seen.

    Arrays, which take a third of the memory of tuples: there are tens of thousands.
    """
    models = [_model(code) for code in RECOGNISED]
    groups = {group for shares, _ in models for group in shares}
    rows = {group: array("f", [shares.get(group, unseen) for shares, unseen in models]) for group in groups}
    return rows, array("f", [unseen for _, unseen in models])
