"""Quantities: finds the numbers of a text with their units, in digits and in words, in any locale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from .number_words import HYPHENS, Spelled, multiplier, read_multipliers, read_number_words
from .numerals import read_numeral, read_roman
from .quantity import FRACTION, Quantity, Reading, times, with_units
from .ranges import share_ranges
from .tokens import Token
from .vocabulary import Unit, Vocabulary, longest_unit, units

_SIGNS: Final = {"-": -1, "−": -1, "+": 1}
_PREFIX_SIGNS: Final = frozenset("$€£¥%")
_CURRENCY_CODES: Final = frozenset({"usd", "eur", "gbp", "us", "chf", "jpy"})
# What may be joined to a numeral by a hyphen without making it a name, as in `mid-2019`.
_PREFIXES: Final = frozenset(
    "mid pre post early late non sub circa anti ex inter under over aged age pos prim mediados".split()  # noqa: SIM905
)
_FIRST_YEAR: Final = 1000
_LAST_YEAR: Final = 2100


def find_quantities(text: str, tokens: Sequence[Token], language: Vocabulary, taken: set[int]) -> list[Quantity]:
    """The quantities of a text in order. Tokens whose index is in `taken` belong to something else, such as a date."""
    reader = _Reader(text, tokens, language, taken)
    found: list[Quantity] = []
    index = 0
    while index < len(tokens):
        quantity = reader.read(index)
        if quantity is not None:
            found.append(quantity)
        index = reader.index if reader.index > index else index + 1
    return share_ranges(found, tokens, language)


class _Reader:
    """Reads one quantity at a time; `index` is the token after the last one."""

    def __init__(self, text: str, tokens: Sequence[Token], language: Vocabulary, taken: set[int]) -> None:
        self.text = text
        self.tokens = tokens
        self.language = language
        self.taken = taken
        self.index = 0

    def read(self, index: int) -> Quantity | None:
        """The quantity that begins at this token, if one does."""
        token = self.tokens[index]
        self.index = index + 1
        if index in self.taken:
            return None
        if token.kind == "numeral":
            return self._numeral(index, index)
        if token.kind == "sign":
            return self._signed(index)
        if token.folded == "ehuneko" or token.folded in _CURRENCY_CODES:
            return self._prefixed(index)
        if not token.text.isupper() and not self.language.may_open(token.folded):
            return None
        if self.language.knows(token.folded, self.language.century) and (century := self._century_after(index)):
            return century
        return self._words(index)

    def _signed(self, index: int) -> Quantity | None:
        """A numeral after its sign, its currency or its percent sign."""
        token = self.tokens[index]
        if token.text in _PREFIX_SIGNS:
            return self._prefixed(index)
        if token.text not in _SIGNS or self._touches(index - 1) or not self._touches(index):
            return None
        if index and self.tokens[index - 1].kind == "numeral":
            return None  # `10 -20` is a range
        inner = self.read(index + 1)
        if inner is None:
            self.index = index + 1
            return None
        return replace(self._spanning(inner, index, inner.last), sign=_SIGNS[token.text])

    def _prefixed(self, index: int) -> Quantity | None:
        """A number whose unit stands before it: `$5 million`, `EUR 12`, `ehuneko 12`, `%12`."""
        inside = index
        if self.tokens[index].folded == "us" and self._text(index + 1) == "$":
            inside += 1
        unit = units().get((self.tokens[inside].folded,))
        start = inside + 1
        if unit is None or start >= len(self.tokens) or start in self.taken:
            return None
        if inside and self.tokens[inside].text == "%" and self.tokens[inside - 1].kind == "numeral":
            return None
        if self.tokens[start].kind == "numeral":
            return self._numeral(index, start, unit)
        return self._words(start, first=index, unit=unit) if self.tokens[inside].kind == "word" else None

    def _numeral(self, first: int, index: int, unit: tuple[Unit, ...] = ()) -> Quantity | None:
        token = self.tokens[index]
        if self._is_label(index):
            return None
        if clock := self._clock(index):
            return clock
        if fraction := self._slashed(index):
            return fraction
        numerals = read_numeral(token.text)
        self.index = index + 1
        if not numerals:
            return None
        readings = tuple(Reading.of(value, step) for value, step in numerals)
        kind = "year" if _is_year(token.text) else "number"
        return self._finish(kind, first, index, readings, unit)

    def _words(self, index: int, *, first: int | None = None, unit: tuple[Unit, ...] = ()) -> Quantity | None:
        """A number in words, an ordinal, or a fraction."""
        token = self.tokens[index]
        if token.folded in self.language.halves or self.language.knows(token.folded, self.language.halves):
            return self._half(index)
        if spelled := read_number_words(self.tokens, index, self.language):
            if part := self._parts(index, spelled.value, spelled.after) or self._compound_ordinal(index, spelled):
                return part
            self.index = spelled.after
            readings = (Reading.of(spelled.value, spelled.step),)
            quantity = self._finish("number", index if first is None else first, self.index - 1, readings, unit)
            return replace(quantity, spelled=True) if quantity else None
        if token.folded in self.language.ones and (fraction := self._parts(index, Fraction(1), index + 1)):
            return fraction
        if roman := read_roman(token.text):
            return self._century_before(index, index, Fraction(roman))
        return self._ordinal(index, index, 0)

    def _compound_ordinal(self, first: int, tens: Spelled) -> Quantity | None:
        """`twenty-first`: the tens are a number word, the rest is an ordinal."""
        last = tens.after + (self._text(tens.after) in HYPHENS)
        if tens.value % 10 or not 20 <= tens.value <= 90 or (ordinal := self._ordinal(first, last, tens.value)) is None:
            return None
        return ordinal if ordinal.readings[0].value < tens.value + 10 else None

    def _ordinal(self, first: int, last: int, more: Fraction | int) -> Quantity | None:
        ordinal = self.language.find(self._folded(last), self.language.ordinals)
        if ordinal is None:
            return None
        value = Fraction(ordinal + more)
        if century := self._century_before(first, last, value):
            return century
        self.index = last + 1
        return replace(self._quantity("ordinal", first, last, (Reading.of(value, Fraction(1)),)), spelled=True)

    def _finish(
        self, kind: str, first: int, index: int, readings: tuple[Reading, ...], unit: tuple[Unit, ...]
    ) -> Quantity | None:
        """What follows the bare number: an ending, a multiplier, a unit, a century."""
        kind, last, readings, scale = self._suffix(kind, index, readings)
        if last < 0:
            return None
        if century := self._century_before(first, last, readings[0].value):
            return century
        factor, after, readings = self._multiplied(last, readings)
        found, after = ((), after) if unit else self._unit(after, scaled=scale * factor > 1, kind=kind)
        if found or unit:
            readings = with_units(readings, found or unit)
        if factor > 1 or scale > 1 or ((found or unit) and kind == "year"):
            kind = "number"
        self.index = after
        own = 1 if self.tokens[index].kind == "word" else factor * scale
        return replace(self._quantity(kind, first, after - 1, readings), scale=own)

    def _multiplied(self, last: int, readings: tuple[Reading, ...]) -> tuple[int, int, tuple[Reading, ...]]:
        """The readings times what multiplies them: by how much, the index after it, and the product."""
        more, start = self._and_a_half(last + 1)
        factor, after = read_multipliers(self.tokens, start, self.language)
        if factor > 1 and self._parted(last):
            factor, after = 1, start
        smallest = self._multiplier(after - 1) or 1
        halves, after = self._half_more(after) if smallest > 1 else (Fraction(0), after)
        if max(factor, smallest) == 1 and not more:
            return 1, after, readings
        step = Fraction(1, 2) if more else Fraction(1)
        if factor > 1:
            readings = self._by_locale(last, readings)
        product = tuple(
            Reading.of((reading.value + more) * factor + halves * smallest, reading.step * factor * step, reading.unit)
            for reading in readings
        )
        return max(factor, smallest), after, product

    def _by_locale(self, last: int, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
        """Of the two readings of `3.000 millones` the one of the language: nobody writes 3 with three decimals."""
        text = self.tokens[last].text
        if len(readings) != 2 or not self.language.decimal:
            return readings
        return readings[1:] if self.language.decimal in text else readings[:1]

    def _suffix(
        self, kind: str, index: int, readings: tuple[Reading, ...]
    ) -> tuple[str, int, tuple[Reading, ...], int]:
        """Letters that touch a numeral. The last token is -1 when they make it a name (`3D`)."""
        last = index
        if self.tokens[index].kind != "numeral" or not self._touches(index):
            return kind, last, readings, 1
        following = self.tokens[index + 1]
        if following.text == "." and self._touches(index + 1) and self.tokens[index + 2].text in {"º", "ª", "er"}:
            return "ordinal", index + 2, readings, 1
        if following.text in HYPHENS and self._touches(index + 1) and index + 2 < len(self.tokens):
            ending = self.tokens[index + 2]
            if ending.folded in self.language.endings:
                return kind, index + 2, readings, 1
        if following.kind != "word":
            return kind, last, readings, 1
        if following.text in self.language.ordinal_suffixes and following.text not in self.language.abbreviations:
            return "ordinal", index + 1, readings, 1
        if scale := self.language.abbreviations.get(following.text):
            scaled = tuple(times(reading, scale) for reading in readings)
            as_unit = with_units(readings, units().get((following.folded,), ()))
            return "number", index + 1, scaled + as_unit, scale
        if self._unit(index + 1, scaled=False, kind="number")[0] or following.folded == "x":
            return kind, last, readings, 1
        if following.text.islower() and following.folded in self.language.endings:
            return kind, index + 1, readings, 1
        return kind, -1, readings, 1

    def _unit(self, index: int, *, scaled: bool, kind: str) -> tuple[tuple[Unit, ...], int]:
        """The unit that stands at this token, and the index after it."""
        start = index
        if scaled and self._folded(start) in self.language.unit_joints:
            start += 1 + (self._text(start + 1) in {"'", "’"})
        elif self._text(start) in HYPHENS and self._touches(start - 1) and self._touches(start):
            start += 1
        for size in range(min(longest_unit(), len(self.tokens) - start), 0, -1):
            phrase = tuple(token.folded for token in self.tokens[start : start + size])
            for stem in self.language.stems(phrase[-1]) if self.language.endings else phrase[-1:]:
                found = units().get((*phrase[:-1], stem))
                if found and self._is_unit(start + size - 1, kind):
                    return found, start + size
        return (), index

    def _is_unit(self, index: int, kind: str) -> bool:
        """Not the elided article of `12 d'abril`, nor the verb of `en 2020 ha crecido`."""
        token = self.tokens[index]
        if len(token.folded) == 1 and token.kind == "word" and self._text(index + 1) in {"'", "’"}:
            return False
        return not (kind == "year" and token.folded in {"ha", "any", "dies"} and not self._touches(index - 1))

    def _and_a_half(self, index: int) -> tuple[Fraction, int]:
        """`two and a half million`."""
        words = tuple(self._folded(place) for place in range(index, index + 3))
        return (Fraction(1, 2), index + 3) if words == ("and", "a", "half") else (Fraction(0), index)

    def _half_more(self, index: int) -> tuple[Fraction, int]:
        """`millón y medio`: half of the multiplier before it."""
        if self._folded(index) in self.language.ranges and self._folded(index + 1) in self.language.half_more:
            return Fraction(1, 2), index + 2
        return Fraction(0), index

    def _parted(self, last: int) -> bool:
        """Whether a line break lies between a number and what would multiply it."""
        return "\n" in self.text[self.tokens[last].end : self.tokens[last + 1].start]

    def _half(self, index: int) -> Quantity | None:
        """A half as a share: `half of`, `la mitad`, `erdia`; `half a million`."""
        self.index = index + 1
        english = self.language.code == "en"
        following = self._folded(index + 1)
        if english and following in self.language.ones and (factor := self._multiplier(index + 2)):
            readings = (Reading.of(Fraction(factor, 2), Fraction(factor, 10)),)
            self.index = index + 3
            return self._quantity("number", index, index + 2, readings)
        if english and following not in {"of", "the", "its", "their", "all"} and self._folded(index - 1) != "one":
            return None
        return self._quantity("fraction", index, index, (Reading.of(Fraction(1, 2), Fraction(1, 100), FRACTION),))

    def _parts(self, first: int, count: Fraction, index: int) -> Quantity | None:
        """`two thirds`, `un tercio de`, `hiru laurden`."""
        if self._text(index) in HYPHENS:
            index += 1
        whole = self.language.find(self._folded(index), self.language.denominators)
        if whole is None or not 1 <= count < whole:
            return None
        if count == 1 and self.language.parts and self._folded(index + 1) not in self.language.parts:
            return None
        self.index = index + 1
        return self._quantity("fraction", first, index, (Reading.of(count / whole, Fraction(1, 100), FRACTION),))

    def _slashed(self, index: int) -> Quantity | None:
        """`1/2`, and nothing like `24/7` or `2011/12`."""
        if self._text(index + 1) != "/" or not (self._touches(index) and self._touches(index + 1)):
            return None
        count, whole = self.tokens[index].text, self._text(index + 2)
        if not (count.isdecimal() and whole.isdecimal() and 0 < int(count) < int(whole) <= 10):
            return None
        self.index = index + 3
        readings = (Reading.of(Fraction(int(count), int(whole)), Fraction(1, 100), FRACTION),)
        return self._quantity("fraction", index, index + 2, readings)

    def _clock(self, index: int) -> Quantity | None:
        """A time of day in minutes: `14:30`, `2.30 pm`, `9 a.m.`; both halves of the day when it does not say."""
        hour, minute, last = self.tokens[index].text, "0", index
        if self._text(index + 1) == ":" and self._touches(index) and self._touches(index + 1):
            minute, last = self._text(index + 2), index + 2
        elif "." in hour or "," in hour:
            hour, _, minute = hour.replace(",", ".").partition(".")
        marked, after = self._half_of_day(last + 1)
        timed = last > index or bool(marked)
        if not timed or not (hour.isdecimal() and minute.isdecimal()) or len(minute) > 2 or int(hour) > 24:
            return None
        if int(minute) > 59 or (last > index and len(minute) != 2):
            return None
        self.index = after
        minutes = int(hour) % 12 * 60 + int(minute)
        hours = [0] if marked == "a" else [720] if marked == "p" else [int(hour) // 12 % 2 * 720]
        readings = tuple(Reading.of(Fraction(minutes + half), Fraction(1)) for half in hours)
        return self._quantity("time", index, after - 1, readings)

    def _half_of_day(self, index: int) -> tuple[str, int]:
        """`a` or `p` when am or pm stands here, and the index after it."""
        word = self._folded(index)
        if word in {"am", "pm"}:
            return word[0], index + 1
        if word in {"a", "p"} and self._text(index + 1) == "." and self._folded(index + 2) == "m":
            return word, index + 3 + (self._text(index + 3) == ".")
        return "", index

    def _century_before(self, first: int, last: int, value: Fraction) -> Quantity | None:
        """`21st century`, `XXI. mendea`: the word follows the number."""
        after = last + 1
        if self._text(after) == "." or self._text(after) in HYPHENS:
            after += 1
        word = self._folded(after)
        if len(word) < 2 or not self.language.knows(word, self.language.century) or not 1 <= value <= 30:
            return None
        self.index = after + 1
        return self._quantity("century", first, after, (Reading.of(value, Fraction(1)),))

    def _century_after(self, index: int) -> Quantity | None:
        """`siglo XXI`, `s. XXI`: the number follows the word."""
        after = index + 1 + (self._text(index + 1) == ".")
        if self.tokens[index].folded == "s" and after == index + 1:
            return None
        value = read_roman(self._text(after))
        if value is None:
            return None
        self.index = after + 1
        return self._quantity("century", index, after, (Reading.of(Fraction(value), Fraction(1)),))

    def _is_label(self, index: int) -> bool:
        """Whether a numeral is part of a name or a code: `COVID-19`, `B12`, `v2`, `ALIA-40B`."""
        if not index or not self._touches(index - 1):
            return False
        before = self.tokens[index - 1]
        if before.kind == "word":
            return before.folded not in _CURRENCY_CODES
        if before.text not in "-‐‑_./" or index < 2 or not self._touches(index - 2):
            return False
        word = self.tokens[index - 2]
        return word.kind == "word" and word.folded not in _PREFIXES and not _is_year(self.tokens[index].text)

    def _quantity(self, kind: str, first: int, last: int, readings: tuple[Reading, ...]) -> Quantity:
        start, end = self.tokens[first].start, self.tokens[last].end
        return Quantity(kind, self.text[start:end], start, end, first, last, readings)

    def _spanning(self, quantity: Quantity, first: int, last: int) -> Quantity:
        start, end = self.tokens[first].start, self.tokens[last].end
        return replace(quantity, text=self.text[start:end], start=start, end=end, first=first, last=last)

    def _multiplier(self, index: int) -> int | None:
        return multiplier(self.tokens[index], self.language) if index < len(self.tokens) else None

    def _touches(self, index: int) -> bool:
        """Whether nothing parts this token from the next."""
        return 0 <= index < len(self.tokens) - 1 and self.tokens[index].end == self.tokens[index + 1].start

    def _text(self, index: int) -> str:
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def _folded(self, index: int) -> str:
        return self.tokens[index].folded if 0 <= index < len(self.tokens) else ""


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and _FIRST_YEAR <= int(text) < _LAST_YEAR
