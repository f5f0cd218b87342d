"""From a file to a document: a pure function of the path, so that it can move into a limited process of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ..errors import DocumentError
from ..evidence.documents import Document, make_document
from ..evidence.languages import detect_language
from .formats import KINDS, Content, read_content
from .formats.content import cut_at_paragraph

# Raised whenever the same file would give a different text: stored texts of an older version are read again.
PARSER_VERSION: Final = 2
SIZE_LIMIT: Final = 50 * 1024 * 1024
TEXT_LIMIT: Final = 5_000_000
_LANGUAGE_SAMPLE: Final = 2_500
_LETTERS: Final = re.compile(r"[^\W\d_]")
_HEADING_LINES: Final = re.compile(r"(?m)^#{1,6} .*$")


def load_document(path: Path, *, url: str, retrieved_at: str) -> Document:
    """Read one file. `url` is its path as the user gave it.

    Raises:
        DocumentError: it cannot be read, has an unknown type, is too large, encrypted, damaged or empty.
    """
    return parse_document(read_file(path), path=path, url=url, retrieved_at=retrieved_at)


def read_file(path: Path) -> bytes:
    """The bytes of a regular file of a bearable size.

    Raises:
        DocumentError: there is no such file, it may not be read, or it is too large.
    """
    try:
        if not path.is_file():
            raise DocumentError("it is not a file")
        size = path.stat().st_size
        if size > SIZE_LIMIT:
            raise DocumentError(f"it is larger than {SIZE_LIMIT // 1_048_576} MB ({size // 1_048_576} MB)")
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(error.strerror or "it cannot be read") from error


def parse_document(data: bytes, *, path: Path, url: str, retrieved_at: str) -> Document:
    """The document in the bytes of a file; `path` gives its type and, if need be, its title.

    Raises:
        DocumentError: unknown type, encrypted, damaged or empty.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise DocumentError(f"files of the type {path.suffix or '(none)'} are not read")
    if not data.strip():
        raise DocumentError("it is empty")
    content = read_content(kind, data)
    text = cut_at_paragraph(content.text, TEXT_LIMIT)
    if not _LETTERS.search(_HEADING_LINES.sub("", text)):
        raise DocumentError("it holds no text")
    return make_document(
        url=url,
        title=content.title or _title_from_name(path),
        source="documents",
        kind=kind,
        text=text,
        retrieved_at=retrieved_at,
        language=_language(content),
        published=content.published,
    )


def _language(content: Content) -> str:
    """What the words say; what the file says of itself when they do not tell."""
    declared = re.match(r"[A-Za-z]{2,3}", content.language)
    return detect_language(content.text[:_LANGUAGE_SAMPLE], default=declared[0].lower() if declared else "")


def _title_from_name(path: Path) -> str:
    words = " ".join(re.split(r"[\s_-]+", path.stem)).strip()
    return words[:1].upper() + words[1:]
