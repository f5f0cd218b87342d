"""Ranges: what the two ends of `10 to 20 million`, `2011–14` and `5, 10 and 20 %` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from .quantity import UNITLESS, Quantity, Reading, times, with_units
from .tokens import Token
from .vocabulary import Vocabulary

DASHES: Final = frozenset("-–—‐‑")


def share_ranges(found: list[Quantity], tokens: Sequence[Token], language: Vocabulary) -> list[Quantity]:
    """Let the two ends of a range share multiplier, unit and century: `10 to 20 million`, `€10–20`, `2011–14`.

    In a list only the unit is shared: `5, 10 and 20 %`.
    """
    shared = list(found)
    for place in range(len(shared) - 2, -1, -1):
        one, other = shared[place], shared[place + 1]
        if other.first - one.last != 2:
            continue
        between = tokens[one.last + 1]
        if one.kind == "year" and (between.text in DASHES or between.text == "/"):
            shared[place + 1] = _with_century(one, other)
        elif other.kind == "century" and one.kind in {"number", "ordinal"} and between.folded in language.ranges:
            shared[place] = replace(one, kind="century")
        elif one.kind == other.kind == "number":
            ends = between.text in DASHES or between.folded in language.ranges
            if not one.units and ((ends and other.scale > 1) or (other.units and (ends or between.text == ","))):
                shared[place] = replace(one, readings=(*one.readings, *_like(one, other, scaled=ends)))
            elif ends and one.scale == 1 < other.scale and {*one.units} & {*other.units}:
                # `€5 to €7 billion`
                multiplied = (times(reading, other.scale) for reading in one.readings)
                shared[place] = replace(one, readings=(*one.readings, *multiplied))
            elif one.units and not other.units and between.text in DASHES:
                shared[place + 1] = replace(other, readings=(*other.readings, *with_units(other.readings, one.units)))
    return shared


def _with_century(one: Quantity, other: Quantity) -> Quantity:
    """The second year of `2011–14`."""
    if len(other.text) != 2 or not other.text.isdecimal():
        return other
    full = Reading.of(one.readings[0].value // 100 * 100 + other.readings[0].value, Fraction(1))
    return replace(other, kind="year", readings=(full, *other.readings))


def _like(one: Quantity, other: Quantity, *, scaled: bool) -> list[Reading]:
    """The readings of `one` as if it had the multiplier and the unit of `other`."""
    multiplied = [times(reading, other.scale) for reading in one.readings] if scaled and one.scale == 1 else []
    return [
        Reading.of(reading.value, reading.step, unit)
        for unit in other.units or (UNITLESS,)
        for reading in dict.fromkeys((*multiplied, *one.readings))
    ]
