"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ..errors import StorageError
from .failures import folder_error


def write_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write texts under their names (which may hold `/`) into a folder, each under a temporary name first.

    All files are complete on disk before the first gets its name, so a full disk or a power failure leaves nothing
    half-written.

    Raises:
        StorageError: the folder cannot be written, or a name leaves it.
    """
    root = folder.resolve()
    staged: list[tuple[str, Path]] = []
    try:
        for name, text in files.items():
            target = root / name
            if root not in target.resolve().parents:
                raise StorageError(f"{name} would be written outside {folder}.")
            target.parent.mkdir(parents=True, exist_ok=True)
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


def _keep_names(folders: Iterable[Path]) -> None:
    """Flush folders to the disk, where the system can, so that new names survive a power failure too."""
    for folder in folders:
        with suppress(OSError):  # Windows opens no folders, and some network disks flush none
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
