"""Sentences: where each begins and ends in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .languages import Language, language_data


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of a text: `text == source[start:end]`, without white space around it."""

    start: int
    end: int
    text: str


_LINE = re.compile(r"[^\n]*\n?")
_HEADING = re.compile(r"\s*#{1,6}\s")
_LIST_ITEM = re.compile(r"\s*(?:[-*+•‣◦–]|\d{1,2}[.)]|[a-zA-Z]\))\s+\S")
_TABLE_ROW = re.compile(r"\s*\|")

_CLOSING: Final = "\"'»”’)\\]}›"
# A stop, what closes after it, and white space; or the stops of Chinese and Japanese, which need none. That the first
# stop of several is meant is said after it: a pattern that begins with known characters is looked for much quicker.
_STOP = re.compile(
    rf"(?P<stop>[.!?…](?<![.!?…][.!?…])[.!?…]*)(?P<close>[{_CLOSING}]*)(?=\s)|(?P<wide>[。！？]+[」』”]*)"
)
_OPENING: Final = "\"'«“‘([{¿¡‹—–-*"
_OPENS_BEFORE: Final = "([«“\"'‘"
_NEXT_TOKEN = re.compile(r"\S+")
_DOTTED_NAME = re.compile(r"[\w-]+(?:[./@][\w-]+)+")
_INITIALS = re.compile(r"[^\W\d_](?:\.-?[^\W\d_])*")
_SPACED_ABBREVIATION = re.compile(r"(?:^|\s)([^\W\d_]{1,2})\.\s*\Z")
_LONGEST_ABBREVIATION: Final = 60
_LIST_NUMBER = re.compile(r"\s*\d{1,2}")


def split_sentences(text: str, language: str = "en") -> list[Sentence]:
    """The sentences of a text in order. Together they cover everything but white space.

    A blank line, a heading, a list item and a table row always end a sentence; a line break inside a paragraph does
    not. A full stop ends one unless it belongs to an abbreviation, an initial, an ordinal, a number or a name.
    """
    data = language_data(language)
    sentences = []
    for block_start, block_end in _blocks(text):
        for start, end in _cut(text, block_start, block_end, data):
            stripped = text[start:end].strip()
            if stripped:
                first = start + len(text[start:end]) - len(text[start:end].lstrip())
                sentences.append(Sentence(first, first + len(stripped), stripped))
    return sentences


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """The spans between which no sentence runs on: paragraphs, headings, list items, table rows."""
    start = 0
    alone = False
    for match in _LINE.finditer(text):
        line = match.group()
        if not line:
            continue
        row = bool(_HEADING.match(line) or _TABLE_ROW.match(line))
        if row or alone or not line.strip() or _LIST_ITEM.match(line):
            yield start, match.start()
            start = match.start()
        alone = row
    yield start, len(text)


def _cut(text: str, start: int, end: int, language: Language) -> Iterator[tuple[int, int]]:
    first = start
    stops = () if _TABLE_ROW.match(text, start, end) else _STOP.finditer(text, start, end)
    for match in stops:
        if match["wide"] or _ends_sentence(text, first, match, end, language):
            yield first, match.end()
            first = match.end()
    yield first, end


def _ends_sentence(text: str, first: int, match: re.Match[str], end: int, language: Language) -> bool:
    following = _NEXT_TOKEN.search(text, match.end(), end)
    if following is None:
        return True
    word = following.group().lstrip(_OPENING)
    if not _may_begin(word):
        return False
    if match["stop"] != "." or match["close"]:
        return True
    # No abbreviation is longer: a look further back would cost as much as the text is long, at each stop.
    before = text[max(first, match.start() - _LONGEST_ABBREVIATION) : match.start()]
    token = _last_token(before)
    return not token or not _stop_belongs_to(token, before, word, language)


def _last_token(text: str) -> str:
    """What stands at the end of a text behind white space and opening signs; "" when it ends with these."""
    if not text or text[-1].isspace():
        return ""
    token = text.rsplit(maxsplit=1)[-1]
    return token[max(map(token.rfind, _OPENS_BEFORE)) + 1 :]


def _may_begin(word: str) -> bool:
    """Whether a sentence may begin with this word: not with a small letter, unless it is a name such as `data.gov`."""
    if not word:
        return True
    return not word[0].islower() or bool(_DOTTED_NAME.match(word))


def _stop_belongs_to(token: str, before: str, word: str, language: Language) -> bool:
    """Whether the full stop after `token` is part of it, so that the sentence goes on with `word`."""
    folded = token.casefold()
    if token.isdigit():
        return (language.ordinal_point and len(token) <= 2) or _LIST_NUMBER.fullmatch(before) is not None
    if folded in language.abbreviations or _spaced(before, folded) in language.abbreviations:
        return True
    if folded in language.final_abbreviations or _INITIALS.fullmatch(token):
        # Such a stop may end the sentence too; a function word with a capital says that it does.
        return word.rstrip(",").casefold() not in language.stopwords or len(word) < 2
    return False


def _spaced(before: str, token: str) -> str:
    """The token with the one-letter part before it: `p. ej` is one abbreviation."""
    part = _SPACED_ABBREVIATION.search(before[: len(before) - len(token)])
    return f"{part[1].casefold()}.{token}" if part else ""
