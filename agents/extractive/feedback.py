"""Feedback: what a person's words ask of a panel, as far as words alone tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ...evidence.languages import language_data
from ...evidence.words import WORD_PATTERN, stem
from .patterns import Patterns, patterns_of

_SENTENCE_END: Final = re.compile(r"[.;!?\n]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing asked for, named by `text` and `terms`: to go (`removes`) or, in so many words, to come (`adds`)."""

    text: str
    terms: tuple[str, ...]
    removes: bool = False
    adds: bool = False


def wishes(feedback: str, language: str) -> list[Wish]:
    """What a person asks for, one wish for each thing named.

    "Drop x, y and z" names three things to drop: what stands after a comma or an "and" is asked for as what stands
    before it, unless a word of its own turns the request round.
    """
    patterns = patterns_of(language)
    found = []
    for sentence in _SENTENCE_END.split(feedback.casefold()):
        removes = False
        for part in _parts(sentence, patterns):
            says_remove, says_add = _asks(part, patterns.removing), _asks(part, patterns.adding)
            removes = says_remove or (removes and not says_add)
            if wish := _wish(part, language, patterns, removes=removes, adds=says_add and not says_remove):
                found.append(wish)
    return found


def _parts(sentence: str, patterns: Patterns) -> list[str]:
    """The sentence cut at commas, at "and", and before each word that asks to remove or to add."""
    markers = sorted([*patterns.removing, *patterns.adding[:2]], key=len, reverse=True)
    border = re.compile(
        rf"[,:]|(?<!\w){re.escape(patterns.conjunction)}(?!\w)|(?<!\w)(?=(?:{'|'.join(map(re.escape, markers))})(?!\w))"
    )
    return [part for part in border.split(sentence) if part.strip()]


def _wish(part: str, language: str, patterns: Patterns, *, removes: bool, adds: bool) -> Wish | None:
    ignored = {*patterns.filler, *patterns.adding, *patterns.removing, *language_data(language).stopwords}
    words = [word for word in WORD_PATTERN.findall(part) if word not in ignored and len(word) > 1]
    if not words:
        return None
    return Wish(_span(part, words), tuple(dict.fromkeys(stem(word, language) for word in words)), removes, adds)


def _asks(part: str, markers: Sequence[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(marker)}(?!\w)", part) for marker in markers)


def _span(request: str, words: list[str]) -> str:
    """The request from its first content word to its last, with the small words between them."""
    return " ".join(request[request.index(words[0]) : request.rindex(words[-1]) + len(words[-1])].split())
