"""Raised text: an exponent stays one, and the mark of a note goes, so that neither becomes digits of a number."""

from __future__ import annotations

import re
from typing import Final

# What a reader of a form puts around raised text until the line it stands in is whole. Cleaned texts hold neither.
RAISED: Final = "\x0e"
LOWERED: Final = "\x0f"
# Between a raised number and the number below it.
FRACTION_STROKE: Final = "⁄"

_RAISED: Final = re.compile(rf"(?P<space>\s?){RAISED}(?P<raised>[^{RAISED}{LOWERED}]*){LOWERED}")
_PARTED: Final = re.compile(rf"{LOWERED}{RAISED}")
_LEFT_OVER: Final = re.compile(rf"[{RAISED}{LOWERED}]")
_MIXED_NUMBER: Final = re.compile(
    rf"(?P<whole>\d?){RAISED}\s*(?P<numerator>\d{{1,3}})\s*{LOWERED}\s*{FRACTION_STROKE}\s*(?=\d)"
)
# How far back the word or number is looked for that the raised text belongs to.
_REACH: Final = 60
_SIGNS: Final = str.maketrans("0123456789+-−–()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾ⁿ")
_BRACKETED: Final = re.compile(r"(?:\[\s*(?:\d{1,3}|[a-z]|[*†‡])\s*\]|\(\s*\d{1,3}\s*\))+")
_DIGITS: Final = re.compile(r"\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*")
_POWER: Final = re.compile(r"[-−–+]?\d{1,4}|\d{1,2}[-−–+]|n")
_NUMBER: Final = re.compile(
    r"(?<![\d.,])(?:\d{1,3}(?P<grouped>[ \u00a0\u202f\u2009]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?P<parted>[.,'’]\d+)*)\Z"
)
_WORD: Final = re.compile(r"[^\W\d_]+\Z")
_UNITS: Final = frozenset("mm cm dm km hm nm µm μm ft in yd mi kg mc sr Km".split())  # noqa: SIM905
# `300 km.` with the stop that older Spanish texts put behind a unit.
_STOPPED_UNIT: Final = re.compile(r"\d\s?[kcdhm]?m\.\Z", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\((?P<inside>[^()]*)\)\Z")
_VARIABLE: Final = re.compile(r"(?<![^\W_])[^\W\d_](?![^\W_])")
_OPERATOR: Final = re.compile(r"[-+−–×·*/=]")
_IN_FORMULA: Final = (re.compile(r"[×·*=≈^√]\s*\Z"), re.compile(r"\s*[×·*=≈^]"))
# `3 × 10 ⁶` and `5 km ²`, with a space that only the source of the page has.
_SET_APART: Final = re.compile(r"\d\s?(?:[×·*x]\s?10[-−–+]?\d{1,2}|[kcdhm]?m[23])\Z")
_ELEMENT: Final = re.compile(r"[A-Z][a-z]?(?![a-z])")


def settle_raised(text: str) -> str:
    """The text without the signs around what is raised in it.

    An exponent is written in raised digits (`10⁶`, `m²`), which no check takes for digits of the number before. A note
    mark is left out: what stands in brackets, and bare digits behind a number with separators, a word or a stop. Any
    other raised text (`5th`, `1ª`) stays as it is.
    """
    if RAISED not in text:
        return text
    text = _MIXED_NUMBER.sub(_mixed_number, _PARTED.sub("", text))
    return _LEFT_OVER.sub("", _RAISED.sub(_settled, text))


def exponent(raised: str) -> str:
    """A power in raised digits, or behind `^` where there are none for it."""
    if re.fullmatch(r"[-−–+()\dn]+", raised):
        return raised.translate(_SIGNS)
    return f"^{raised}" if raised.replace(".", "").isalnum() else f"^({raised})"


def _mixed_number(match: re.Match[str]) -> str:
    return f"{match['whole']} {match['numerator']}/" if match["whole"] else f"{match['numerator']}/"


def _settled(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - _REACH) : match.start()]
    after = match.string[match.end() : match.end() + 3]
    space = "" if _SET_APART.search(before + match["raised"].strip()) else match["space"]
    return space + _shown(match["raised"], before + space, after)


def _shown(text: str, before: str, after: str) -> str:
    raised = text.strip()
    if _BRACKETED.fullmatch(raised):
        return ""
    if _DIGITS.fullmatch(raised):
        return exponent(raised) if _is_base(before, raised, after) else ""
    if not before[-1:].isalnum() and before[-1:] != ")":
        return text
    if _POWER.fullmatch(raised) and (raised != "n" or before[-1:].isdecimal()):
        return exponent(raised)
    if re.fullmatch(r"[a-z]", raised) and _has_separators(before):
        return ""
    return exponent(raised) if raised[:1].isdecimal() and before[-1:].isdecimal() else text


def _is_base(before: str, raised: str, after: str) -> bool:
    """Whether bare digits behind this are its exponent, and no mark of a note."""
    if number := _NUMBER.search(before):
        return _is_base_number(number, raised, after)
    if word := _WORD.search(before):
        return raised.isdecimal() and raised != "1" and (len(word[0]) == 1 or word[0] in _UNITS)
    if brackets := _BRACKETS.search(before):
        inside = brackets["inside"]
        return _OPERATOR.search(inside) is not None and _VARIABLE.search(inside) is not None
    if not before or before[-1:].isspace():
        # `¹⁴C` is an isotope; a note of one digit often stands in front of a sentence.
        return (len(raised) > 1 or after.startswith("He")) and _ELEMENT.match(after) is not None
    return raised in {"2", "3"} and _STOPPED_UNIT.search(before) is not None


def _is_base_number(number: re.Match[str], raised: str, after: str) -> bool:
    front, behind = _IN_FORMULA
    if not raised.isdecimal():
        return False
    if number[0] == "10" or number[0].endswith((".10", ",10")):
        return True  # the powers of ten, after `×` or the stop that some write for it
    if front.search(number.string[: number.start()]) or behind.match(after):
        return True
    # Nobody writes the first power, and few a power of a large number.
    return not (number["grouped"] or number["parted"]) and len(number[0]) < 4 and raised != "1"


def _has_separators(before: str) -> bool:
    number = _NUMBER.search(before)
    return number is not None and bool(number["grouped"] or number["parted"])
