"""Calendar: the dates of a text, in words and in digits, whole or in part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from .tokens import Token
from .vocabulary import Vocabulary

_NUMERIC: Final = re.compile(
    r"(?<![\w./-])(?:(?P<iso>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"|(?P<one>\d{1,2})(?P<sign>[-/.])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2}))(?![\d-]|[./]\d)"
)
_BEFORE: Final = frozenset("of de del do d l the el o ' ’ , .".split())  # noqa: SIM905
_AFTER: Final = frozenset("of de del do d the el , . ' ’".split())  # noqa: SIM905
_DECADE_LINKS: Final = frozenset("de los las del dels les d ' ’ dos das os the".split())  # noqa: SIM905
# English words that are months only beside a day or a year.
_ALSO_WORDS: Final = frozenset({"may", "march"})
_BEFORE_MONTHS: Final = frozenset("in since by until till last next this during from early late mid of".split())  # noqa: SIM905
_NOT_DAYS: Final = frozenset(":%$€")
_REACH: Final = 4


class Date(NamedTuple):
    """A date or a part of one; 0 where it says nothing. `decade` is the first year of ten."""

    year: int = 0
    month: int = 0
    day: int = 0
    decade: int = 0

    def includes(self, other: Date) -> bool:
        """Whether `other` says all that this says: `March 2025` includes `12 March 2025`."""
        if self.decade:
            return self.decade in {other.decade, other.year // 10 * 10}
        parts = zip(self[:3], other[:3], strict=True)
        return all(own in (0, theirs) for own, theirs in parts)


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date in a text: its span, the tokens it takes, and every way to read it (3/4 is in March or in April)."""

    text: str
    start: int
    end: int
    first: int
    last: int
    readings: tuple[Date, ...]


def find_dates(text: str, tokens: Sequence[Token], language: Vocabulary) -> list[DateMention]:
    """The dates of a text in order: days, months, and decades. A year alone is a quantity, not a date."""
    found = [*_numeric(text, tokens), *_decades(text, tokens, language)]
    taken = {index for mention in found for index in range(mention.first, mention.last + 1)}
    reader = _Month(text, tokens, language, taken)
    months, inflected = language.months, bool(language.endings)
    for index, token in enumerate(tokens):
        if token.kind != "word" or not (inflected or token.folded in months):
            continue
        if index not in taken and (mention := reader.read(index)):
            found.append(mention)
            taken.update(range(mention.first, mention.last + 1))
    return sorted(found, key=lambda mention: mention.start)


def _numeric(text: str, tokens: Sequence[Token]) -> Iterator[DateMention]:
    """`2025-03-12`, `12/03/2025`, `12.3.25`."""
    for match in _NUMERIC.finditer(text):
        inside = [index for index, token in enumerate(tokens) if match.start() <= token.start < match.end()]
        readings = tuple(date for date in _numeric_readings(match) if 1 <= date.month <= 12 and 1 <= date.day <= 31)
        if readings and inside:
            yield DateMention(match[0], match.start(), match.end(), inside[0], inside[-1], readings)


def _numeric_readings(match: re.Match[str]) -> tuple[Date, ...]:
    if match["iso"]:
        return (Date(int(match["iso"]), int(match["month"]), int(match["day"])),)
    one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
    if len(match["year"]) == 2:
        # Two digits for the year are a date only with slashes: `1.2.34` is as likely a section.
        if match["sign"] != "/":
            return ()
        year += 2000 if year < 50 else 1900
    return tuple(dict.fromkeys((Date(year, two, one), Date(year, one, two))))


def _decades(text: str, tokens: Sequence[Token], language: Vocabulary) -> Iterator[DateMention]:
    """`the 1990s`, `los años 90`, `dècada de 1990`, `90eko hamarkada`."""
    for index, token in enumerate(tokens):
        if token.kind == "word" and token.folded not in language.counting:
            continue
        decade, digits = _decade_value(token, language)
        if not decade:
            continue
        first, last = index, index
        if digits and _joined(tokens, index, {"s"}):
            last = index + 1
        elif language.code == "eu":
            after = index + 1 if _joined(tokens, index, {"eko", "ko", "etako"}) else index
            if not _is(tokens, after + 1, language, language.decade):
                continue
            last = after + 1
        else:
            first = _decade_word(tokens, index, language)
            if first < 0:
                continue
        start, end = tokens[first].start, tokens[last].end
        yield DateMention(text[start:end], start, end, first, last, (Date(decade=decade),))


