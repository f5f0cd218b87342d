"""Languages: what is known about each, and which one a text is written in.

A text is scored as a naive Bayes classifier does, after Cavnar and Trenkle (1994, "N-gram-based text categorization"):
how likely are its letter groups and its function words in each language. The few kilobytes that the groups are counted
from are the `sample` and `stopwords` of `languages/*.toml`. The libraries looked at know no Galician, or need numpy.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
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
_SIZES: Final = (2, 3, 4)  # of a letter group
# Parts of a natural logarithm, and bits: what is read adds up to less than 2^40 of these parts.
_UNIT: Final = 1 << 16
_LANE: Final = 40
_LANE_MASK: Final = (1 << _LANE) - 1
_READ: Final = 4000
# Of a long text so many runs of so many words are looked at, from all over it: after some tens of words no language
# comes near the right one. Every third word would be of one kind in a list of names and trades.
_RUNS: Final = 20
_RUN: Final = 10
_KEPT_WORDS: Final = 20_000
_KEPT_CODES: Final = 256

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


@lru_cache(maxsize=_KEPT_CODES)
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
    told = sum(map(_told, words))
    scores = {code: _PRIOR[code] + _score(told >> place * _LANE) for place, code in enumerate(RECOGNISED)}
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


def _groups(word: str) -> list[str]:
    """The letter groups of a word, its borders marked."""
    marked = f" {word} "
    return [marked[start : start + size] for size in _SIZES for start in range(len(marked) - size + 1)]


# Few words make up most of any text, so each is looked at once, for all languages.
@lru_cache(maxsize=_KEPT_WORDS)
def _told(word: str) -> int:
    """How unlikely a word is in each language, and of which it is a function word, in the lanes of one number."""
    unlikely, unseen, function_words = _models()
    return sum([unlikely.get(group, unseen) for group in _groups(word)]) + function_words.get(word, 0)


def _score(lanes: int) -> float:
    """What the words say for a language, whose two lanes are the lowest of their halves."""
    unlikely, known = lanes & _LANE_MASK, lanes >> len(RECOGNISED) * _LANE & _LANE_MASK
    # Groups overlap: each letter is counted about three times, which a third of the sum undoes.
    return known * _FUNCTION_WORD - unlikely / _UNIT / len(_SIZES)


@cache
def _models() -> tuple[Mapping[str, int], int, Mapping[str, int]]:
    """Of all languages side by side: how unlikely each letter group is, one never seen, and the function words.

    A language has two lanes of bits in each number, so that adding numbers adds for all languages at once: words that
    were not met before take half the time of nine sums each.
    """
    models = [_model(code) for code in RECOGNISED]
    never_seen = sum(_parts(unseen) << place * _LANE for place, (_, unseen) in enumerate(models))
    unlikely: dict[str, int] = {}
    for place, (shares, unseen) in enumerate(models):
        for group, share in shares.items():
            more_likely = _parts(unseen) - _parts(share)
            unlikely[group] = unlikely.get(group, never_seen) - (more_likely << place * _LANE)
    words = {word for code in RECOGNISED for word in language_data(code).stopwords}
    halves = len(RECOGNISED) * _LANE
    known = {
        word: sum(1 << place * _LANE for place, code in enumerate(RECOGNISED) if word in language_data(code).stopwords)
        for word in words
    }
    return unlikely, never_seen, {word: lanes << halves for word, lanes in known.items()}


def _parts(logarithm: float) -> int:
    return round(-logarithm * _UNIT)
