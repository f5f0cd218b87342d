"""Clocks: times of day."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from .cursor import Cursor
from .quantity import Quantity, Reading

_HOURS: Final = frozenset({"h", "hrs", "horas", "hores", "hours"})
_NOON: Final = 720


def read_clock(cursor: Cursor, index: int) -> Quantity | None:
    """A time of day in minutes: `14:30`, `14.30 h`, `2.30 pm`, `9 a.m.`; `2:30` is of either half of the day."""
    hour, minute, last = cursor.tokens[index].text, "", index
    if cursor.text_at(index + 1) == ":" and cursor.touches(index) and cursor.touches(index + 1):
        minute, last = cursor.text_at(index + 2), index + 2
    elif "." in hour or "," in hour:
        hour, _, minute = hour.replace(",", ".").partition(".")
    half, after = _half_of_day(cursor, last + 1)
    if len(minute) == 2 and cursor.folded_at(last + 1) in _HOURS:
        after = last + 2
    if after == index + 1 or not hour.isdecimal() or int(hour) > 24:
        return None
    if minute and (len(minute) != 2 or not minute.isdecimal() or int(minute) > 59):
        return None
    minutes = int(hour) * 60 + int(minute or 0)
    if half:
        minutes = minutes % _NOON + (_NOON if half == "p" else 0)
    both = not half and int(hour) <= 12
    readings = [minutes, (minutes + _NOON) % (2 * _NOON)] if both else [minutes]
    return cursor.quantity("time", index, after - 1, tuple(Reading.of(Fraction(m), Fraction(1)) for m in readings))


def _half_of_day(cursor: Cursor, index: int) -> tuple[str, int]:
    """`a` or `p` when am or pm stands here, and the index after it."""
    word = cursor.folded_at(index)
    if word in {"am", "pm"}:
        return word[0], index + 1
    if word in {"a", "p"} and cursor.text_at(index + 1) == "." and cursor.folded_at(index + 2) == "m":
        return word, index + 3 + (cursor.text_at(index + 3) == ".")
    return "", index
