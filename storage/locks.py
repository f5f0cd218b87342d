"""One process per run: a lock that the operating system frees when its holder dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import RunBusyError


@contextmanager
def run_lock(home: Path, run: str) -> Iterator[None]:
    """Hold a run while the block lasts.

    Raises:
        RunBusyError: another process holds it.
    """
    folder = home / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{run}.lock"
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise RunBusyError(
            f"Another process is working on run {run}.", hint="Wait for it, or stop it first; then resume again."
        ) from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        lock.release()
