"""What the database holds of evidence and progress, read as data of a known form: who changed it gets a refusal.

Only JSON is read here, nothing is executed: no pickle, no types that are named in what is stored, and no more than a
report can hold. Of requests and replies `asked` does the same.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from ..evidence.documents import Document, content_hash
from ..evidence.schema import schema_errors
from .failures import damaged

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PACKED: Final = "msgpack+zlib"
PROGRESS_KINDS: Final = frozenset({"msgpack", PACKED, "null"})
"""How progress is kept: msgpack, packed or not, or nothing. LangGraph would read JSON and rebuild what it names."""

# As much as `tertulia verify` reads of an evidence.json.
_LARGEST_REPORT: Final = 256 * 1024**2
_FIELDS: Final = frozenset(field.name for field in fields(Document))


def unpacked_report(run: str, data: bytes) -> dict[str, Any]:
    """A finished report.

    Raises:
        StorageError: it cannot be unpacked, or its values are not those of a report.
    """
    try:
        # From the bytes, which are given up at once: as one text a report would take two or four times as much.
        report = from_json(_unpacked(data))
        # Older versions may lack what newer ones keep; what is there must be what it says it is.
        wrong = [f"{path or 'it'} {what}" for path, what in schema_errors(report) if what != "is missing"]
        if wrong:
            raise ValueError(wrong[0])
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise damaged(f"the report of run {run}", error) from error
    found: dict[str, Any] = report
    return found


def _unpacked(data: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(data, _LARGEST_REPORT)
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise ValueError("it is cut, or longer than a report can be")
    return text


def unpacked_document(text: str) -> Document:
    """A document that was kept, with the text that it had then.

    Raises:
        ValueError, TypeError, RecursionError: it is none, or its text was changed.
    """
    data = json.loads(text)
    if not isinstance(data, dict) or not data.keys() <= _FIELDS or not all(isinstance(v, str) for v in data.values()):
        raise TypeError("a document has the wrong form")
    document = Document(**data)
    if content_hash(document.text) != document.content_hash:
        raise ValueError(f"the text of {document.url} is not the one that was kept")
    return document


def misfit(adapter: TypeAdapter[Any], data: Any) -> str:
    """Where data is not of a form, and how; "" when it is. What is missing is no misfit: older versions lack more."""
    from pydantic import ValidationError  # noqa: PLC0415 - imported with the settings already

    try:
        adapter.validate_python(data, strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            if detail["type"] != "missing":
                return f"{'.'.join(str(step) for step in detail['loc']) or 'it'}: {detail['msg']}"
    return ""
