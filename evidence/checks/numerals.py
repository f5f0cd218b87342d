"""Numerals: what a number written in digits may mean, whatever the locale."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final, NamedTuple

_SPACES: Final = re.compile(r"[ \u00a0\u202f\u2009'’]")
_ROMAN: Final = re.compile(r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES: Final = {"I": 1, "V": 5, "X": 10}


class Numeral(NamedTuple):
    """A value and its step, the place of its last digit that says something: 36,000 has 1,000, and 12.4 has 0.1."""

    value: Fraction
    step: Fraction


def read_numeral(text: str) -> tuple[Numeral, ...]:
    """What `1.234,5`, `1,234.5`, `1 234,5` or `1.234` may mean; nothing for `1.2.3`, which is no number.

    Where one separator parts exactly three digits both readings are given: `1.234` is 1234 or 1.234.
    """
    compact = _SPACES.sub("", text)
    marks = [mark for mark in compact if mark in ".,"]
    if not marks:
        return (_integer(compact),)
    whole, _, rest = compact.rpartition(marks[-1])
    if not whole:
        return (_decimal("0", rest),)
    decimal = whole.replace(".", "").replace(",", "")
    if len(set(marks)) == 2:
        single = compact.count(marks[-1]) == 1
        return (_decimal(decimal, rest),) if single and _is_grouped(whole) else ()
    if len(marks) > 1:
        return (_integer(decimal + rest),) if _is_grouped(compact) else ()
    if compact == text and len(rest) == 3 and len(whole) <= 3 and not whole.startswith("0"):
        return _integer(whole + rest), _decimal(whole, rest)
    return (_decimal(whole, rest),)


def read_roman(text: str) -> int | None:
    """The value of a Roman numeral up to 39, as centuries and chapters have it."""
    if not text or not _ROMAN.fullmatch(text):
        return None
    values = [_ROMAN_VALUES[letter] for letter in text]
    return sum(-one if one < other else one for one, other in zip(values, [*values[1:], 0], strict=True))


def _is_grouped(text: str) -> bool:
    """Whether the groups after the first have three digits, or two before a last of three (1,00,000)."""
    first, *groups = re.split(r"[.,]", text)
    thousands = all(len(group) == 3 for group in groups)
    indian = len(groups[-1]) == 3 and all(len(group) == 2 for group in groups[:-1])
    return len(first) <= 3 and not first.startswith("0") and (thousands or indian)


def _integer(digits: str) -> Numeral:
    significant = digits.rstrip("0")
    zeros = len(digits) - len(significant) if significant else 0
    return Numeral(Fraction(int(digits)), Fraction(10**zeros))


def _decimal(whole: str, rest: str) -> Numeral:
    step = 10 ** len(rest)
    return Numeral(Fraction(int(whole + rest), step), Fraction(1, step))
