"""PDF files: paragraphs and headings from lines on pages."""

from __future__ import annotations

import ctypes
import math
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from ...errors import DocumentError
from .content import Content, clean, sensible_title
from .lines import paragraphs
from .raised import LOWERED, RAISED, settle_raised

_PAGE_LIMIT: Final = 3_000
_HEADING_LENGTH: Final = 150
_HEADING_RATIO: Final = 1.12
_FIGURE: Final = re.compile(r"[\d\s.,'’]*")
_LONGEST_PAGE_NUMBER: Final = 5
_FIRST_YEAR: Final = 1800
_LAST_YEAR: Final = 2100
_DIGITS: Final = re.compile(r"\d+")
_SYMBOL: Final = re.compile(r"[^\w\s]{3,}|^[\W\d]*$")
# A character with the digits and signs behind it.
_MAY_BE_RAISED: Final = re.compile(r"[^\s\d−–-]?[\d−–-]+")
# Of the size of the character before.
_RAISED_SIZE: Final = 0.85
_RAISED_HEIGHT: Final = 0.12
# Lines of a table of contents: a title, dots, a page number.
_LEADER_DOTS: Final = re.compile(r"(?:[.…·]\s?){4,}\s*[\divxlc]*$")
_NUMBERED_HEADING: Final = re.compile(r"\n(?=\d+(?:\.\d+)*\.?\s)")
# PDFium joins a word that was parted at the end of a line, and puts one of these in the hyphen's place.
_LINE_END_HYPHEN: Final = "\ufffe"
_HYPHENS: Final = str.maketrans({"\x02": _LINE_END_HYPHEN})
_PARTED: Final = re.compile(rf"(?P<start>\w+){_LINE_END_HYPHEN}\s?(?P<end>\w*)")
# Letters that are set as one sign, and would hide the word from a search.
_LIGATURES: Final = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
# PDFium is one library with one global state: two threads in it crash the process.
_PDFIUM: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float


def read(data: bytes) -> Content:
    """A PDF: its text with headings told by their size, running heads and page numbers left out.

    Raises:
        DocumentError: it is encrypted, damaged, has no text or too many pages.
    """
    import pypdfium2  # noqa: PLC0415 - loads a native library

    with _PDFIUM:
        try:
            pdf = pypdfium2.PdfDocument(data)
            try:
                if len(pdf) > _PAGE_LIMIT:
                    raise DocumentError(f"it has {len(pdf)} pages")
                metadata = pdf.get_metadata_dict()
                pages = [_lines(page) for page in pdf]
            finally:
                pdf.close()
        except pypdfium2.PdfiumError as error:
            raise DocumentError(_reason(str(error))) from error
    pages = _without_running_lines(pages)
    if not any(pages):
        raise DocumentError("it holds no text (perhaps scanned pages)")
    text = _joined_words("\n\n".join(_blocks(pages)))
    title = text.partition("\n")[0].removeprefix("# ") if text.startswith("# ") else ""
    # No date: a PDF's own dates say when the file was made, which is not when it was published.
    return Content(text=clean(text), title=sensible_title(metadata.get("Title")) or sensible_title(title))


def _reason(message: str) -> str:
    return "it is encrypted" if "password" in message.lower() else "it is not a readable PDF"


def _lines(page: Any) -> list[_Line]:
    """The lines of a page with the size of their type in points."""
    text_page = page.get_textpage()
    text = text_page.get_text_range()
    lines, place = [], 0
    for raw in text.splitlines(keepends=True):
        first = len(raw) - len(raw.lstrip())
        shown = settle_raised(_with_raised(text_page, raw, place))
        line = unicodedata.normalize("NFC", clean(shown.translate(_HYPHENS)).translate(_LIGATURES))
        lines.append(_Line(line, _size(text_page, place + first) if line else 0.0))
        place += len(raw)
    text_page.close()
    page.close()
    return lines


def _with_raised(text_page: Any, line: str, place: int) -> str:
    """The line, its raised digits marked: they are smaller than the character before them, and stand higher."""
    pieces, done = [], 0
    for digits in _MAY_BE_RAISED.finditer(line):
        base = digits.start()
        for at in range(base + 1, digits.end()):
            if _is_raised(text_page, place + at, place + base, line[at]):
                pieces += [line[done:at], RAISED, line[at], LOWERED]
                done = at + 1
            else:
                base = at
    return "".join([*pieces, line[done:]]) if pieces else line