def _decade_value(token: Token, language: Vocabulary) -> tuple[int, bool]:
    """The first year of the decade that a numeral or a number word may name; 0 for none."""
    if token.kind == "numeral" and token.text.isdecimal() and len(token.text) in (2, 4):
        value = int(token.text)
    elif token.kind == "word" and language.code != "en":
        value = language.counting.get(token.folded, 0)
    else:
        return 0, False
    if value % 10 or not (10 <= value < 100 or 1000 <= value < 2100):
        return 0, False
    return (value + 1900 if value < 100 else value), token.kind == "numeral"


def _decade_word(tokens: Sequence[Token], index: int, language: Vocabulary) -> int:
    """Where `años` or `década de los` begins before a decade; -1 when it does not."""
    place = index - 1
    while place >= 0 and index - place <= _REACH and tokens[place].folded in _DECADE_LINKS:
        place -= 1
    if place < 0 or not language.knows(tokens[place].folded, language.decade):
        return -1
    return place


def _joined(tokens: Sequence[Token], index: int, endings: set[str]) -> bool:
    """Whether one of these endings touches the token."""
    if index + 1 >= len(tokens):
        return False
    following = tokens[index + 1]
    return following.folded in endings and following.start == tokens[index].end


def _is(tokens: Sequence[Token], index: int, language: Vocabulary, words: frozenset[str]) -> bool:
    return index < len(tokens) and language.knows(tokens[index].folded, words)


class _Month:
    """Reads a date from the name of its month, and what stands before and after it."""

    def __init__(self, text: str, tokens: Sequence[Token], language: Vocabulary, taken: set[int]) -> None:
        self.text = text
        self.tokens = tokens
        self.language = language
        self.taken = taken

    def read(self, index: int) -> DateMention | None:
        """The date whose month this token names, if it names one."""
        token = self.tokens[index]
        month = self.language.find(token.folded, self.language.months)
        if month is None or (self.language.code == "en" and not token.text[0].isupper()):
            return None
        day, first = self._day_before(index)
        year = 0
        last = index
        if self.language.code == "eu" and not day:
            year, first = self._year_before(index)
        if not day and self.language.code in {"en", "eu"}:
            day, last = self._after(index, lowest=1, highest=31)
        if not year:
            year, last = self._after(last, lowest=1000, highest=2100)
        alone = not day and not year
        if alone and (token.folded in self.language.month_abbreviations or self._is_other_word(index)):
            return None
        start, end = self.tokens[first].start, self.tokens[last].end
        return DateMention(self.text[start:end], start, end, first, last, (Date(year, month, day),))

    def _is_other_word(self, index: int) -> bool:
        """Whether `May` or `March` stands alone, and not after `in` or the like."""
        if self.language.code != "en" or self.tokens[index].folded not in _ALSO_WORDS:
            return False
        return not index or self.tokens[index - 1].folded not in _BEFORE_MONTHS

    def _day_before(self, index: int) -> tuple[int, int]:
        """`12 de` before the month; the day and its token."""
        place = index - 1
        while place >= 0 and index - place < _REACH and self._is_link(place):
            place -= 1
        value = self._value(place)
        if not 1 <= value <= 31 or place in self.taken or (place and self.tokens[place - 1].text in _NOT_DAYS):
            return 0, index
        return value, place

    def _is_link(self, place: int) -> bool:
        token = self.tokens[place]
        if token.folded in _BEFORE:
            return True
        touching = place > 0 and self.tokens[place - 1].end == token.start
        return touching and (token.text in self.language.ordinal_suffixes or token.folded in self.language.endings)

    def _year_before(self, index: int) -> tuple[int, int]:
        """`2025eko martxoan`: in Basque the year comes first."""
        place = index - 1
        while place >= 0 and index - place < _REACH and self.tokens[place].folded in {"eko", "ko", "-", "."}:
            place -= 1
        value = self._value(place)
        return (value, place) if 1000 <= value < 2100 else (0, index)

    def _after(self, index: int, *, lowest: int, highest: int) -> tuple[int, int]:
        """A day or a year after this token, and the last token that it takes."""
        place = index + 1
        while place < len(self.tokens) and place - index < _REACH and self._is_passed(place):
            place += 1
        value = self._value(place)
        if not lowest <= value <= highest or place in self.taken:
            return 0, index
        ending = place + 1 < len(self.tokens) and self._is_ending(place + 1)
        return value, place + ending

    def _is_passed(self, place: int) -> bool:
        return self.tokens[place].folded in _AFTER or self._is_ending(place)

    def _is_ending(self, place: int) -> bool:
        token = self.tokens[place]
        if self.tokens[place - 1].end != token.start:
            return False
        return token.text in self.language.ordinal_suffixes or token.folded in self.language.endings

    def _value(self, place: int) -> int:
        """The whole number at this token, 0 for anything else."""
        if not 0 <= place < len(self.tokens) or self.tokens[place].kind != "numeral":
            return 0
        return int(self.tokens[place].text) if self.tokens[place].text.isdecimal() else 0
