"""The published JSON Schema of evidence.json, made from the types, and the check of data against these types.

`python -m tertulia.evidence.schema` prints it; `evidence.schema.json` beside this module is what is shipped.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from typing_extensions import TypedDict

from ..documents import Document
from ..passages import Passage
from ..report import REPORT_VERSION, Report

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_MOST_ERRORS: Final = 20


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the current version of the format."""
    generated = _adapter().json_schema()
    schema: dict[str, Any] = {
        "$schema": _DRAFT,
        "$id": f"urn:tertulia:evidence:{REPORT_VERSION}",
        "title": "The evidence of a tertulia report",
        "version": REPORT_VERSION,
        **{name: value for name, value in generated.items() if name != "title"},
    }
    fields = tomllib.loads((files(__name__) / "fields.toml").read_text("utf-8"))
    for name, definition in {"Report": schema, **schema["$defs"]}.items():
        for key, value in definition["properties"].items():
            value.pop("title", None)
            value["description"] = fields[name][key]
    schema["properties"]["schema_version"]["const"] = REPORT_VERSION
    return schema


def schema_errors(data: Any) -> list[tuple[str, str]]:
    """Where data is not a report: the path in the JSON (`documents[3].text`) and what is wrong there; the first 20."""
    from pydantic import ValidationError  # noqa: PLC0415 - only who verifies needs it

    try:
        _adapter().validate_python(data, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:_MOST_ERRORS]
        return [(json_path(*detail["loc"]), _message(detail["type"], detail["msg"])) for detail in found]
    return []


def json_path(*steps: str | int) -> str:
    """A place in the JSON as it is written in code: `documents[3].text`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _message(kind: str, message: str) -> str:
    return "is missing" if kind == "missing" else message.replace("Input should be", "should be")


@cache
def _adapter() -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    hints: dict[str, Any] = get_type_hints(Report, include_extras=True)
    hints |= {"documents": GenericAlias(list, _record(Document)), "passages": GenericAlias(list, _record(Passage))}
    return TypeAdapter(_typed("Report", hints, Report))


def _record(cls: type) -> Any:
    """A dataclass as the JSON object that `to_dict` makes of it."""
    return _typed(cls.__name__, get_type_hints(cls), cls)


def _typed(name: str, hints: dict[str, Any], described_by: type) -> Any:
    make: Any = TypedDict  # called, not written as a class: the keys are those of another type
    made = make(name, hints)
    made.__doc__ = cleandoc(described_by.__doc__ or "")
    return made
