"""Paragraphs from lines that were broken to fit a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_BULLET: Final = re.compile(r"[•▪◦‣●○■□·*–—-]\s+(?=\S)")
_NUMBERED: Final = re.compile(r"\(?(?:\d{1,3}|[a-z])[.)]\s+(?=\S)")
_SENTENCE_END: Final = re.compile(r"[.!?…:;][\"'»”’)\]]*$")
# A line that stops short of this share of the width does so because its paragraph is over.
_SHORT: Final = 0.8


def paragraphs(lines: Sequence[str]) -> list[str]:
    """Join the lines of each paragraph with spaces; a list item becomes `- item`.

    A paragraph ends at an empty line, before a list item, and where a line stops clearly short of the width of its
    neighbours behind a full stop.
    """
    width = _width(lines)
    found: list[str] = []
    current: list[str] = []

    def close() -> None:
        if current:
            found.append(" ".join(current))
        current.clear()

    for line in map(str.strip, lines):
        if not line or _BULLET.match(line) or _NUMBERED.match(line):
            close()
        if line:
            current.append(_BULLET.sub("- ", line, count=1) if _BULLET.match(line) else line)
        if len(line) < _SHORT * width and _SENTENCE_END.search(line):
            close()
    close()
    return found


def _width(lines: Sequence[str]) -> int:
    """How long a full line is: the length that nine in ten lines do not pass."""
    lengths = sorted(len(line.strip()) for line in lines if line.strip())
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
