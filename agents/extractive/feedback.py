"""Feedback: what a person's words ask of a panel, as far as words alone tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ...evidence.languages import language_data
from ...evidence.words import WORD_PATTERN, stem
from .patterns import Patterns, patterns_of

_CLAUSE_END: Final = re.compile(r"[,.;:!?\n]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing asked for, named by `text` and `terms`: to go (`removes`) or, in so many words, to come (`adds`)."""

    text: str
    terms: tuple[str, ...]
    removes: bool = False
    adds: bool = False


def wishes(feedback: str, language: str) -> list[Wish]:
    """What each clause asks for. A clause goes on until a comma, a stop, or a word that turns the request round."""
    patterns = patterns_of(language)
    requests = [words for clause in _CLAUSE_END.split(feedback.casefold()) for words in _requests(clause, patterns)]
    return [wish for words in requests if (wish := _wish(words, language, patterns))]


def _requests(clause: str, patterns: Patterns) -> list[str]:
    """The clause cut before each word that asks to remove or add, so that "drop x and add y" is two requests."""
    markers = sorted([*patterns.removing, *patterns.adding[:2]], key=len, reverse=True)
    border = re.compile(rf"(?<!\w)(?=(?:{'|'.join(map(re.escape, markers))})(?!\w))")
    return [part for part in border.split(clause) if part.strip()]


def _wish(request: str, language: str, patterns: Patterns) -> Wish | None:
    removes, adds = _asks(request, patterns.removing), _asks(request, patterns.adding)
    ignored = {*patterns.filler, *patterns.adding, *patterns.removing, *language_data(language).stopwords}
    words = [word for word in WORD_PATTERN.findall(request) if word not in ignored and len(word) > 1]
    if not words:
        return None
    terms = tuple(dict.fromkeys(stem(word, language) for word in words))
    return Wish(_span(request, words), terms, removes=removes, adds=adds and not removes)


def _asks(request: str, markers: Sequence[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(marker)}(?!\w)", request) for marker in markers)


def _span(request: str, words: list[str]) -> str:
    """The request from its first content word to its last, with the small words between them."""
    return " ".join(request[request.index(words[0]) : request.rindex(words[-1]) + len(words[-1])].split())
