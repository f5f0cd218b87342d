"""Word documents."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any, Final

from ...errors import DocumentError
from .content import Content, sensible_title
from .light import LightMarkdown
from .raised import LOWERED, RAISED, settle_raised

_UNPACKED_LIMIT: Final = 100 * 1024 * 1024
_ENTRY_LIMIT: Final = 10_000
_HEADING_STYLE: Final = re.compile(r"(?i)^heading (?P<level>[1-9])$")
_LIST_STYLE: Final = re.compile(r"(?i)^list\b")
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TAKEN_BACK: Final = (f"{_WORD}del", f"{_WORD}moveFrom")
# Elements around text that python-docx passes over together with the text.
_AROUND: Final = tuple(
    f"{_WORD}{name}"
    for name in ("ins", "moveTo", "sdt", "sdtContent", "fldSimple", "smartTag", "customXml", "hyperlink", "dir", "bdo")
)


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
        _accept_changes(document.element.body)
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


def _accept_changes(body: Any) -> None:
    """Take away what was deleted, and what is put around the rest: insertions, controls, fields and links."""
    for element in list(body.iter(*_TAKEN_BACK)):
        row = element.getparent().getparent()
        is_of_row = element.getparent().tag == f"{_WORD}trPr"
        _remove(row if is_of_row else element)
    for control in list(body.iter(f"{_WORD}sdt")):
        if _is_no_text(control):
            _remove(control)
    for element in list(body.iter(*_AROUND)):
        for child in list(element):
            element.addprevious(child)
        _remove(element)


def _is_no_text(control: Any) -> bool:
    """A table of contents, or a control that shows "Click here to enter text" because nobody has filled it in."""
    properties = control.find(f"{_WORD}sdtPr")
    if properties is None:
        return False
    gallery = properties.find(f"{_WORD}docPartObj/{_WORD}docPartGallery")
    is_contents = gallery is not None and gallery.get(f"{_WORD}val") == "Table of Contents"
    return is_contents or properties.find(f"{_WORD}showingPlcHdr") is not None


def _remove(element: Any) -> None:
    if element is not None and element.getparent() is not None:
        element.getparent().remove(element)


def _text(paragraph: Any) -> str:
    """The text of a paragraph as it is shown."""
    return settle_raised("".join(map(_run_text, paragraph.runs))).strip()


def _run_text(run: Any) -> str:
    text: str = run.text
    properties = run._r.rPr  # noqa: SLF001 - most runs have none, and to ask their font takes long
    if properties is None:
        return text
    font = run.font
    if font.hidden or font.strike or font.double_strike:
        return ""
    is_raised = font.superscript or (properties.style is not None and run.style.font.superscript)
    return f"{RAISED}{text}{LOWERED}" if is_raised else text


def _write_table(light: LightMarkdown, table: Any) -> str:
    """Write a table; one that holds another only lays out the page, and is written cell by cell."""
    rows = [row.cells for row in table.rows]
    if not any(cell.tables for row in rows for cell in row):
        light.table([[_cell_text(cell) for cell in row] for row in rows])
        return ""
    # A merged cell is given once for each of its places.
    cells = {cell._tc: cell for row in rows for cell in row}  # noqa: SLF001
    titles = [_write(light, block) for cell in cells.values() for block in cell.iter_inner_content()]
    return next(filter(None, titles), "")


def _cell_text(cell: Any) -> str:
    return " ".join(" ".join(map(_text, cell.paragraphs)).split())


def _write(light: LightMarkdown, block: Any) -> str:
    """Write one paragraph or table; returns the title when it is one."""
    from docx.table import Table  # noqa: PLC0415

    if isinstance(block, Table):
        return _write_table(light, block)
    style = (block.style.name if block.style is not None else "") or ""
    text = _text(block)
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
