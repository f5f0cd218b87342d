"""Tokens: the numerals, words and signs of a text, each with its place."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ..words import fold

# Words first: most tokens are words. Three groups of digits parted by white space or apostrophes are one numeral:
# `1 234 567`, `1’234`; so is `.5`.
_TOKEN: Final = re.compile(
    r"(?P<word>[^\W\d_]+(?:·[^\W\d_]+)*)"
    r"|(?P<numeral>(?<![\w.])\.\d+(?![.\d])|\d{1,3}(?:[ \u00a0\u202f\u2009'’]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
    r"|(?P<sign>[^\s\w*`]|_)"  # the marks of emphasis say nothing
)
# Digits that state nothing: addresses, and the footnote marks and editing links of pages.
_SILENT: Final = re.compile(
    # With bounds for the parts of an address of mail: else a text of `x@x@x@` takes the third power of its length.
    r"https?://\S+|www\.\S+|[^\s@]{1,64}@[^\s@]{1,255}\.\w+|\[(?:\d{1,3}|[a-z]|edit|note \d+)\]",
    re.IGNORECASE,
)


class Token(NamedTuple):
    """A numeral, a word (letters only) or one sign. `folded` is its text without case and accents."""

    kind: str
    text: str
    folded: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """The tokens of a text in order, without those of addresses and footnote marks."""
    if "[" in text or "@" in text or "www." in text or "://" in text:
        text = _SILENT.sub(lambda match: " " * len(match[0]), text)
    # Folding changes no length here: once for all tokens is much quicker.
    folded = fold(text) if text.isascii() else ""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        token = text[start:end]
        # A named tuple's own constructor takes longer, and there are tens of thousands of tokens in a run.
        values = (match.lastgroup or "", token, folded[start:end] or fold(token), start, end)
        found.append(tuple.__new__(Token, values))
    return found
