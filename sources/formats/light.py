"""Light Markdown while it is being put together: what every reader of a form writes to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .content import clean
from .tables import pipe_table

_ITEM: Final = re.compile(r"(?:- |\d{1,9}[.)] )")
_LOOKS_LIKE_HEADING: Final = re.compile(r"(?m)^\s*#{1,6}[ ]+")


class LightMarkdown:
    """Blocks in reading order; `text` is the whole. Empty blocks are left out."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._marker = ""

    @property
    def text(self) -> str:
        """All blocks, parted by blank lines, cleaned."""
        return clean("\n\n".join(self._blocks))

    def heading(self, level: int, title: str) -> None:
        """A heading of level 1 to 6."""
        if title := " ".join(title.split()).strip(" #¶"):
            self._blocks.append(f"{'#' * min(max(level, 1), 6)} {title}")

    def paragraph(self, text: str) -> None:
        """A paragraph, or the first one of the list item that was begun. A comment line of code is no heading."""
        text = _LOOKS_LIKE_HEADING.sub("", text).strip()
        if not text:
            return
        marker, self._marker = self._marker, ""
        if marker and self._blocks and _ITEM.match(self._blocks[-1].rpartition("\n")[2]):
            self._blocks[-1] += f"\n{marker}{text}"
        else:
            self._blocks.append(marker + text)

    def begin_item(self, marker: str = "- ") -> None:
        """The next paragraph is a list item."""
        self._marker = marker

    def end_item(self) -> None:
        """The list item is over, whether it had text or not."""
        self._marker = ""

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """A table; the first row is its header."""
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        if rows:
            width = max(map(len, rows))
            self._blocks.append(pipe_table([*rows[0], *[""] * (width - len(rows[0]))], rows[1:]))
