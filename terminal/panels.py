"""A panel as a file: read for `--panel FILE`, written by `show --panel`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..agents.panel import parse_panel
from ..agents.roles import Analyst
from ..errors import PanelError
from .text import plain_text

_FIELDS: Final = ("name", "role", "affiliation", "description", "locked")


def read_panel(path: Path) -> list[Analyst]:
    """The panel in a YAML or JSON file.

    Raises:
        PanelError: the file cannot be read, is neither, or holds something else than analysts.
    """
    try:
        text = path.expanduser().read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise PanelError(f"The panel file {path} cannot be read: {reason}.") from None
    try:
        return parse_panel(_parse(text, path))
    except PanelError as error:
        raise PanelError(f"{path}: {error}", hint=error.hint) from None


def write_panel(panel: Sequence[Mapping[str, Any]]) -> str:
    """The panel as YAML that `read_panel` reads back."""
    import yaml  # noqa: PLC0415 - only panel files need it

    data = [{name: analyst[name] for name in _FIELDS if analyst.get(name)} for analyst in panel]
    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=100)
    return plain_text(text)


def _parse(text: str, path: Path) -> Any:
    # JSON has a parser of its own: YAML refuses tabs, which JSON allows.
    if path.suffix.lower() == ".json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            place = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
            raise PanelError(f"not valid JSON, {place}.") from None
    import yaml  # noqa: PLC0415

    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}: " if mark is not None else ""
        raise PanelError(f"not valid YAML, {place}{error.problem}.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PanelError(f"not valid YAML: {error}.") from None
