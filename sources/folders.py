"""Which files `--docs` means: files as given, and folders with all that lies in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from ..errors import UsageError
from .formats import KINDS
from .formats.content import clean

# No person nests folders like this; what does may be built to never end.
_DEPTH_LIMIT: Final = 50


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
    """The files of the given roots, each once, in order of their names; and what was not looked into, and why.

    In folders, hidden files and types that are not read are passed over; links that leave the folder are named.

    Raises:
        UsageError: a root does not exist.
    """
    found: dict[Path, FoundFile] = {}
    skipped: list[tuple[str, str]] = []
    for root in roots:
        try:
            if not root.exists():
                raise UsageError(
                    f"There is no file or folder {root}.", hint="--docs takes files and folders that exist."
                )
        except OSError as error:
            raise UsageError(
                f"{root} cannot be looked at ({error.strerror}).", hint="Check its permissions."
            ) from error
        for path in _walk(root, skipped) if root.is_dir() else [root]:
            place = Path(os.path.realpath(path))
            found.setdefault(place, FoundFile(place, printable_path(path)))
    return sorted(found.values(), key=lambda file: file.url), skipped


def printable_path(path: PurePath) -> str:
    """A path as POSIX text that can be stored and printed, whatever its name holds: other bytes, escapes, line ends."""
    return clean(os.fsencode(path.as_posix()).decode("utf-8", "replace")).replace("\n", " ")


def _walk(root: Path, skipped: list[tuple[str, str]]) -> Iterator[Path]:
    home = Path(os.path.realpath(root))
    waiting = [(root, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            skipped.append((printable_path(folder), error.strerror or "it cannot be opened"))
            continue
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth < _DEPTH_LIMIT:
                    waiting.append((path, depth + 1))
                else:
                    skipped.append((printable_path(path), f"it lies more than {_DEPTH_LIMIT} folders deep"))
            elif reason := _why_not(entry, path, home):
                skipped.append((printable_path(path), reason))
            elif path.suffix.lower() in KINDS and path.is_file():
                yield path


def _why_not(entry: os.DirEntry[str], path: Path, home: Path) -> str:
    """Why a link or an odd file is not read, when a person would miss it; "" for all else."""
    if entry.is_symlink():
        inside = Path(os.path.realpath(path)).is_relative_to(home)
        # What a link inside of the folder leads to is found without it.
        if not inside and (path.suffix.lower() in KINDS or path.is_dir()):
            return "it is a link that leaves the folder"
        return ""
    return "it is not a file" if path.suffix.lower() in KINDS and not entry.is_file() else ""
