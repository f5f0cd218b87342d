"""Which files `--docs` means: files as given, and folders with all that lies in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from .formats import KINDS


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read: where it is, and the path that names it to the user."""

    path: Path
    url: str

    @property
    def key(self) -> str:
        """The path as text that a database can hold, whatever bytes it is made of."""
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")


def find_files(roots: Sequence[Path]) -> tuple[list[FoundFile], list[tuple[str, str]]]:
    """The files of the given roots, each once, in order of their names; and what could not be looked into, and why.

    In folders, hidden files, links that leave the folder and types that are not read are passed over.

    Raises:
        UsageError: a root does not exist.
    """
    found: dict[Path, FoundFile] = {}
    skipped: list[tuple[str, str]] = []
    for root in roots:
        if not root.exists():
            raise UsageError(f"There is no file or folder {root}.", hint="--docs takes files and folders that exist.")
        files = _walk(root, skipped) if root.is_dir() else [root]
        for path in files:
            found.setdefault(path.resolve(), FoundFile(path.resolve(), printable_path(path)))
    return sorted(found.values(), key=lambda file: file.url), skipped


def printable_path(path: Path) -> str:
    """A path as POSIX text that can be stored and printed, whatever bytes its name holds."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace").replace("\n", " ").replace("\r", " ")


def _walk(root: Path, skipped: list[tuple[str, str]]) -> Iterator[Path]:
    home = root.resolve()

    def note(error: OSError) -> None:
        skipped.append((printable_path(Path(error.filename)), error.strerror or "it cannot be opened"))

    for folder, folders, names in os.walk(root, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith(".") or path.suffix.lower() not in KINDS:
                continue
            if path.is_file() and path.resolve().is_relative_to(home):
                yield path
