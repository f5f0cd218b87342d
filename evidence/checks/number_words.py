"""Number words: `twenty-three`, `dos mil veinticinco`, `dos-cents`, `hogeita hamabi`, `a dozen`, `millón y medio`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from .tokens import Token
from .vocabulary import Vocabulary

HYPHENS: Final = frozenset("-‐‑")


class Spelled(NamedTuple):
    """The value of number words, its step (see `Numeral`), and the index of the token after them."""

    value: Fraction
    step: Fraction
    after: int


def read_number_words(tokens: Sequence[Token], start: int, vocabulary: Vocabulary) -> Spelled | None:
    """The number that is spelled from this token on, if there is one."""
    words = _Words(tokens, vocabulary)
    index = start
    while index < len(tokens) and (after := words.read(index)):
        index = after
    if index == start or words.empty:
        return None
    value = words.closed + words.thousands + words.group
    return Spelled(Fraction(value), _step(value), index)


def read_multipliers(tokens: Sequence[Token], start: int, vocabulary: Vocabulary) -> tuple[int, int]:
    """What multiplies the number before this token (`million`, `mil millones`), and the index after it."""
    product, index = 1, start
    while index < len(tokens) and (factor := multiplier(tokens[index], vocabulary)):
        product, index = product * factor, index + 1
    return product, index


def multiplier(token: Token, vocabulary: Vocabulary) -> int | None:
    """What a word multiplies by: thousand, million, dozen."""
    if token.kind != "word":
        return None
    if vocabulary.knows(token.folded, vocabulary.thousand):
        return 1000
    if token.folded in vocabulary.hundred:
        return 100
    return vocabulary.find(token.folded, vocabulary.scales)


class _Words:
    """A number as it grows word by word: closed scales, thousands, and what is below a thousand."""

    def __init__(self, tokens: Sequence[Token], vocabulary: Vocabulary) -> None:
        self.tokens = tokens
        self.vocabulary = vocabulary
        self.closed = self.thousands = self.group = 0
        self.last = 0
        self.empty = True

    def read(self, index: int) -> int:
        """Take the word at `index` in; the index after it, or 0 when the number ends before it."""
        if not self.empty and self.tokens[index].text in HYPHENS and self._touches(index):
            index += 1
        if index >= len(self.tokens) or self.tokens[index].kind != "word":
            return 0
        word = self.tokens[index].folded
        value = self.vocabulary.find(word, self.vocabulary.counting)
        if value is not None and self._adds(value):
            self._add(value)
            return index + 1
        if word in self.vocabulary.joints and self._joins(index):
            return index + 1
        if self.empty and word in self.vocabulary.ones and value is None:
            return self._article(index)
        return self._multiply(index) if value is None else 0

    def _add(self, value: int) -> None:
        self.group += value
        self.last = value
        self.empty = False

    def _adds(self, value: int) -> bool:
        """Whether a value fits below what is there: `twenty` + `three`, never `two` + `three`."""
        if self.empty:
            return True
        if value == 0:
            return False
        if value >= 100 or self.group == 0:
            return self.group == 0
        below = self.group % 100
        if value < 10:
            return below == 0 or (below >= 20 and below % 10 == 0)
        return below == 0 or (self.vocabulary.vigesimal and value < 20 and below % 20 == 0)

    def _joins(self, index: int) -> bool:
        """Whether this "and" stands inside the number."""
        first, last = self.vocabulary.joints[self.tokens[index].folded]
        if not first <= self.last <= last or self.empty:
            return False
        following = self._word(index + 2 if self._word(index + 1) in HYPHENS else index + 1)
        value = self.vocabulary.find(following, self.vocabulary.counting)
        return value is not None and value < self.last and self._adds(value)

    def _article(self, index: int) -> int:
        """`a hundred`: the article is a one when what multiplies follows."""
        if index + 1 >= len(self.tokens) or not multiplier(self.tokens[index + 1], self.vocabulary):
            return 0
        self._add(1)
        return index + 1

    def _multiply(self, index: int) -> int:
        factor = multiplier(self.tokens[index], self.vocabulary)
        if factor is None:
            return 0
        if self.empty:
            if self._word(index + 1) in self.vocabulary.one_after and factor != 1000:
                self._close(factor, 1)
                return index + 2
            if self.tokens[index].folded not in self.vocabulary.bare:
                return 0
        if factor == 100:
            if not 1 <= self.group <= 9:
                return 0
            self.group *= 100
        elif factor == 1000:
            if self.thousands:
                return 0
            self.thousands, self.group = (self.group or 1) * 1000, 0
        else:
            self._close(factor, self.thousands + self.group)
        self.last, self.empty = factor, False
        return index + 1

    def _close(self, factor: int, count: int) -> None:
        self.closed += factor * count
        self.thousands = self.group = 0
        self.last, self.empty = factor, False

    def _word(self, index: int) -> str:
        return self.tokens[index].folded if index < len(self.tokens) else ""

    def _touches(self, index: int) -> bool:
        """Whether a hyphen has no space on either side."""
        if index + 1 >= len(self.tokens):
            return False
        before, hyphen, after = self.tokens[index - 1 : index + 2]
        return before.end == hyphen.start and hyphen.end == after.start


def _step(value: int) -> Fraction:
    step = 1
    while value and value % (step * 10) == 0:
        step *= 10
    return Fraction(step)
