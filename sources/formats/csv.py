"""Tables of comma-separated values."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from ...errors import DocumentError
from .content import Content, clean
from .tables import pipe_table
from .txt import decode

_SAMPLE_LENGTH: Final = 16_384
_DELIMITERS: Final = ",;\t|"
_ROW_LIMIT: Final = 3_000
# The first line that Excel writes and reads: it is no row.
_NAMED_DELIMITER: Final = re.compile(r"(?i)\A\s*\"?sep=(?P<delimiter>[,;|:\t])\"?[ ]*(?:\n|\Z)")


def read(data: bytes) -> Content:
    """A pipe table. The first row with text is the header; after 3,000 rows an ellipsis says that there is more.

    Raises:
        DocumentError: the rows cannot be told apart.
    """
    text = clean_rows(decode(data))
    named = _NAMED_DELIMITER.match(text)
    rows = _rows(text[named.end() :], named["delimiter"]) if named else _rows(text, _delimiter(text[:_SAMPLE_LENGTH]))
    try:
        header = next(rows, [])
        body = list(islice(rows, _ROW_LIMIT))
        if next(rows, None) is not None:
            body.append(["…"] * len(header))
    except csv.Error as error:
        raise DocumentError(f"its rows cannot be read ({error})") from error
    if not header:
        return Content("")
    width = max(map(len, [header, *body]))
    return Content(pipe_table([*header, *[""] * (width - len(header))], body))


def clean_rows(text: str) -> str:
    """Cleaned line by line: the tabs and empty cells of a row mean something."""
    return "\n".join("\t".join(clean(cell) for cell in line.split("\t")) for line in text.splitlines())


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield cells


def _delimiter(sample: str) -> str:
    """The delimiter under which most rows have the same number of cells, and more than one.

    csv.Sniffer is not used: it takes letters and quotation marks for delimiters in short or prose-like tables.
    """

    def agreement(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row)
        if not widths:
            return 0.0, 0
        width, rows = widths.most_common(1)[0]
        return (rows / widths.total(), width) if width > 1 else (0.0, 0)

    return max(_DELIMITERS, key=agreement)
