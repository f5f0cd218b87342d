"""How a report reaches the person: its files in a folder, or itself on standard output."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ..app import App
from ..errors import UsageError
from ..exporting import render_files, require_free
from ..settings import Format
from ..storage.runs import Run
from .consoles import result

STDOUT: Final = "-"
_FIRST_TO_OPEN: Final = ("report.md", "report.html", "evidence.json")


def print_report(app: App, row: Run, formats: Sequence[Format] = (), template: str = "") -> None:
    """The report itself on standard output: in the first of the formats."""
    name = (formats or row.request.get("format") or app.settings.format)[0]
    files = render_files(app.report(row.id), [name], template or row.request.get("template") or app.settings.template)
    result(files[main_name(files)])


def main_file(files: Sequence[Path]) -> Path:
    """The file to open first: the report itself, else its evidence."""
    names = {path.name: path for path in reversed(files)}
    return names[main_name(names)]


def main_name(names: Iterable[str]) -> str:
    """The name of the file to open first."""
    found = set(names)
    return next(name for name in _FIRST_TO_OPEN if name in found)


def short_path(path: Path) -> str:
    """A path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def require_writable(app: App, output: str, formats: Sequence[Format], *, force: bool = False) -> None:
    """Check that a folder can be written, before anything is paid for.

    Raises:
        UsageError: it cannot, or files in it that tertulia did not write are in the way.
        StorageError: reports would be written through a link.
    """
    if output == STDOUT:
        return
    folder = Path(output or "reports").expanduser().absolute()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        reason = "it may not be written to" if there.is_dir() else "it is a file"
        raise UsageError(
            f"The output folder {folder} cannot be used: {there}: {reason}.", hint="Choose another with --output."
        )
    if not force:
        require_free(app.runs, output, formats)


def export_run(app: App, run: str, *, force: bool) -> None:
    """Write a finished run as the flags say, and print where it is; what they leave open is as it was asked for."""
    given = app.settings.model_fields_set
    formats = app.settings.format if "format" in given else ()
    template = app.settings.template if "template" in given else ""
    row = app.runs.get(run)
    if app.settings.output == STDOUT:
        print_report(app, row, formats, template)
    else:
        files = app.export(row.id, formats=formats, output=app.settings.output, template=template, force=force)
        result(short_path(main_file(files)))
