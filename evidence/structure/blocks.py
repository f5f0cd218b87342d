"""Blocks: the paragraphs, list items, table rows and headings of a masked text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PSEUDO_LEVEL: Final = 7
"""The level of a line in bold type that stands for a heading: below all real ones."""

_LONGEST_TITLE: Final = 100

_LINE = re.compile(r"[^\n]*\n?")
_HEADING = re.compile(r"[ \t]{0,3}(?P<signs>#{1,6})(?:[ \t]+|$)")
_ITEM = re.compile(r"[ \t]*(?:[-*+•‣◦–][ \t]+|\d{1,3}(?:[.)][ \t]+|[、．][ \t]*))")
_BOLD_LINE = re.compile(r"[ \t]*(?:\*\*|__)[^*_\n]+(?:\*\*|__)[ \t]*[:：]?[ \t]*")
_STATEMENT_END: Final = (".", "。", "!", "！", ";", "；", "]", "】", ")", "）")


@dataclass(frozen=True, slots=True)
class Block:
    """Where the words of a block stand.

    `kind` is paragraph, item, head (a table's first row), row or heading. `indent` is how far its mark-up is set in;
    `level` counts for headings, 1 to `PSEUDO_LEVEL`.
    """

    kind: str
    start: int
    end: int
    indent: int = 0
    level: int = 0


def blocks(text: str) -> list[Block]:
    """The blocks of a masked text in order. A hard line break ends one, as a blank line does."""
    return [_as_heading(text, block) for block in _raw_blocks(text)]


def _raw_blocks(text: str) -> Iterator[Block]:
    lines = [match for match in _LINE.finditer(text) if match[0]]
    current: Block | None = None
    open_ended = False
    for index, match in enumerate(lines):
        line = match[0].rstrip()
        following = lines[index + 1][0] if index + 1 < len(lines) else ""
        kind = _kind(line, current.kind if current else "", following)
        end = match.start() + len(line)
        if kind == "paragraph" and open_ended and current:
            current = Block(current.kind, current.start, end, current.indent)
        elif kind == "underline" and current:
            current = Block("heading", current.start, current.end, level=1 if "=" in line else 2)
        else:
            if current:
                yield current
            current = _begin(match, line, kind)
        open_ended = kind in {"paragraph", "item"} and not match[0].rstrip("\n").endswith(("  ", "\\"))
    if current:
        yield current


def _begin(match: re.Match[str], line: str, kind: str) -> Block | None:
    if kind in {"", "rule", "underline"}:
        return None
    lead, level = len(line) - len(line.lstrip()), 0
    if kind == "item" and (item := _ITEM.match(line)):
        return Block(kind, match.start() + item.end(), match.start() + len(line), lead)
    if kind == "heading" and (heading := _HEADING.match(line)):
        lead, level = heading.end(), len(heading["signs"])
    return Block(kind, match.start() + lead, match.start() + len(line), lead, level)


def _kind(line: str, current: str, following: str) -> str:
    """What a line is, given the kind of the block before it and the line after it."""
    stripped = line.strip()
    if not stripped:
        return ""
    if _HEADING.match(line):
        return "heading"
    signs = set(stripped)
    if len(stripped) > 1 and signs in ({"="}, {"-"}) and current == "paragraph":
        return "underline"
    if is_table_rule(stripped) or (len(stripped) > 2 and signs - {" "} in ({"-"}, {"*"}, {"_"}, {"="})):
        return "rule"
    if "|" in line and (stripped[0] == "|" or current in {"row", "head"} or is_table_rule(following.strip())):
        return "head" if is_table_rule(following.strip()) else "row"
    return "item" if _ITEM.match(line) else "paragraph"


def is_table_rule(stripped: str) -> bool:
    """Whether a line is what stands between a table's head and its rows."""
    return "-" in stripped and "|" in stripped and set(stripped) <= set("|:- \t")


def _as_heading(text: str, block: Block) -> Block:
    """A line of its own in bold type is a heading."""
    if block.kind != "paragraph" or block.end - block.start > _LONGEST_TITLE:
        return block
    line = text[block.start : block.end]
    if _BOLD_LINE.fullmatch(line) and not line.rstrip("*_ ").endswith(_STATEMENT_END):
        return Block("heading", block.start, block.end, block.indent, PSEUDO_LEVEL)
    return block
