"""Tables as pipe tables, cut so that each block carries its header."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

# A little under the length of a passage: a block becomes one passage, so a row is never read without its header.
_BLOCK_LENGTH: Final = 650


def pipe_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A pipe table; a long one becomes several, each with the header. A row too long for a table becomes a list."""
    head = _line(header) + "\n" + "|" + "---|" * len(header)
    blocks: list[str] = []
    lines: list[str] = []
    length = len(head)

    def close() -> None:
        nonlocal length
        if lines:
            blocks.append("\n".join([head, *lines]))
        lines.clear()
        length = len(head)

    for row in rows:
        cells = [*row, *[""] * (len(header) - len(row))]
        line = _line(cells)
        if len(head) + len(line) > 2 * _BLOCK_LENGTH:
            close()
            blocks.append(_as_list(header, cells))
            continue
        if lines and length + len(line) > _BLOCK_LENGTH:
            close()
        lines.append(line)
        length += len(line) + 1
    close()
    return "\n\n".join(blocks) if blocks else head


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _as_list(header: Sequence[str], cells: Sequence[str]) -> str:
    named = zip([*header, *[""] * (len(cells) - len(header))], cells, strict=False)
    return "\n".join(f"- {name}: {' '.join(cell.split())}" if name else f"- {cell}" for name, cell in named if cell)
