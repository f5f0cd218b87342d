"""Jinja2 for report pages: strict about names, and sandboxed, since a template may be anybody's."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import UsageError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

FOLDER: Final = Path(__file__).parent


def render_template(name: str, view: Mapping[str, Any]) -> str:
    """A built-in template with its view; `.html.j2` templates escape what they are given."""
    return _environment(escape=name.endswith(".html.j2")).get_template(name).render(view)


def render_source(source: str, view: Mapping[str, Any], *, name: str) -> str:
    """A user's Markdown template with its view.

    Raises:
        UsageError: the template is wrong; the message names the line.
    """
    from jinja2 import TemplateSyntaxError  # noqa: PLC0415 - Jinja2 is only needed to render

    try:
        return _environment(escape=False).from_string(source).render(view)
    except TemplateSyntaxError as error:
        raise UsageError(f"The template {name} is wrong in line {error.lineno}: {error.message}.") from error
    except Exception as error:
        raise UsageError(f"The template {name} fails{_in_line(error)}: {error}.", hint=_HINT) from error


def check_source(source: str, *, name: str) -> None:
    """Check that a user's template can be parsed.

    Raises:
        UsageError: it cannot; the message names the line.
    """
    from jinja2 import TemplateSyntaxError  # noqa: PLC0415

    try:
        _environment(escape=False).parse(source)
    except TemplateSyntaxError as error:
        raise UsageError(f"The template {name} is wrong in line {error.lineno}: {error.message}.") from error


_HINT: Final = "report_templates/report.md.j2 shows the names that a template can use."


def _in_line(error: Exception) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return f" in line {lines[-1]}" if lines else ""


@cache
def _environment(*, escape: bool) -> SandboxedEnvironment:
    from jinja2 import FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only needed to render
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
