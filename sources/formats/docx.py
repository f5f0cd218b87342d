"""Word documents."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any, Final

from ...errors import DocumentError
from .content import Content, sensible_title
from .light import LightMarkdown

_UNPACKED_LIMIT: Final = 100 * 1024 * 1024
_ENTRY_LIMIT: Final = 10_000
_HEADING_STYLE: Final = re.compile(r"(?i)^heading (?P<level>[1-9])$")
_LIST_STYLE: Final = re.compile(r"(?i)^list\b")


def read(data: bytes) -> Content:
    """A Word document: headings, paragraphs, lists and tables in their order.

    Raises:
        DocumentError: it is encrypted, damaged, or far larger unpacked than packed.
    """
    import docx  # noqa: PLC0415 - slow to import

    _check_package(data)
    try:
        document = docx.Document(io.BytesIO(data))
        properties = document.core_properties
        light = LightMarkdown()
        titles = [title for block in document.iter_inner_content() if (title := _write(light, block))]
        title, language = properties.title, properties.language
    except Exception as error:
        # python-docx raises KeyError, ValueError, lxml and zip errors on damaged files, and has no class of its own.
        raise DocumentError(f"it is not a readable Word document ({type(error).__name__})") from error
    # The file's own dates say when somebody saved it, which is not when it was published.
    return Content(light.text, sensible_title(title) or next(iter(titles), ""), language=language or "")


def _check_package(data: bytes) -> None:
    """A .docx is a zip archive: refuse what is none, and what would fill the memory."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise DocumentError("it is encrypted, or an old .doc file under a new name")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise DocumentError("it is not a Word document") from error
    if len(entries) > _ENTRY_LIMIT:
        raise DocumentError(f"it is an archive of {len(entries)} parts")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _UNPACKED_LIMIT:
        raise DocumentError(f"it unpacks to {unpacked // 1_048_576} MB")


def _is_numbered(paragraph: Any) -> bool:
    """Whether a paragraph is a list item by its own numbering: python-docx has no public way to tell."""
    properties = paragraph._p.pPr  # noqa: SLF001
    return properties is not None and properties.numPr is not None


def _write(light: LightMarkdown, block: Any) -> str:
    """Write one paragraph or table; returns the title when it is one."""
    from docx.table import Table  # noqa: PLC0415

    if isinstance(block, Table):
        light.table([[" ".join(cell.text.split()) for cell in row.cells] for row in block.rows])
        return ""
    style = (block.style.name if block.style is not None else "") or ""
    text = block.text.strip()
    if heading := _HEADING_STYLE.match(style):
        level = int(heading["level"])
        light.heading(level, text)
        return sensible_title(text) if level == 1 else ""
    if style == "Title":
        light.heading(1, text)
        return sensible_title(text)
    if _LIST_STYLE.match(style) or _is_numbered(block):
        light.begin_item()
    light.paragraph(text)
    light.end_item()
    return ""
