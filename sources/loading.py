"""From a file to a document. What is in it is parsed in a process of its own (`parser`)."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from ..errors import DocumentError
from ..evidence.documents import Document, make_document
from ..evidence.languages import detect_language
from .folders import printable_path
from .formats import KINDS, Content, read_content
from .formats.content import cut_at_paragraph, one_line

# Raised whenever the same file would give a different text: stored texts of an older version are read again.
PARSER_VERSION: Final = 4
SIZE_LIMIT: Final = 50 * 1024 * 1024
TEXT_LIMIT: Final = 5_000_000
_LANGUAGE_SAMPLE: Final = 2_500
_LETTERS: Final = re.compile(r"[^\W\d_]")
_HEADING_LINES: Final = re.compile(r"(?m)^#{1,6} .*$")


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A regular file of a bearable size that is open for reading. `size` and `modified` are from when it was opened."""

    file: BinaryIO
    size: int
    modified: int

    def digest(self) -> str:
        """The SHA-256 of its first `size` bytes in hex."""
        self.file.seek(0)
        digest, left = hashlib.sha256(), self.size
        while left and (chunk := self.file.read(min(left, 1_048_576))):
            digest.update(chunk)
            left -= len(chunk)
        return digest.hexdigest()


@contextmanager
def open_file(path: Path) -> Iterator[OpenedFile]:
    """Open a file without waiting for what is none, and without following a link that took its place.

    Raises:
        DocumentError: there is no such file, it is no regular one, it may not be read, or it is too large.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not path.is_file():
            raise DocumentError("it is not a file")
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - pathlib takes no flags
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise DocumentError("it is not a file")
            if found.st_size > SIZE_LIMIT:
                size = found.st_size // 1_048_576
                raise DocumentError(f"it is larger than {SIZE_LIMIT // 1_048_576} MB ({size} MB)")
            yield OpenedFile(file, found.st_size, found.st_mtime_ns)
    except OSError as error:
        raise DocumentError(error.strerror or "it cannot be read") from error


def load_document(path: Path, *, url: str, retrieved_at: str) -> Document:
    """Read one file in this process, for files that are trusted. `url` is its path as the user gave it.

    Raises:
        DocumentError: it cannot be read, has an unknown type, is too large, encrypted, damaged or empty.
    """
    with open_file(path) as opened:
        content = parse_content(opened.file.read(opened.size), path.name)
    return as_document(content, path=path, url=url, retrieved_at=retrieved_at)


def parse_content(data: bytes, name: str) -> Content:
    """What the bytes of a file say, with its language; its name tells its type.

    Raises:
        DocumentError: unknown type, encrypted, damaged or empty.
    """
    suffix = PurePath(name).suffix
    kind = KINDS.get(suffix.lower())
    if kind is None:
        raise DocumentError(f"files of the type {one_line(suffix) or '(none)'} are not read")
    if not data.strip():
        raise DocumentError("it is empty")
    content = read_content(kind, data)
    text = cut_at_paragraph(content.text, TEXT_LIMIT)
    if not _LETTERS.search(_HEADING_LINES.sub("", text)):
        raise DocumentError("it holds no text")
    return replace(content, text=text, language=_language(content))


def as_document(content: Content, *, path: Path, url: str, retrieved_at: str) -> Document:
    """The document that a file holds. The file's name is its title if it has no other."""
    return make_document(
        url=url,
        title=content.title or _title_from_name(path),
        source="documents",
        kind=KINDS[path.suffix.lower()],
        text=content.text,
        retrieved_at=retrieved_at,
        language=content.language,
        published=content.published,
    )


def _language(content: Content) -> str:
    """What the words say; what the file says of itself when they do not tell."""
    declared = re.match(r"[A-Za-z]{2,3}", content.language)
    return detect_language(content.text[:_LANGUAGE_SAMPLE], default=declared[0].lower() if declared else "")


def _title_from_name(path: Path) -> str:
    words = " ".join(re.split(r"[\s_-]+", one_line(printable_path(PurePath(path.stem))))).strip()
    return words[:1].upper() + words[1:]
