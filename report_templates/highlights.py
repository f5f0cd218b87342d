"""Which words of a passage a sentence shares: found by eye in a moment, when they are marked."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Final

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:[·’'][^\W\d_]+)*")
_SEPARATORS = re.compile(r"[.,]")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
_SHORTEST: Final = 4


def matching_words(text: str, sentences: Iterable[str], function_words: frozenset[str]) -> list[tuple[int, int]]:
    """The spans of a text's numbers and longer words that stand in the sentences too, in order.

    Case, accents, a plural s and the separators of a number do not count. Function words do not match, nor do words of
    fewer than four letters that are not written in capitals.
    """
    wanted = {form for sentence in sentences for word in _WORD.finditer(sentence) if (form := _form(word[0]))}
    wanted -= {_form(word) for word in function_words}
    return [word.span() for word in _WORD.finditer(text) if _form(word[0]) in wanted]


def highlighted(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text as HTML, with the spans in `mark` elements; spans that only white space parts are one."""
    pieces: list[str] = []
    place = 0
    for start, end in _joined(text, spans):
        pieces += [html.escape(text[place:start]), f"<mark>{html.escape(text[start:end])}</mark>"]
        place = end
    return "".join([*pieces, html.escape(text[place:])])


def best_window(text: str, spans: list[tuple[int, int]], limit: int) -> tuple[int, int]:
    """The span of at most `limit` characters, from the beginning of a sentence, that holds the most matches."""
    if len(text) <= limit:
        return 0, len(text)
    starts, ends = [start for start, _ in spans], [end for _, end in spans]

    def matches(first: int) -> int:
        return bisect_right(ends, first + limit) - bisect_left(starts, first)

    start = max([0, *(gap.end() for gap in _SENTENCE.finditer(text))], key=matches)
    if start + limit >= len(text):
        return start, len(text)
    space = text.rfind(" ", start, start + limit)
    return start, space if space > start else start + limit


def _form(word: str) -> str:
    """What a word is compared by; "" for one that is too short to say anything."""
    if word[0].isdigit():
        return _SEPARATORS.sub("", word)
    if len(word) < _SHORTEST and not (len(word) > 1 and word.isupper()):
        return ""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    folded = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return folded[:-1] if folded.endswith("s") and len(folded) > _SHORTEST else folded


def _joined(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
