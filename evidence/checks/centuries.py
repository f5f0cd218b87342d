"""Centuries: `siglo XXI`, `siglos XIX y XX`, `XXI. mendea`, `the 19th and 20th centuries`."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from .cursor import Cursor
from .number_words import HYPHENS, read_number_words
from .numerals import read_roman
from .quantity import Quantity, Reading

_LAST: int = 30


def read_century(cursor: Cursor, index: int) -> Quantity | None:
    """The century whose number follows the word at this token."""
    abbreviated = cursor.tokens[index].folded == "s"
    after = index + 1 + (cursor.text_at(index + 1) == ".")
    if abbreviated and after == index + 1:
        return None
    value: Fraction | int | None = read_roman(cursor.text_at(after))
    last = after
    if value is None and not abbreviated and (spelled := read_number_words(cursor.tokens, after, cursor.language)):
        value, last = spelled.value, spelled.after - 1
    return _century(cursor, index, last, value) if value and value <= _LAST else None


def more_centuries(cursor: Cursor, century: Quantity) -> Iterator[Quantity]:
    """The other centuries of `siglos XVIII, XIX y XX`."""
    place = century.last + 1
    while (value := read_roman(cursor.text_at(place + 1))) and _joins(cursor, place):
        yield _century(cursor, place + 1, place + 1, value)
        place += 2


def read_century_after_number(cursor: Cursor, first: int, last: int, value: Fraction) -> Quantity | None:
    """The century whose number is followed by the word, or by another century: `XIX. eta XX. mendeetan`."""
    after = _past_stop(cursor, last + 1)
    if value.denominator != 1 or not 1 <= value <= _LAST:
        return None
    if _is_word(cursor, after):
        return _century(cursor, first, after, value)
    other = read_roman(cursor.text_at(after + 1)) if _joins(cursor, after) else None
    if other and _is_word(cursor, _past_stop(cursor, after + 2)):
        return _century(cursor, first, last, value)
    return None


def _past_stop(cursor: Cursor, index: int) -> int:
    return index + (cursor.text_at(index) == "." or cursor.text_at(index) in HYPHENS)


def _is_word(cursor: Cursor, index: int) -> bool:
    word = cursor.folded_at(index)
    return len(word) > 1 and cursor.language.knows(word, cursor.language.century)


def _joins(cursor: Cursor, index: int) -> bool:
    return cursor.text_at(index) in {",", "-", "–"} or cursor.folded_at(index) in cursor.language.ranges


def _century(cursor: Cursor, first: int, last: int, value: Fraction | int) -> Quantity:
    return cursor.quantity("century", first, last, (Reading.of(Fraction(value), Fraction(1)),))
