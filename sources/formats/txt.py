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
# The other bytes of a text that is taken for UTF-8 all the same: one in this many of its longer characters.
_DAMAGED: Final = 4
# Browsers read all of these as Windows-1252: hardly anybody who declares them means that quotes are controls.
_WESTERN: Final = frozenset({"", "ascii", "iso8859-1", "cp1252"})
_UNDEFINED: Final = b"\x81\x8d\x8f\x90\x9d"
_ASCII: Final = bytes(range(128))
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

    UTF-8 in which a few bytes are broken is read as UTF-8, with a sign in the place of each.

    Raises:
        DocumentError: the bytes are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[:_BYTE_LIMIT].decode(encoding, "replace")
    data = _first_part(data)
    if b"\0" in data:
        raise DocumentError("it is not text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _damaged(data) or _of_one_byte(data, declared)


def _damaged(data: bytes) -> str:
    """UTF-8 in which a few bytes are broken, with a sign for each; "" when it is something else."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(text) - broken - (len(data) - len(data.translate(None, _ASCII)))
    return text if broken * _DAMAGED <= whole else ""


def _of_one_byte(data: bytes, declared: str) -> str:
    """Text as declared, else as Windows-1252, without the five bytes that say nothing there."""
    try:
        if _encoding_name(declared) not in _WESTERN:
            return data.decode(declared)
    except (UnicodeError, LookupError):
        pass
    return data.translate(None, _UNDEFINED).decode("cp1252")


def _encoding_name(declared: str) -> str:
    return codecs.lookup(declared).name if declared else ""


def _first_part(data: bytes) -> bytes:
    """As much as is read, not cut within a character of UTF-8."""
    if len(data) <= _BYTE_LIMIT:
        return data
    end = next((end for end in range(_BYTE_LIMIT, _BYTE_LIMIT - 4, -1) if data[end] & 0xC0 != 0x80), _BYTE_LIMIT)
    return data[:end]
