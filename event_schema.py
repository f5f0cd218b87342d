"""The published JSON Schema of the lines of `--json`, made from the types of events.

`python -m tertulia.event_schema` prints it; `events.schema.json` beside this module is what is shipped.
"""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from inspect import cleandoc
from typing import Any, Final, Literal, get_type_hints

from typing_extensions import TypedDict

from .events import EVENT_VERSION, Event, ResultLine, event_types

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one line: an event, or the result that ends the lines of a command."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - who prints events does without

    lines: list[type[Event | ResultLine]] = [*event_types().values(), ResultLine]
    definitions = {line.type: TypeAdapter(_line(line)).json_schema() for line in lines}
    for definition in definitions.values():
        for value in definition["properties"].values():
            value.pop("title", None)
        if "at" in definition["properties"]:
            definition["properties"]["at"] = {"type": "string", "format": "date-time"}
    return {
        "$schema": _DRAFT,
        "$id": f"urn:tertulia:events:{EVENT_VERSION}",
        "title": "A line of tertulia's --json",
        "version": EVENT_VERSION,
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in definitions],
        "$defs": definitions,
    }


def _line(described: type[Event | ResultLine]) -> Any:
    """A dataclass as the JSON object that `to_dict` makes of it: all of its fields, its type and the version."""
    known = get_type_hints(described)
    hints: dict[str, Any] = {"type": Literal[described.type], "version": Literal[EVENT_VERSION]}
    hints |= {each.name: known[each.name] for each in fields(described)}
    make: Any = TypedDict  # called, not written as a class: the keys are those of another type
    made = make(described.__name__, hints)
    made.__doc__ = cleandoc(described.__doc__ or "")
    return made


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n")
