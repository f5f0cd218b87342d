"""Quantities: finds the numbers of a text with their units, in digits and in words, in any locale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final, NamedTuple

from .centuries import more_centuries, read_century, read_century_after_number
from .clocks import read_clock
from .cursor import Cursor
from .measures import read_multiplied, read_unit
from .number_words import HYPHENS, Spelled, read_number_words
from .numerals import read_numeral, read_roman
from .quantity import Quantity, Reading, times, with_units
from .ranges import share_ranges
from .shares import read_half, read_parts, read_slashed
from .tokens import Token
from .vocabulary import CURRENCIES, Unit, Vocabulary, units

_SIGNS: Final = {"-": -1, "−": -1, "–": -1, "+": 1}
# As far as this another dash makes a pair of the two: `the plan –30 of them– was kept`.
_FARTHEST_DASH: Final = 20
_PREFIX_SIGNS: Final = frozenset("$€£¥%")
_POWER_SIGNS: Final = frozenset("^⁻⁺")
_CURRENCY_CODES: Final = frozenset({"usd", "eur", "gbp", "us", "chf", "jpy"})
_UNITS_BEFORE: Final = _CURRENCY_CODES | {"ehuneko"}
# What may be joined to a numeral by a hyphen without making it a name, as in `mid-2019`.
_PREFIXES: Final = frozenset(
    "mid pre post early late non sub circa anti ex inter under over aged age pos prim mediados".split()  # noqa: SIM905
)
_MILLION: Final = 1_000_000
_LONGEST_LABEL: Final = 3
_NOT_UNITS: Final = frozenset("DGHSTL")
_ORDINAL_SIGNS: Final = frozenset({"º", "ª", "er"})
_FIRST_YEAR: Final = 1000
_LAST_YEAR: Final = 2100


def find_quantities(text: str, tokens: Sequence[Token], language: Vocabulary, taken: set[int]) -> list[Quantity]:
    """The quantities of a text in order. Tokens whose index is in `taken` belong to something else, such as a date."""
    reader = _Reader(Cursor(text, tokens, language), taken)
    found: list[Quantity] = []
    after = 0
    for index in _beginnings(tokens, language):
        if index >= after and (quantity := reader.read(index)):
            found.append(quantity)
            if quantity.kind == "century":
                found.extend(more_centuries(reader.cursor, quantity))
            after = found[-1].last + 1
    return share_ranges(found, tokens, language)


def _beginnings(tokens: Sequence[Token], language: Vocabulary) -> list[int]:
    """The tokens that a quantity may begin with, rather one too many: most words of a text are none."""
    openings, may_be_any = language.openings, bool(language.endings)
    return [
        index
        for index, token in enumerate(tokens)
        if token.kind != "word"
        or may_be_any
        or token.folded in openings
        or token.folded in _UNITS_BEFORE
        or token.text.isupper()
    ]


class _Bare(NamedTuple):
    """A number before its unit: its last token, and what an abbreviation that touches it multiplies by (`5M`)."""

    kind: str
    last: int
    readings: tuple[Reading, ...]
    scale: int = 1


class _Reader:
    """Reads the quantity that begins at a token."""

    def __init__(self, cursor: Cursor, taken: set[int]) -> None:
        self.cursor = cursor
        self.tokens = cursor.tokens
        self.language = cursor.language
        self.taken = taken

    def read(self, index: int) -> Quantity | None:
        """The quantity that begins at this token, if one does."""
        token = self.tokens[index]
        if index in self.taken:
            return None
        if token.kind == "numeral":
            return self._numeral(index, index)
        if token.kind == "sign":
            return self._signed(index)
        if token.folded in _UNITS_BEFORE:
            return self._prefixed(index)
        if not token.text.isupper() and not self.language.may_open(token.folded):
            return None
        if self.language.knows(token.folded, self.language.century) and (century := read_century(self.cursor, index)):
            return century
        return self._words(index)

    def _signed(self, index: int) -> Quantity | None:
        """A numeral after its sign, its currency or its percent sign."""
        token = self.tokens[index]
        if token.text in _PREFIX_SIGNS:
            return self._prefixed(index)
        if token.text not in _SIGNS or self.cursor.touches(index - 1) or not self.cursor.touches(index):
            return None
        if index and self.tokens[index - 1].kind == "numeral":
            return None  # `10 -20` is a range
        if token.text == "–" and self._is_paired(index):
            return None
        inner = self.read(index + 1)
        return replace(self._from(inner, index), sign=_SIGNS[token.text]) if inner else None

    def _is_paired(self, index: int) -> bool:
        """Whether a dash sets words apart together with another one, and is no minus."""
        near = (*self.tokens[max(0, index - _FARTHEST_DASH) : index], *self.tokens[index + 1 :][:_FARTHEST_DASH])
        return any(token.text in {"–", "—"} for token in near)

    def _prefixed(self, index: int) -> Quantity | None:
        """A number whose unit stands before it: `$5 million`, `EUR 12`, `ehuneko 12`, `%12`."""
        inside = index
        if self.tokens[index].folded == "us" and self.cursor.text_at(index + 1) == "$":
            inside += 1
        unit = units().get((self.tokens[inside].folded,))
        start = inside + 1
        if unit is None or start >= len(self.tokens) or start in self.taken:
            return None
        if self.tokens[inside].text == "%" and not self._is_percent_before(inside):
            return None
        if self.tokens[start].kind == "numeral":
            return self._numeral(index, start, unit)
        return self._words(start, first=index, unit=unit) if self.tokens[inside].kind == "word" else None

    def _is_percent_before(self, index: int) -> bool:
        """Whether a percent sign belongs to the number after it, as in Basque, and not to one before it."""
        after_number = index > 0 and self.tokens[index - 1].kind == "numeral"
        return not after_number and (self.cursor.touches(index) or self.language.code == "eu")

    def _numeral(self, first: int, index: int, unit: tuple[Unit, ...] = ()) -> Quantity | None:
        token = self.tokens[index]
        if self._is_label(index):
            return None
        if clock := read_clock(self.cursor, index):
            return clock
        if fraction := read_slashed(self.cursor, index):
            return fraction
        numerals = read_numeral(token.text)
        if not numerals:
            return None
        readings = tuple(Reading.of(value, step) for value, step in numerals)
        kind = "year" if _is_year(token.text) else "number"
        return self._finish(kind, first, index, readings, unit)

    def _words(self, index: int, *, first: int | None = None, unit: tuple[Unit, ...] = ()) -> Quantity | None:
        """A number in words, an ordinal, or a fraction."""
        token = self.tokens[index]
        if token.folded in self.language.halves or self.language.knows(token.folded, self.language.halves):
            return read_half(self.cursor, index)
        if spelled := read_number_words(self.tokens, index, self.language):
            part = read_parts(self.cursor, index, spelled.value, spelled.after)
            if part := part or self._compound_ordinal(index, spelled):
                return part
            readings = (Reading.of(spelled.value, spelled.step),)
            quantity = self._finish("number", index if first is None else first, spelled.after - 1, readings, unit)
            return replace(quantity, spelled=True) if quantity else None
        if token.folded in self.language.ones and (fraction := read_parts(self.cursor, index, Fraction(1), index + 1)):
            return fraction
        if roman := read_roman(token.text):
            return read_century_after_number(self.cursor, index, index, Fraction(roman))
        return self._ordinal(index, index, 0)

    def _compound_ordinal(self, first: int, tens: Spelled) -> Quantity | None:
        """`twenty-first`: the tens are a number word, the rest is an ordinal."""
        last = tens.after + (self.cursor.text_at(tens.after) in HYPHENS)
        if tens.value % 10 or not 20 <= tens.value <= 90 or (ordinal := self._ordinal(first, last, tens.value)) is None:
            return None
        return ordinal if ordinal.readings[0].value < tens.value + 10 else None

    def _ordinal(self, first: int, last: int, more: Fraction | int) -> Quantity | None:
        ordinal = self.language.find(self.cursor.folded_at(last), self.language.ordinals)
        if ordinal is None:
            return None
        value = Fraction(ordinal + more)
        if century := read_century_after_number(self.cursor, first, last, value):
            return century
        return replace(self.cursor.quantity("ordinal", first, last, (Reading.of(value, Fraction(1)),)), spelled=True)

    def _finish(
        self, kind: str, first: int, index: int, readings: tuple[Reading, ...], unit: tuple[Unit, ...]
    ) -> Quantity | None:
        """What follows the bare number: an ending, a multiplier, a unit, a century."""
        bare = self._suffix(_Bare(kind, index, readings), money=any(each.kind in CURRENCIES for each in unit))
        if bare is None:
            return None
        if century := read_century_after_number(self.cursor, first, bare.last, readings[0].value):
            return century
        factor, after, readings = read_multiplied(self.cursor, bare.last, bare.readings)
        scale = bare.scale * factor
        found, after = ((), after) if unit else read_unit(self.cursor, after, scaled=scale > 1, kind=bare.kind)
        if found or unit:
            readings = with_units(readings, found or unit)
        is_year = bare.kind == "year" and not found and not unit
        kind = "number" if scale > 1 or (bare.kind == "year" and not is_year) else bare.kind
        own = 1 if self.tokens[index].kind == "word" else scale
        return replace(self.cursor.quantity(kind, first, after - 1, readings), scale=own)

    def _suffix(self, bare: _Bare, *, money: bool) -> _Bare | None:
        """The number with what touches it; None when that makes it a name (`3D`)."""
        if self.tokens[bare.last].kind != "numeral" or not self.cursor.touches(bare.last):
            return bare
        following, after = self.tokens[bare.last + 1], self.tokens[bare.last + 2 : bare.last + 3]
        if following.kind == "word":
            return self._letters(bare, money=money)
        if following.text in _POWER_SIGNS and after and self._is_power(bare.last + 1):
            return None  # `10⁻⁶` and `10^6` are far from ten
        if after and self.cursor.touches(bare.last + 1):
            if following.text == "." and after[0].text in _ORDINAL_SIGNS:
                return bare._replace(kind="ordinal", last=bare.last + 2)
            if following.text in HYPHENS and after[0].folded in self.language.endings:
                return bare._replace(last=bare.last + 2)
        return bare

    def _is_power(self, sign: int) -> bool:
        after = self.tokens[sign + 1].text
        return self.cursor.touches(sign) and (after[0].isdigit() or after in HYPHENS)

    def _letters(self, bare: _Bare, *, money: bool) -> _Bare | None:
        """The number with a word that touches it: `3rd`, `5M`, `75kg`, `2019an`."""
        word = self.tokens[bare.last + 1]
        longer = bare._replace(last=bare.last + 1)
        if word.text in self.language.ordinal_suffixes and word.text not in self.language.abbreviations:
            return longer._replace(kind="ordinal")
        if scale := _MILLION if money and word.text == "m" else self.language.abbreviations.get(word.text):
            scaled = tuple(times(reading, scale) for reading in bare.readings)
            as_unit = with_units(bare.readings, units().get((word.folded,), ()))
            return longer._replace(kind="number", readings=scaled + as_unit, scale=scale)
        if word.text == "m" and self._counts_something(bare.last + 2):
            # `1.2m people`, or metres.
            metres = with_units(bare.readings, units().get(("m",), ()))
            return longer._replace(readings=(*metres, *(times(reading, _MILLION) for reading in bare.readings)))
        if word.text in _NOT_UNITS:
            return None
        if read_unit(self.cursor, bare.last + 1, scaled=False, kind="number")[0] or word.folded == "x":
            return bare
        return longer if word.text.islower() and word.folded in self.language.endings else None

    def _counts_something(self, index: int) -> bool:
        """Whether a word of some length stands there: what millions may count."""
        return len(self.cursor.folded_at(index)) > 3 and self.tokens[index].kind == "word"

    def _is_label(self, index: int) -> bool:
        """Whether a numeral is part of a name or a code: `COVID-19`, `B12`, `v2`, `ALIA-40B`."""
        if not index or not self.cursor.touches(index - 1):
            return False
        before = self.tokens[index - 1]
        if before.kind == "word":
            return before.folded not in _CURRENCY_CODES
        if before.text == "^":
            return True
        if before.text not in "-‐‑_./" or index < 2 or not self.cursor.touches(index - 2):
            return False
        word = self.tokens[index - 2]
        if before.text == "." and len(word.text) > _LONGEST_LABEL:
            return False  # `responsive.2` is a sentence that lost its space
        return word.kind == "word" and word.folded not in _PREFIXES and not _is_year(self.tokens[index].text)

    def _from(self, quantity: Quantity, first: int) -> Quantity:
        start = self.tokens[first].start
        return replace(quantity, text=self.cursor.text[start : quantity.end], start=start, first=first)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and _FIRST_YEAR <= int(text) < _LAST_YEAR
