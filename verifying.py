"""The use case of `tertulia verify`: a report held against its evidence, or a foreign report against its own list.

Nothing is asked of a model or of the network, and nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final

from . import report_templates
from .app import App
from .errors import UsageError
from .evidence.report import REPORT_VERSION
from .evidence.reverification import Problem, Reverification, contrast, reverify
from .evidence.structure import StructureReport, check_structure
from .exporting import render_files
from .settings import Settings
from .version import VERSION

EVIDENCE: Final = "evidence.json"
BREAKING: Final = frozenset({"dangling_marker", "repeated_number", "mismatched_link"})
"""Findings in a foreign report that lead a reader to nothing or to the wrong place."""

_LARGEST_EVIDENCE: Final = 256 * 1024**2
_LARGEST_TEXT: Final = 8 * 1024**2
_MOST_LINES: Final = 20
_MARKS: Final = frozenset({"run", "claims", "documents", "passages"})
_RENDERED: Final = frozenset({"report.md", "report.html"})


@dataclass(frozen=True, slots=True)
class EvidenceCheck:
    """A report of tertulia, checked again. `files` are those that were held against what the evidence gives."""

    target: str
    report: Mapping[str, Any]
    found: Reverification
    files: Sequence[str] = ()

    def passes(self, *, strict: bool) -> bool:
        """Whether the report is intact and true of itself; `strict`: and nothing else is to be said either."""
        return not (self.found.problems or (strict and (self.found.notes or self.found.failing)))

    @property
    def run(self) -> Mapping[str, Any]:
        """What the report says of its run; empty when that is not readable."""
        run = self.report.get("run")
        return run if isinstance(run, dict) else {}

    def to_dict(self) -> dict[str, Any]:
        """What was found, JSON-ready."""
        return {
            "kind": "evidence",
            "target": self.target,
            "run": dict(self.run),
            "problems": [problem.to_dict() for problem in self.found.problems],
            "notes": [note.to_dict() for note in self.found.notes],
            "failing": self.found.failing,
            "files": list(self.files),
        }


@dataclass(frozen=True, slots=True)
class StructureCheck:
    """A Markdown report of any tool: how it cites."""

    target: str
    structure: StructureReport

    def passes(self, *, strict: bool) -> bool:
        """Whether every citation leads to its source; `strict`: and there is no finding at all."""
        return not any(strict or finding.kind in BREAKING for finding in self.structure.findings)

    def to_dict(self) -> dict[str, Any]:
        """What was found, JSON-ready."""
        return {"kind": "structure", "target": self.target, **self.structure.to_dict()}


def verify(target: str, settings: Settings) -> EvidenceCheck | StructureCheck:
    """Check a run, an evidence.json or its folder, or a Markdown file. What exists as a file is no run.

    `settings.template` is the template that report.md was written with, if it is none of the built-in ones.

    Raises:
        UsageError: there is nothing to check, or it cannot be read as what its name says.
    """
    path = Path(target).expanduser()
    if path.exists():
        return _verify_path(path, target, settings.template)
    if "/" in target or path.suffix:
        raise UsageError(f"There is no file or folder {target}.", hint="Give a run, a file or a folder.")
    app = App(settings)
    row = app.runs.get(target)
    folder = Path(row.output) if row.output else None
    template = settings.template if "template" in settings.model_fields_set else row.request.get("template", "")
    if template not in report_templates.TEMPLATES and not Path(template).is_file():
        template = settings.template  # the file that the run used is gone
    return _verify_report(f"run {row.id}", app.report(row.id), folder, template, is_stored=True)


def _verify_path(path: Path, target: str, template: str) -> EvidenceCheck | StructureCheck:
    if path.is_dir() and not (path / EVIDENCE).is_file():
        raise UsageError(
            f"The folder {target} holds no {EVIDENCE}.", hint="Give the folder of a report, or a Markdown file."
        )
    evidence = path / EVIDENCE if path.is_dir() else path.with_name(EVIDENCE)
    if path.is_dir() or (path.name in _RENDERED and evidence.is_file()):
        return _verify_report(str(evidence), _read_evidence(evidence), evidence.parent, template)
    if path.suffix.lower() == ".json":
        # Under another name it is a copy, and the files beside it need not be its own.
        folder = path.parent if path.name == EVIDENCE else None
        return _verify_report(target, _read_evidence(path), folder, template)
    if path.suffix.lower() in {".html", ".htm"}:
        raise UsageError(
            f"{target} is HTML without {EVIDENCE} beside it.",
            hint="The citations of a foreign report are read in Markdown.",
        )
    return StructureCheck(target, check_structure(_read_text(path, _LARGEST_TEXT)))


def _verify_report(
    target: str, report: Mapping[str, Any], folder: Path | None, template: str, *, is_stored: bool = False
) -> EvidenceCheck:
    """A report, and the files beside it. What the evidence does not hold, its files cannot be held against.

    `is_stored`: the report comes from the database, so that evidence.json is one of the files too.
    """
    found = reverify(report, version=VERSION)
    if found.problems or folder is None:
        return EvidenceCheck(target, report, found)
    files, changed = _compare_files(report, folder, template)
    if is_stored and (folder / EVIDENCE).is_file():
        files.append(EVIDENCE)
        if _read_evidence(folder / EVIDENCE) != report:
            changed.append(Problem(EVIDENCE, "is not the evidence that is stored for the run"))
    if report["run"]["tertulia_version"] == VERSION:
        return EvidenceCheck(target, report, replace(found, problems=changed), files)
    # Another version may word and lay out its pages in another way.
    return EvidenceCheck(target, report, replace(found, notes=[*found.notes, *changed]), files)


def _compare_files(report: Mapping[str, Any], folder: Path, template: str) -> tuple[list[str], list[Problem]]:
    """The pages in the folder that the report gives too, and where they differ from it."""
    compared: list[str] = []
    changed: list[Problem] = []
    for name, forms in _rendered(report, template).items():
        path = _beside(folder, name)
        if path.is_file():
            found = path.relative_to(folder).as_posix()
            text = _read_text(path, _LARGEST_TEXT)
            differences = [list(_changed_lines(found, text, form)) for form in forms]
            closest = min(differences, key=len)
            compared.append(found)
            changed += closest
    return compared, changed


def _beside(folder: Path, name: str) -> Path:
    """Where a file of the report is. A transcript counts by its number: the rest of its name follows the role."""
    path = folder / name
    if path.is_file() or path.parent == folder:
        return path
    return next(iter(sorted(path.parent.glob(f"{path.name.partition('-')[0]}-*.md"))), path)


def _rendered(report: Mapping[str, Any], template: str) -> dict[str, list[str]]:
    """The pages of the report by name, each in the forms that it may have."""
    forms: dict[str, list[str]] = {
        name: [text] for name, text in render_files(report, ("md", "html"), template).items()
    }
    others = [name for name in report_templates.TEMPLATES if name != template]
    forms["report.md"] += [render_files(report, ("md",), name)["report.md"] for name in others]
    return forms


def _changed_lines(name: str, written: str, rendered: str) -> Iterator[Problem]:
    """Where a file is not what the evidence gives; line ends and empty lines make no difference."""
    lines, expected = _numbered(written), _numbered(rendered)
    matcher = SequenceMatcher(None, [line for _, line in lines], [line for _, line in expected])
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    for _, start, end, first, last in changes[:_MOST_LINES]:
        block, wanted = ("\n".join(line for _, line in part) for part in (lines[start:end], expected[first:last]))
        said, given = contrast(block, wanted)
        message = f"says {said}, but the evidence gives {given}" if block else f"lacks {given} before it"
        place = lines[start][0] if start < len(lines) else written.count("\n") + 1
        yield Problem(f"{name} line {place}", message)
    if len(changes) > _MOST_LINES:
        hint = "; if it was written with a template of your own, name it with --template"
        yield Problem(name, f"differs in {len(changes) - _MOST_LINES} more places{hint if name == 'report.md' else ''}")


def _numbered(text: str) -> list[tuple[int, str]]:
    """The lines that are not empty, each with its number."""
    return [(number, line.rstrip()) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _read_evidence(path: Path) -> dict[str, Any]:
    """What evidence.json holds, when it is one and of a version that is understood.

    Raises:
        UsageError: it is not.
    """
    text = _read_text(path, _LARGEST_EVIDENCE)
    try:
        data = json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(f"{path} is not JSON: {reason}.", hint="Give the evidence.json of a report.") from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if type(version) is not int or not data.keys() >= _MARKS:
        raise UsageError(
            f"{path} is JSON, but not the evidence of a report.", hint="Give the evidence.json of a report."
        )
    if version != REPORT_VERSION:
        hint = "Upgrade tertulia." if version > REPORT_VERSION else ""
        raise UsageError(f"{path} has version {version}; this tertulia reads version {REPORT_VERSION}.", hint=hint)
    report: dict[str, Any] = data
    return report


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys differ: which of two would count depends on who reads."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _read_text(path: Path, largest: int) -> str:
    """A file's text.

    Raises:
        UsageError: it is too large, no UTF-8, or cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > largest:
            raise UsageError(
                f"{path} has {size // 1024**2} MB; at most {largest // 1024**2} are read.",
                hint="Is it the report that you meant?",
            )
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not text in UTF-8.", hint="Give a Markdown file or evidence.json.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
