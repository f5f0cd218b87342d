"""Cursor: a text and its tokens, as those who read quantities look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .number_words import multiplier
from .quantity import Quantity, Reading
from .tokens import Token
from .vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Cursor:
    """The tokens of a text. Beyond its ends there is nothing: "" and False."""

    text: str
    tokens: Sequence[Token]
    language: Vocabulary

    def text_at(self, index: int) -> str:
        """The token's text."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def folded_at(self, index: int) -> str:
        """The token without case and accents."""
        return self.tokens[index].folded if 0 <= index < len(self.tokens) else ""

    def touches(self, index: int) -> bool:
        """Whether nothing parts this token from the next."""
        return 0 <= index < len(self.tokens) - 1 and self.tokens[index].end == self.tokens[index + 1].start

    def multiplier(self, index: int) -> int | None:
        """What the word at this token multiplies by."""
        return multiplier(self.tokens[index], self.language) if index < len(self.tokens) else None

    def quantity(self, kind: str, first: int, last: int, readings: tuple[Reading, ...]) -> Quantity:
        """The quantity that takes these tokens."""
        start, end = self.tokens[first].start, self.tokens[last].end
        return Quantity(kind, self.text[start:end], start, end, first, last, readings)
