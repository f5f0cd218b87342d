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
    """Text from bytes: by its byte-order mark, else as UTF-8, else as declared, else as Windows-1252.

    Raises:
        DocumentError: the bytes are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" in data:
        raise DocumentError("it is not text")
    for encoding in ("utf-8", declared, "cp1252"):
        try:
            if encoding:
                return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")
