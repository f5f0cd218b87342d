"""Facts: what a text states that can be checked, found once per text."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from .calendar import DateMention, find_dates
from .quantities import find_quantities
from .quantity import Quantity, Reading
from .tokens import Token, tokenize
from .vocabulary import Phrase, Vocabulary, longest_unit, units, vocabulary

_KEPT = 256
"""Texts whose facts are kept: a report's passages are cited again and again."""
_YEAR = Fraction(1)


@dataclass(frozen=True, slots=True)
class Facts:
    """The tokens, dates and quantities of a text, and its words, folded."""

    text: str
    language: Vocabulary
    tokens: tuple[Token, ...]
    dates: tuple[DateMention, ...]
    quantities: tuple[Quantity, ...]
    words: frozenset[str]

    def mentions(self, kind: str) -> bool:
        """Whether a unit of this kind stands anywhere in the text, as in the head of a table."""
        return kind in _unit_kinds(self.text, self.language.code)

    def years(self) -> list[Quantity]:
        """The years that stand alone, and those of its dates."""
        dated = [(date, year) for date in self.dates for year in {reading.year for reading in date.readings} - {0}]
        return [quantity for quantity in self.quantities if quantity.kind == "year"] + [
            Quantity(
                "year", str(year), date.start, date.end, date.first, date.last, (Reading.of(Fraction(year), _YEAR),)
            )
            for date, year in dated
        ]


@lru_cache(maxsize=_KEPT)
def find_facts(text: str, language: str) -> Facts:
    """The facts of a text in a language."""
    words = vocabulary(language)
    tokens = tuple(tokenize(text))
    dates = tuple(find_dates(text, tokens, words))
    taken = {index for date in dates for index in range(date.first, date.last + 1)}
    quantities = tuple(find_quantities(text, tokens, words, taken))
    return Facts(text, words, tokens, dates, quantities, frozenset(t.folded for t in tokens if t.kind == "word"))


@lru_cache(maxsize=_KEPT)
def _unit_kinds(text: str, language: str) -> frozenset[str]:
    tokens = find_facts(text, language).tokens
    found: set[str] = set()
    for size in range(1, longest_unit() + 1):
        for start in range(len(tokens) - size + 1):
            phrase: Phrase = tuple(token.folded for token in tokens[start : start + size])
            found.update(unit.kind for unit in units().get(phrase, ()))
    return frozenset(found)
