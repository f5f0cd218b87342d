"""Shares: `half of`, `la mitad`, `two thirds`, `hiru laurden`, `1/2`."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from .cursor import Cursor
from .number_words import HYPHENS
from .quantity import FRACTION, Quantity, Reading

# `2/3` is a share; `3/6` and `7/10` are counts or marks as often, and stay two numbers.
_LARGEST_WHOLE: Final = 5


def read_half(cursor: Cursor, index: int) -> Quantity | None:
    """A half as a share: `half of`, `la mitad`, `erdia`; `half a million`."""
    if cursor.language.find(cursor.folded_at(index - 1), cursor.language.ordinals) is not None:
        return None  # `the first half of 2024` is a time
    english = cursor.language.code == "en"
    following = cursor.folded_at(index + 1)
    if english and following in cursor.language.ones and (factor := cursor.multiplier(index + 2)):
        readings = (Reading.of(Fraction(factor, 2), Fraction(factor, 10)),)
        return cursor.quantity("number", index, index + 2, readings)
    if english and following not in {"of", "the", "its", "their", "all"} and cursor.folded_at(index - 1) != "one":
        return None
    return cursor.quantity("fraction", index, index, (Reading.of(Fraction(1, 2), Fraction(1, 100), FRACTION),))


def read_parts(cursor: Cursor, first: int, count: Fraction, index: int) -> Quantity | None:
    """`two thirds`, `un tercio de`, `hiru laurden`."""
    if cursor.text_at(index) in HYPHENS:
        index += 1
    whole = cursor.language.find(cursor.folded_at(index), cursor.language.denominators)
    if whole is None or not 1 <= count < whole:
        return None
    if count == 1 and cursor.language.parts and cursor.folded_at(index + 1) not in cursor.language.parts:
        return None
    return cursor.quantity("fraction", first, index, (Reading.of(count / whole, Fraction(1, 100), FRACTION),))


def read_slashed(cursor: Cursor, index: int) -> Quantity | None:
    """`1/2`, and nothing like `24/7`, `3/6` or `2011/12`."""
    if cursor.text_at(index + 1) != "/" or not (cursor.touches(index) and cursor.touches(index + 1)):
        return None
    count, whole = cursor.tokens[index].text, cursor.text_at(index + 2)
    if not (count.isdecimal() and whole.isdecimal() and 0 < int(count) < int(whole) <= _LARGEST_WHOLE):
        return None
    readings = (Reading.of(Fraction(int(count), int(whole)), Fraction(1, 100), FRACTION),)
    return cursor.quantity("fraction", index, index + 2, readings)
