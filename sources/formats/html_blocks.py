"""The elements of a page as light Markdown."""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree

from .light import LightMarkdown
from .mathml import formula, is_formula
from .notes import leads_to_note
from .raised import FRACTION_STROKE, LOWERED, RAISED, settle_raised

_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_INLINE: Final = frozenset(
    {
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "math",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    }
)
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_STRUCK: Final = frozenset({"del", "s", "strike"})
_STRUCK_STYLE: Final = re.compile(r"(?i)text-decoration[a-z-]*\s*:[^;]*line-through")
_BREAK: Final = "\0"
_OPENINGS: Final = {"q": "“", "sup": RAISED}
_CLOSINGS: Final = {"q": "”", "sup": LOWERED}
_CELL_LIMIT: Final = 400


def light_markdown(root: Any) -> str:
    """The text under an element, in reading order. Works on trees of any depth."""
    return _Page(root).light.text


class _Page:
    def __init__(self, root: Any) -> None:
        self.light = LightMarkdown()
        self._inline: list[str] = []
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                if self._take_whole(element):
                    walk.skip_subtree()
                else:
                    self._start(element)
            else:
                self._end(element)
                if element is not root:
                    self._inline.append(_tail(element))
        self._flush()

    def _take_whole(self, element: Any) -> bool:
        """What is read as one piece: preformatted text, a table of data, a formula; also what is left out."""
        if element.tag == "pre":
            self._flush()
            self.light.paragraph(settle_raised(_shown_text(element)))
        elif element.tag == "table" and (rows := _data_rows(element)):
            self._flush()
            self.light.paragraph(" ".join(line_text(caption) for caption in element.findall("caption")))
            self.light.table(rows)
        elif (piece := _piece(element)) is not None:
            self._inline.append(piece)
        else:
            return False
        return True

    def _start(self, element: Any) -> None:
        if element.tag == "br":
            self._inline.append(_BREAK)
        elif element.tag not in _INLINE:
            self._flush()
            if element.tag == "li":
                self.light.begin_item()
        self._inline.append(_opening(element))

    def _end(self, element: Any) -> None:
        self._inline.append(_CLOSINGS.get(element.tag, ""))
        if element.tag in _HEADINGS:
            self.light.heading(_HEADINGS[element.tag], self._taken().replace(_BREAK, " "))
        elif element.tag not in _INLINE and element.tag != "br":
            self._flush()
            if element.tag == "li":
                self.light.end_item()

    def _flush(self) -> None:
        # Two line breaks in a row are how older pages part paragraphs.
        for paragraph in self._taken().split(_BREAK + _BREAK):
            self.light.paragraph("\n".join(line.strip() for line in paragraph.split(_BREAK)))

    def _taken(self) -> str:
        text = _SPACE.sub(" ", settle_raised("".join(self._inline))).replace(f"{_BREAK} {_BREAK}", _BREAK + _BREAK)
        self._inline.clear()
        return text.strip()


def _opening(element: Any) -> str:
    return _OPENINGS.get(element.tag, "") + (element.text or "")


def _tail(element: Any) -> str:
    """What follows an element; between a raised and a lowered number it is the stroke of a fraction."""
    tail: str = element.tail or ""
    following = element.getnext()
    is_fraction = element.tag == "sup" and tail.strip() in {"/", "⁄"} and following is not None
    return FRACTION_STROKE if is_fraction and following.tag == "sub" else tail


def _data_rows(table: Any) -> list[list[str]]:
    """The cells of a table of data; nothing for a table that only lays out the page."""
    if table.find(".//table") is not None:
        return []
    rows: list[list[str]] = []
    spans: dict[int, tuple[int, str]] = {}
    for row in _rows_as_shown(table):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            _carry_down(cells, spans)
            text = line_text(cell)
            if len(text) > _CELL_LIMIT or len(cell.findall(".//p")) > 1:
                return []
            _place(cells, spans, cell, text)
        _carry_down(cells, spans)
        rows.append(cells)
    # A column without any text held icons or space: the "table" is a note with a picture.
    used = [
        column
        for column in range(max(map(len, rows), default=0))
        if any(column < len(row) and row[column] for row in rows)
    ]
    rows = [[row[column] if column < len(row) else "" for column in used] for row in rows if any(row)]
    return rows if len(rows) > 1 and len(used) > 1 else []


def _rows_as_shown(table: Any) -> list[Any]:
    """The rows with the head first and the foot last, wherever the page has them."""
    head, foot = table.find("thead"), table.find("tfoot")

    def group(row: Any) -> int:
        above = row.getparent()
        return 0 if above is head else 2 if above is foot else 1

    return sorted(table.iter("tr"), key=group)


def line_text(cell: Any) -> str:
    """The text of a cell, caption or title on one line, with spaces where blocks and lines meet and nowhere else."""
    return _SPACE.sub(" ", settle_raised(_shown_text(cell, " "))).strip()


def _shown_text(top: Any, border: str = "") -> str:
    """The text of an element as it stands, with its raised text marked, and what parts its blocks."""
    parts: list[str] = []
    walk = etree.iterwalk(top, events=("start", "end"))
    for event, element in walk:
        parts.append("" if element.tag in _INLINE else border)
        if event == "end":
            parts.append(_CLOSINGS.get(element.tag, "") + ("" if element is top else _tail(element)))
        elif (piece := _piece(element)) is not None:
            parts.append(piece)
            walk.skip_subtree()
        else:
            parts.append(_opening(element))
    return "".join(parts)


def _piece(element: Any) -> str | None:
    """The text of what is read as one piece: a formula; nothing for what is struck out, and for the mark of a note."""
    style = element.get("style")
    is_struck = element.tag in _STRUCK or (style and _STRUCK_STYLE.search(style))
    if is_struck or leads_to_note(element):
        return ""
    return formula(element) if is_formula(element) else None


def _carry_down(cells: list[str], spans: dict[int, tuple[int, str]]) -> None:
    """Repeat the cells of earlier rows that reach down to here, so that figures stay under their headers."""
    while (column := len(cells)) in spans:
        left, text = spans.pop(column)
        cells.append(text)
        if left > 1:
            spans[column] = (left - 1, text)


def _place(cells: list[str], spans: dict[int, tuple[int, str]], cell: Any, text: str) -> None:
    for offset in range(_span(cell, "colspan")):
        column = len(cells)
        value = "" if offset else text
        cells.append(value)
        if (reach := _span(cell, "rowspan")) > 1:
            spans[column] = (reach - 1, value)


def _span(cell: Any, name: str) -> int:
    value = cell.get(name) or "1"
    return min(int(value), 50) if value.isdecimal() and int(value) > 0 else 1
