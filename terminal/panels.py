"""A panel as a file: read for `--panel FILE`, written by `show --panel`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..agents.panel import MAXIMUM_SIZE, parse_panel
from ..agents.roles import Analyst
from ..errors import PanelError
from .text import plain_line, plain_text

if TYPE_CHECKING:
    from yaml import Event, Node

Place = tuple[str | int, ...]

# A full panel of the longest texts has some 650,000 characters.
MAXIMUM_BYTES: Final = 1_000_000
# A full panel has some 1,000 events and four levels. More would only keep the parser busy.
_MAXIMUM_EVENTS: Final = 4000
_MAXIMUM_DEPTH: Final = 20

_FIELDS: Final = ("name", "role", "affiliation", "description", "locked")
_HEADER: Final = """\
# {title}
# Change, move, delete or add entries: the order here is the order of the report. An analyst needs a name and a role;
# affiliation, description and `locked: true` (feedback does not change this one) may be left out.
# {command}
"""


def read_panel(path: Path) -> list[Analyst]:
    """The panel in a YAML or JSON file.

    Raises:
        PanelError: the file cannot be read, is neither, or holds something else than analysts; it names the line.
    """
    text = _read(path)
    # The line of each place in the file; the empty place is the file as a whole, or where reading it stopped.
    lines: dict[Place, int] = {}
    try:
        is_json = path.suffix.lower() == ".json"
        return parse_panel(_parse_json(text, lines) if is_json else _data(_compose(text, lines), (), lines))
    except PanelError as error:
        place = error.place
        while place not in lines and place:
            place = place[:-1]
        where = f"{path}, line {lines[place]}" if place in lines else str(path)
        raise PanelError(f"{where}: {error}", hint=error.hint) from None


def write_panel(panel: Sequence[Mapping[str, Any]], *, title: str, command: str) -> str:
    """The panel as YAML that `read_panel` reads back, below a comment that says what it is and how it is given back.

    What would steer a terminal is escaped, not left out: every text comes back as it was.
    """
    import yaml  # noqa: PLC0415 - only panel files need it

    class Dumper(yaml.SafeDumper):
        pass

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        # Only double quotes allow escapes.
        style = '"' if plain_text(text) != text else "|" if "\n" in text else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, represent)
    data = [{name: analyst[name] for name in _FIELDS if analyst.get(name)} for analyst in panel]
    text: str = yaml.dump(data, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)
    escaped = "".join(char if plain_text(char) == char else f"\\U{ord(char):08X}" for char in text)
    return _HEADER.format(title=plain_line(title), command=plain_line(command)) + escaped


def _read(path: Path) -> str:
    try:
        with path.expanduser().open("rb") as file:
            data = file.read(MAXIMUM_BYTES + 1)
        if len(data) > MAXIMUM_BYTES:
            raise PanelError(f"The panel file {path} cannot be read: it is larger than {MAXIMUM_BYTES:,} bytes.")
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise PanelError(f"The panel file {path} cannot be read: {reason}.") from None


def _parse_json(text: str, lines: dict[Place, int]) -> Any:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines[()] = getattr(error, "lineno", 1)
        raise PanelError(f"not valid JSON: {getattr(error, 'msg', error)}.") from None
    try:
        # YAML reads JSON but for its tabs and a few oddities, and knows the lines.
        root = _compose(text.replace("\t", " "), lines)
    except PanelError:
        lines.clear()
    else:
        _data(root, (), lines)
    return data


def _compose(text: str, lines: dict[Place, int]) -> Node:
    """The nodes of a YAML text. When it is none, `lines` has the line where reading stopped."""
    import yaml  # noqa: PLC0415

    try:
        _require_small(yaml.parse(text, yaml.SafeLoader), lines)
        root = yaml.compose(text, yaml.SafeLoader)
        if root is None:
            raise PanelError("The file holds no panel.", hint="`tertulia show RUN --panel` prints one to begin with.")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        lines[()] = mark.line + 1 if mark is not None else 1
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise PanelError(f"not valid YAML: {what}.", hint="Lines are indented with spaces, never with tabs.") from None
    except yaml.reader.ReaderError as error:
        lines[()] = text.count("\n", 0, error.position) + 1
        raise PanelError(f"not valid YAML: the character #x{error.character:04x} is not allowed.") from None
    lines.clear()
    return root


def _require_small(events: Iterable[Event], lines: dict[Place, int]) -> None:
    """Refuse what would keep a reader busy, before anything is built: aliases multiply, and depth has no end."""
    import yaml  # noqa: PLC0415

    depth = 0
    for number, event in enumerate(events):
        lines[()] = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.AliasEvent):
            raise PanelError(f"A panel file has no aliases (*{event.anchor}).", hint="Write the text again.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAXIMUM_DEPTH or number > _MAXIMUM_EVENTS:
            raise PanelError(f"This is more than a panel holds: {MAXIMUM_SIZE} analysts, with a few fields each.")


def _data(node: Node, place: Place, lines: dict[Place, int]) -> Any:
    """What a node holds, all scalars as they are written; `lines` gets the line of each place."""
    import yaml  # noqa: PLC0415

    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_data(item, (*place, number), lines) for number, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        # `no`, 2026 and 1:30 are names too, and pydantic knows what is true.
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    data: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        inner = (*place, name)
        seen = inner in lines
        lines[inner] = key.start_mark.line + 1
        if seen:
            raise PanelError(f"The field {name!r} stands here for the second time.", place=inner)
        data[name] = _data(value, inner, lines)
    return data
