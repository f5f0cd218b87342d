"""One process per run: a lock that the operating system frees when its holder dies."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from ..errors import RunBusyError
from .failures import folder_error
from .files import make_folder

_HINT: Final = "Check the folder's rights; `tertulia doctor` says more."
# Who only looks whether a run is held holds it for a moment: that is waited for.
_PATIENCE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that works on a run; `since` is its ISO 8601 time in UTC."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        where = "" if self.host == socket.gethostname() else f" on {self.host}"
        return f"process {self.pid}{where}, since {self.since}"


@contextmanager
def run_lock(home: Path, run: str) -> Iterator[None]:
    """Hold a run while the block lasts.

    Raises:
        RunBusyError: another process holds it; the message says which.
        StorageError: the lock cannot be written.
    """
    lock = _lock(home, run)
    if not _acquired(lock, _PATIENCE):
        who = _find_holder(home, run) or "another process"
        raise RunBusyError(
            f"Run {run} is being worked on: {who}.", hint="Wait for it, or stop it first; then resume again."
        )
    try:
        _note(home, run)
        yield
    finally:
        # The lock file stays: a name that is unlinked while others wait for it would be two locks.
        _note_file(home, run).unlink(missing_ok=True)
        lock.release()


def is_held(home: Path, run: str) -> bool:
    """Whether a process works on this run now."""
    lock = _lock(home, run)
    if not _acquired(lock):
        return True
    lock.release()
    return False


def forget_lock(home: Path, run: str) -> None:
    """Remove the lock of a run that is deleted."""
    (home / "locks" / f"{run}.lock").unlink(missing_ok=True)


def _lock(home: Path, run: str) -> FileLock:
    folder = home / "locks"
    try:
        make_folder(folder)
    except OSError as error:
        raise folder_error(folder, error, hint=_HINT) from error
    return FileLock(folder / f"{run}.lock", timeout=0, mode=0o600)


def _acquired(lock: FileLock, seconds: float = 0) -> bool:
    try:
        lock.acquire(timeout=seconds)
    except Timeout:
        return False
    except OSError as error:
        raise folder_error(Path(lock.lock_file).parent, error, hint=_HINT) from error
    return True


def _note_file(home: Path, run: str) -> Path:
    return home / "locks" / f"{run}.holder"


def _note(home: Path, run: str) -> None:
    """Say who holds the lock: a file of its own, since a lock file may be emptied by who tries to get it."""
    holder = Holder(os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"))
    # On a full disk the lock still holds.
    with suppress(OSError), open(_note_file(home, run), "w", encoding="utf-8", opener=_private) as stream:
        json.dump(asdict(holder), stream)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _find_holder(home: Path, run: str) -> Holder | None:
    """Who holds the lock: it is noted a moment after the lock is taken, and a killed process leaves an old note."""
    deadline = time.monotonic() + _PATIENCE
    while (holder := _noted(home, run)) is None or not _is_alive(holder):
        if time.monotonic() > deadline:
            return None
        time.sleep(0.02)
    return holder


def _noted(home: Path, run: str) -> Holder | None:
    try:
        return Holder(**json.loads(_note_file(home, run).read_text("utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def _is_alive(holder: Holder) -> bool:
    if holder.host != socket.gethostname():
        return True  # on another machine nobody can tell
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
