"""What rows of the database hold, read as data of a known form: who changed one gets a refusal, nothing is executed.

Only JSON is read here: no pickle, no types that are named in what is stored, and no more than a report can hold.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import TypedDict

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


class Request(TypedDict, total=False):
    """The part of a run's request that decides what is opened and read."""

    topic: str
    language: str
    size: int
    turn_limit: int
    approve: bool
    model: str
    role_models: dict[str, str]
    check_model: str
    fallback: str
    base_url: str
    sources: list[str]
    docs: list[str]
    folder: str
    format: list[str]
    output: str
    template: str
    panel: list[dict[str, Any]]


def require_request(text: str) -> dict[str, Any]:
    """A run's request.

    Raises:
        ValueError, TypeError, RecursionError: it is none.
    """
    request = json.loads(text)
    if problem := misfit(_requests(), request):
        raise ValueError(problem)
    found: dict[str, Any] = request
    return found


def unpacked_reply(run: str, text: str) -> dict[str, Any]:
    """A person's reply, and the id of the question that it answers.

    Raises:
        StorageError: it is none.
    """
    try:
        kept = json.loads(text)
        if not isinstance(kept, dict) or not isinstance(kept.get("reply"), dict):
            raise TypeError("it has the wrong form")
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(f"the reply to run {run}", error) from error
    return kept


def unpacked_report(run: str, data: bytes) -> dict[str, Any]:
    """A finished report.

    Raises:
        StorageError: it cannot be unpacked, or its values are not those of a report.
    """
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(data, _LARGEST_REPORT)
        if unpacking.unconsumed_tail or not unpacking.eof:
            raise ValueError("it is cut, or longer than a report can be")
        report = json.loads(text)
        # Older versions may lack what newer ones keep; what is there must be what it says it is.
        wrong = [f"{path or 'it'} {what}" for path, what in schema_errors(report) if what != "is missing"]
        if wrong:
            raise ValueError(wrong[0])
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise damaged(f"the report of run {run}", error) from error
    found: dict[str, Any] = report
    return found


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


@cache
def _requests() -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(Request)
