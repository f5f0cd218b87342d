"""Lists and tables as CommonMark and GitHub have them, in the layout that Python-Markdown reads them in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_LEVEL: Final = 4
# Below `1. ` people write two spaces as often as three.
_LEAST: Final = 2
_ITEM: Final = re.compile(r" *(?:[-*+]|\d{1,9}\.) {1,4}(?=\S)")
# Of numbered lists only those that begin with 1 may follow a line of text: `in\n2024. A year` is text.
_BEGINNING: Final = re.compile(r" {0,3}(?:[-*+]|1\.) +(?=\S)")
# An item of nothing is text.
_EMPTY: Final = re.compile(r" *(?:[-*+]|\d{1,9}\.) +")
_ROW: Final = re.compile(r" {0,3}\|")
_DELIMITERS: Final = re.compile(r" {0,3}\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?")
_FENCE: Final = re.compile(r" *(?:```|~~~)")


def lay_out(text: str) -> str:
    """Markdown with a blank line before each list and table that follows a line of text, and four spaces a level.

    Without these, Python-Markdown makes one paragraph of a list, and puts what belongs below an item beside it.
    """
    lines = text.split("\n")
    laid: list[str] = []
    # How far what belongs to each open item stands in, at least.
    levels: list[int] = []
    fenced = paragraphs = False
    for number, line in enumerate(lines):
        fenced ^= bool(_FENCE.match(line))
        if fenced or not line.strip():
            laid.append(line)
            continue
        indent = len(line) - len(line.lstrip(" "))
        follows = number > 0 and bool(lines[number - 1].strip())
        is_item = _is_item(line, indent, within=bool(levels), follows=follows)
        begins = _begins_table(lines, number) or (is_item and (paragraphs or not levels))
        if begins and follows:
            laid.append("")
        moved = line.rstrip(" ") if _EMPTY.fullmatch(line) else line
        # A line of text right below an item goes on with it, however it stands.
        if is_item or not follows:
            levels = [level for level in levels if level <= indent]
            paragraphs = bool(levels) and not is_item
            moved = " " * _LEVEL * len(levels) + moved[indent:] if levels or is_item else moved
        laid.append(moved)
        if is_item:
            levels.append(indent + _LEAST)
    return "\n".join(laid)


def _is_item(line: str, indent: int, *, within: bool, follows: bool) -> bool:
    """Whether a line begins an item: `within` a list, or a list, which may follow a line of text."""
    if within:
        return bool(_ITEM.match(line))
    return indent < _LEVEL and bool((_BEGINNING if follows else _ITEM).match(line))


def _begins_table(lines: Sequence[str], number: int) -> bool:
    """Whether a line is the head of a table: a row above delimiters."""
    below = lines[number + 1] if number + 1 < len(lines) else ""
    return bool(_ROW.match(lines[number]) and _DELIMITERS.fullmatch(below.rstrip()))
