"""Plain text: its encoding, and headings that are underlined."""

from __future__ import annotations

import codecs
import re
from typing import Final

from ...errors import DocumentError
from .content import Content, clean, sensible_title

_MARKS: Final = (
    # The longer mark first: that of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# More than any document keeps; a longer file would fill the memory before it is cut.
_BYTE_LIMIT: Final = 16 * 1024 * 1024
_UNDERLINED: Final = re.compile(r"(?m)^(?P<title>\S[^\n]{0,118})\n(?P<line>=|-|~|\^|\*)(?P=line){2,}[ ]*$")
_LEVELS: Final = {"=": "#", "-": "##"}


def read(data: bytes) -> Content:
    """A text file. Titles underlined with `====` or `----` become headings; one that begins the text is its title."""
    text = clean(_UNDERLINED.sub(_heading, clean(decode(data))))
    first, _, _ = text.partition("\n")
    return Content(text, title=sensible_title(first.removeprefix("# ")) if first.startswith("# ") else "")


def _heading(underlined: re.Match[str]) -> str:
    return f"\n{_LEVELS.get(underlined['line'], '###')} {underlined['title'].strip()}\n"


def decode(data: bytes, declared: str = "") -> str:
    """Text from bytes: by its byte-order mark, else as UTF-8, else as declared, else as Windows-1252; 16 MB are read.

    Raises:
        DocumentError: the bytes are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[:_BYTE_LIMIT].decode(encoding, "replace")
    data = _first_part(data)
    if b"\0" in data:
        raise DocumentError("it is not text")
    for encoding in ("utf-8", declared, "cp1252"):
        try:
            if encoding:
                return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _first_part(data: bytes) -> bytes:
    """As much as is read, not cut within a character of UTF-8."""
    if len(data) <= _BYTE_LIMIT:
        return data
    end = next((end for end in range(_BYTE_LIMIT, _BYTE_LIMIT - 4, -1) if data[end] & 0xC0 != 0x80), _BYTE_LIMIT)
    return data[:end]
