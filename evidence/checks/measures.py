"""Measures: what follows a number and belongs to it: multipliers and units."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from .cursor import Cursor
from .number_words import HYPHENS, read_multipliers
from .quantity import Reading
from .vocabulary import CURRENCIES, Unit, longest_unit, units

# Units that are also verbs, after a year: `en 2020 ha crecido`.
_ALSO_VERBS: Final = frozenset({"ha", "any", "dies"})


def read_multiplied(cursor: Cursor, last: int, readings: tuple[Reading, ...]) -> tuple[int, int, tuple[Reading, ...]]:
    """The readings times what multiplies them: by how much, the index after it, and the product."""
    more, start = _and_a_half(cursor, last + 1)
    factor, after = read_multipliers(cursor.tokens, start, cursor.language)
    if factor > 1 and _parted(cursor, last):
        factor, after = 1, start
    if factor == 1 and (money := _abbreviated_money(cursor, start)):
        factor, after = money, start + 1
    smallest = cursor.multiplier(after - 1) or 1
    halves, after = _half_more(cursor, after) if smallest > 1 else (Fraction(0), after)
    if max(factor, smallest) == 1 and not more:
        return 1, after, readings
    step = Fraction(1, 2) if more else Fraction(1)
    if factor > 1:
        readings = _by_locale(cursor, last, readings)
    product = tuple(
        Reading.of((reading.value + more) * factor + halves * smallest, reading.step * factor * step, reading.unit)
        for reading in readings
    )
    return max(factor, smallest), after, product


def read_unit(cursor: Cursor, index: int, *, scaled: bool, kind: str) -> tuple[tuple[Unit, ...], int]:
    """The unit that stands at this token, and the index after it."""
    start = index
    if scaled and cursor.folded_at(start) in cursor.language.unit_joints:
        start += 1 + (cursor.text_at(start + 1) in {"'", "’"})
    elif cursor.text_at(start) in HYPHENS and cursor.touches(start - 1) and cursor.touches(start):
        start += 1
    for size in range(min(longest_unit(), len(cursor.tokens) - start), 0, -1):
        phrase = tuple(token.folded for token in cursor.tokens[start : start + size])
        for stem in cursor.language.stems(phrase[-1]) if cursor.language.endings else phrase[-1:]:
            found = units().get((*phrase[:-1], stem))
            if found and _is_unit(cursor, start + size - 1, kind):
                return found, start + size
    return (), index


def _is_unit(cursor: Cursor, index: int, kind: str) -> bool:
    """Not the elided article of `12 d'abril`, nor the verb of `en 2020 ha crecido`."""
    token = cursor.tokens[index]
    if len(token.folded) == 1 and token.kind == "word" and cursor.text_at(index + 1) in {"'", "’"}:
        return False
    return not (kind == "year" and token.folded in _ALSO_VERBS and not cursor.touches(index - 1))


def _by_locale(cursor: Cursor, last: int, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Of the two readings of `3.000 millones` the one of the language: nobody writes 3 with three decimals."""
    text = cursor.tokens[last].text
    if len(readings) != 2 or not cursor.language.decimal:
        return readings
    return readings[1:] if cursor.language.decimal in text else readings[:1]


def _and_a_half(cursor: Cursor, index: int) -> tuple[Fraction, int]:
    """`two and a half million`."""
    words = tuple(cursor.folded_at(place) for place in range(index, index + 3))
    return (Fraction(1, 2), index + 3) if words == ("and", "a", "half") else (Fraction(0), index)


def _half_more(cursor: Cursor, index: int) -> tuple[Fraction, int]:
    """`millón y medio`: half of the multiplier before it."""
    if cursor.folded_at(index) in cursor.language.ranges and cursor.folded_at(index + 1) in cursor.language.half_more:
        return Fraction(1, 2), index + 2
    return Fraction(0), index


def _abbreviated_money(cursor: Cursor, index: int) -> int:
    """What `M` means in `1.200 M€`: alone it is no multiplier."""
    place = index + 1 + (cursor.folded_at(index + 1) in cursor.language.unit_joints)
    currency = units().get((cursor.folded_at(place),), ())
    money = any(unit.kind in CURRENCIES for unit in currency)
    return cursor.language.abbreviations.get(cursor.text_at(index), 0) if money else 0


def _parted(cursor: Cursor, last: int) -> bool:
    """Whether a line break lies between a number and what would multiply it."""
    return "\n" in cursor.text[cursor.tokens[last].end : cursor.tokens[last + 1].start]
