"""Files that are written whole or not at all, in folders that are their owner's alone, and never through a link."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..errors import StorageError
from .failures import folder_error

_MAKING: Final = threading.Lock()


def make_folder(folder: Path) -> None:
    """Create a folder, and those above it that are missing, for their owner only. One that is there keeps its mode.

    Raises:
        OSError: it cannot be made, or a file has its name.
    """
    missing = [path for path in folder.parents if not path.exists()]
    for path in (*reversed(missing), folder):
        path.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path) -> None:
    """Create an empty file that its owner alone may read, unless there is one: it is never readable by others.

    One that is there is not opened: whoever closes a file gives up all locks that its process has on it, SQLite's too
    (sqlite.org/howtocorrupt.html, 2.2).

    Raises:
        OSError: it cannot be made.
    """
    # Who comes meanwhile waits until it is closed again.
    with _MAKING:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def write_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write texts under their names (which may hold `/`) into a folder, each under a temporary name first.

    All files are complete on disk before the first gets its name, so a full disk or a power failure leaves nothing
    half-written. They can be read by their owner only; a link that has the name of one is replaced, not followed.

    Raises:
        StorageError: the folder cannot be written, or a name leaves it, be it through a link.
    """
    root = folder.resolve()
    staged: list[tuple[str, Path]] = []
    try:
        for name, text in files.items():
            target = root / name
            if ".." in target.parts or root not in target.parents or target.parent.resolve() != target.parent:
                raise StorageError(f"{name} would be written outside {folder}.", hint="Remove the link in its way.")
            make_folder(target.parent)
            # Made with mode 0600.
            descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".tertulia-")
            staged.append((temporary, target))
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        for temporary, target in staged:
            Path(temporary).replace(target)
        _keep_names({root.parent, root, *(target.parent for _, target in staged)})
    except OSError as error:
        raise folder_error(folder, error, hint="Choose another folder with --output.") from error
    finally:
        for temporary, _ in staged:
            Path(temporary).unlink(missing_ok=True)
    return [target for _, target in staged]


def refuse_links(folder: Path) -> None:
    """Refuse a folder that was not named by a person when a link is on the way to it: who put it there?

    Raises:
        StorageError: there is one.
    """
    path = folder.absolute()
    link = next((part for part in (path, *path.parents) if part.is_symlink()), None)
    if link is not None:
        raise StorageError(
            f"{link} is a link, and reports are not written through one.",
            hint="Name the folder with --output to write there, or remove the link.",
        )


def _keep_names(folders: Iterable[Path]) -> None:
    """Flush folders to the disk, where the system can, so that new names survive a power failure too."""
    for folder in folders:
        with suppress(OSError):  # Windows opens no folders, and some network disks flush none
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