def _is_raised(text_page: Any, index: int, base: int, character: str) -> bool:
    from pypdfium2 import raw  # noqa: PLC0415

    size, base_size = _size(text_page, index), _size(text_page, base)
    if not size < _RAISED_SIZE * base_size or raw.FPDFText_GetUnicode(text_page.raw, index) != ord(character):
        return False
    return _height(text_page, index) - _height(text_page, base) > _RAISED_HEIGHT * base_size


def _height(text_page: Any, index: int) -> float:
    """Where the line of a character is on the page, in points from below."""
    from pypdfium2 import raw  # noqa: PLC0415

    across, height = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text_page.raw, index, across, height)
    return height.value


def _size(text_page: Any, index: int) -> float:
    """The size of one character: what its font says times how its line is scaled."""
    from pypdfium2 import raw  # noqa: PLC0415

    size: float = raw.FPDFText_GetFontSize(text_page.raw, index)
    matrix = raw.FS_MATRIX()
    scaled = raw.FPDFText_GetMatrix(text_page.raw, index, matrix)
    return round(size * (math.hypot(matrix.b, matrix.d) if scaled else 1.0), 1)


def _without_running_lines(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Without page numbers, and without what stands first or last on most pages."""

    def mask(line: _Line) -> str:
        # A line of figures alone is no running head: how often there is one says nothing about it.
        return "" if _FIGURE.fullmatch(line.text) else _DIGITS.sub("0", "".join(line.text.split()))

    pages = [[line for line in page if line.text and not _LEADER_DOTS.search(line.text)] for page in pages]
    edges = Counter(edge for page in pages for edge in {mask(line) for line in page[:2] + page[-2:]} - {""})
    often = max(2, 0.4 * len(pages)) if len(pages) > 2 else float("inf")
    page_offsets = _page_offsets(pages)

    def runs(page: list[_Line], place: int, number: int) -> bool:
        line = page[place]
        if place >= 2 and place < len(page) - 2:
            return False
        return edges[mask(line)] > often or (_is_number(line) and int(line.text) - number in page_offsets)

    kept = [
        [line for place, line in enumerate(page) if not runs(page, place, number)]
        for number, page in enumerate(pages, 1)
    ]
    return kept if any(kept) else pages


def _page_offsets(pages: list[list[_Line]]) -> set[int]:
    """How much more page numbers are than the places of their pages: none, or as much on several pages.

    A figure that stands alone is no page number, nor is a year, unless the years go on over most pages as pages do.
    """
    several = 2 if len(pages) < 10 else 3
    found = Counter(
        offset
        for number, page in enumerate(pages, 1)
        for offset in {int(line.text) - number for line in page[:2] + page[-2:] if _is_number(line)}
    )
    return {
        offset
        for offset, count in found.items()
        if offset == 0
        or (count > 0.5 * len(pages) and count > 2)
        or (count >= several and not _FIRST_YEAR <= offset <= _LAST_YEAR)
    }


def _is_number(line: _Line) -> bool:
    return line.text.isdecimal() and len(line.text) <= _LONGEST_PAGE_NUMBER


def _blocks(pages: list[list[_Line]]) -> Iterator[str]:
    lines = [line for page in pages for line in page]
    weights = Counter[float]()
    for line in lines:
        weights[line.size] += len(line.text)
    body = weights.most_common(1)[0][0]
    groups = [
        (size, [line.text for line in group])
        for size, group in groupby(lines, lambda line: line.size if _may_head(line, body) else 0.0)
    ]
    # What a file begins with is its title, whatever its size; below it, the larger the higher.
    sizes = sorted({size for size, _ in groups[1:] if size}, reverse=True)
    levels = {size: min(level, 4) for level, size in enumerate(sizes, 2)}
    for place, (size, texts) in enumerate(groups):
        if not size or len(" ".join(texts)) > _HEADING_LENGTH:
            yield from paragraphs(texts)
            continue
        for heading in _NUMBERED_HEADING.split("\n".join(texts)):
            yield f"{'#' * (levels[size] if place else 1)} {' '.join(heading.split())}"


def _joined_words(text: str) -> str:
    """Join words that were parted at the end of a line, with a hyphen only if the text writes it elsewhere too."""

    def join(match: re.Match[str]) -> str:
        hyphenated = f"{match['start']}-{match['end']}"
        return hyphenated if hyphenated in text else match["start"] + match["end"]

    return _PARTED.sub(join, text).replace(_LINE_END_HYPHEN, "")


def _may_head(line: _Line, body: float) -> bool:
    return line.size >= _HEADING_RATIO * body and len(line.text) <= _HEADING_LENGTH and not _SYMBOL.search(line.text)
