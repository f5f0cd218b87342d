"""Quantity: a number of a text with its unit, and every way to read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from .vocabulary import Unit

UNITLESS: Final = Unit("", Fraction(1))
FRACTION: Final = Unit("fraction", Fraction(1))


class Reading(NamedTuple):
    """One way to understand a number: its value in `unit`, and the step it is rounded to (see `Numeral`).

    `base` is the value in the base of the unit's kind, and `size` is about as much: it decides quickly what is far off.
    """

    value: Fraction
    step: Fraction
    unit: Unit
    base: Fraction
    size: float

    @classmethod
    def of(cls, value: Fraction, step: Fraction, unit: Unit = UNITLESS) -> Reading:
        """The reading of a value in a unit."""
        base = value if unit.factor == 1 else value * unit.factor
        return cls(value, step, unit, base, float(base))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a text with its unit: its span, the tokens it takes, and every way to read it.

    `kind` is number, ordinal, year, century, time or fraction. `sign` is 0 when none is written; `spelled` says that it
    is written in words.
    """

    kind: str
    text: str
    start: int
    end: int
    first: int
    last: int
    readings: tuple[Reading, ...]
    sign: int = 0
    spelled: bool = False
    scale: int = 1

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units of its readings."""
        return tuple(dict.fromkeys(reading.unit for reading in self.readings if reading.unit.kind))


def times(reading: Reading, factor: int) -> Reading:
    """A reading multiplied."""
    return Reading.of(reading.value * factor, reading.step * factor, reading.unit)


def with_units(readings: Iterable[Reading], found: Iterable[Unit]) -> tuple[Reading, ...]:
    """Each reading in each unit."""
    numbers = tuple(readings)
    return tuple(Reading.of(reading.value, reading.step, unit) for unit in found for reading in numbers)
