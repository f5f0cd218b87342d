"""Tables: what a data file shows that bears on a facet, as a small Markdown table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from ...evidence.passages import Excerpt
from ...evidence.words import terms

MAXIMUM_ROWS: Final = 6
MAXIMUM_COLUMNS: Final = 5
_MINIMUM_ROWS: Final = 2
_LONGEST_CELL: Final = 60

_BETWEEN: Final = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s|:-]+")


def is_table(excerpt: Excerpt) -> bool:
    """Whether a passage is nothing but rows of a pipe table."""
    lines = [line for line in excerpt.text.splitlines() if line.strip()]
    return bool(lines) and all(line.lstrip().startswith("|") for line in lines)


def count_rows(excerpt: Excerpt) -> int:
    """How many lines a table passage has."""
    return len(excerpt.text.splitlines())


def small_table(excerpt: Excerpt, weights: Mapping[str, float], language: str) -> str:
    """The rows of a table passage that say most about the weighted terms, cited; "" when it does not make a table."""
    header = _header(excerpt)
    rows = [cells for line in excerpt.text.splitlines() if (cells := _cells(line)) and cells != header]
    rows = [cells for cells in rows if len(cells) == len(header) and any(cells)]
    if not 2 <= len(header) <= MAXIMUM_COLUMNS or len(rows) < _MINIMUM_ROWS:
        return ""
    if any(len(cell) > _LONGEST_CELL for cells in [header, *rows] for cell in cells):
        return ""
    kept = _most_telling(rows, weights, language)
    lines = [header, ["---"] * len(header), *kept]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + f"\n\n[{excerpt.key}]"


def _most_telling(rows: Sequence[list[str]], weights: Mapping[str, float], language: str) -> list[list[str]]:
    """At most as many rows as fit, those with the most weight, in their own order."""
    worth = [sum(weights.get(term, 0.0) for term in set(terms(" ".join(cells), language))) for cells in rows]
    best = sorted(range(len(rows)), key=lambda index: (-worth[index], index))[:MAXIMUM_ROWS]
    return [rows[index] for index in sorted(best)]


def _header(excerpt: Excerpt) -> list[str]:
    """The first row of the table that the passage is cut from."""
    start = excerpt.document.text.rfind("\n\n", 0, excerpt.passage.start) + 1
    for line in excerpt.document.text[start : excerpt.passage.end].splitlines():
        if cells := _cells(line):
            return cells
    return []


def _cells(line: str) -> list[str]:
    """The cells of a row; none for the rule under the header and for lines that are no row."""
    if not line.strip().startswith("|") or _RULE.fullmatch(line):
        return []
    return [cell.strip() for cell in _BETWEEN.split(line.strip().removeprefix("|").removesuffix("|"))]
