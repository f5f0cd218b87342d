"""The use case of writing a finished run: which files, into which folder, without a model or the network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from . import report_templates
from .settings import Format
from .storage.files import refuse_links
from .storage.runs import Run, Runs
from .storage.written import refuse_foreign, write_report

_REPORTS: Final = "reports"
_NAMES: Final[Mapping[Format, str]] = {"md": "report.md", "html": "report.html", "json": "evidence.json"}


def export_files(
    runs: Runs,
    row: Run,
    report: Mapping[str, Any],
    *,
    formats: Sequence[Format],
    template: str,
    output: str,
    force: bool,
) -> tuple[Path, list[Path]]:
    """Write the files of a run into `output`; without one, where it was written before, else `reports/<slug>-<run>`.

    Returns the folder, resolved, and the files.

    Raises:
        UsageError: a file is in the way that tertulia did not write, or that was changed since, and not `force`.
        StorageError: the folder cannot be written.
    """
    named = output or ("" if row.output else row.request.get("output", "").removeprefix("-"))
    default = Path(_REPORTS) / f"{report_templates.slugify(row.topic)}-{row.id}"
    folder = Path(named or row.output or default).expanduser()
    if not named:
        refuse_links(folder)
    files = render_files(report, formats, template)
    return folder.resolve(), write_report(runs.path, row.id, folder, files, force=force)


def require_free(runs: Runs, output: str, formats: Sequence[Format]) -> None:
    """Check, before anything is paid for, that the files of a new run will replace nothing that is not ours.

    Raises:
        UsageError: they would.
        StorageError: reports would be written through a link.
    """
    if output:
        refuse_foreign(runs.path, Path(output).expanduser(), [_NAMES[name] for name in formats])
    else:
        refuse_links(Path(_REPORTS))


def render_files(report: Mapping[str, Any], formats: Sequence[Format], template: str) -> dict[str, str]:
    """The files of a report by name: the formats asked for, and with Markdown one transcript per interview."""
    files: dict[str, str] = {}
    if "md" in formats:
        files[_NAMES["md"]] = report_templates.render_markdown(report, template)
        for number, interview in enumerate(report["interviews"], start=1):
            analyst = next(a for a in report["panel"] if a["id"] == interview["analyst"])
            name = f"interviews/{number}-{report_templates.slugify(analyst['role'])}.md"
            files[name] = report_templates.render_transcript(report, analyst["id"])
    if "html" in formats:
        files[_NAMES["html"]] = report_templates.render_html(report)
    if "json" in formats:
        files[_NAMES["json"]] = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    return files
