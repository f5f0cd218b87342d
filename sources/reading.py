"""From found files to what is in them: only what changed is opened, and several files are read at the same time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from queue import LifoQueue
from typing import Final

from ..errors import DocumentError
from ..evidence.documents import Document
from .folders import FoundFile, printable_path
from .loading import as_document, open_file
from .parser import Parser

# A process starts in the time in which it would read so many files.
_FILES_A_PARSER: Final = 20
# Whoever writes what was read is busy too, and shares a memory with what waits to be written.
_MOST_PARSERS: Final = 4
_AHEAD: Final = 4


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file was when it was read: its size in bytes, its time in nanoseconds, the SHA-256 of its bytes.

    `reason` says why there is no document in it; "" when there is one.
    """

    size: int
    modified: int
    hash: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One file as it was found. `known` says that what is in it is known already, and `document` was not read."""

    path: str
    stamp: Stamp
    known: bool = False
    document: Document | None = None


Found = Reading | DocumentError


def read_files(
    files: Sequence[FoundFile], known: Mapping[str, Stamp], *, retrieved_at: str
) -> Generator[tuple[FoundFile, Found]]:
    """Each file in the given order with its reading, or the reason why its bytes cannot be had now.

    A file whose size and time are those of its stamp in `known` is not opened; one whose bytes are the same is not
    parsed. Close the iterator when it is not used to its end: the processes that parse end with it.

    Raises:
        StorageError: a process that parses cannot be started.
    """
    looked = [(file, _look(file, known.get(file.key))) for file in files]
    changed = [file for file, found in looked if found is None]
    readings = _read_at_once(changed, known, retrieved_at)
    for file, found in looked:
        yield file, next(readings) if found is None else found
    readings.close()


def _look(file: FoundFile, stamp: Stamp | None) -> Found | None:
    """What the file's size and time tell; None when it has to be opened."""
    try:
        stat = file.path.stat()
    except OSError as error:
        return DocumentError(error.strerror or "it cannot be read")
    if stamp is not None and (stamp.size, stamp.modified) == (stat.st_size, stat.st_mtime_ns):
        return Reading(file.key, stamp, known=True)
    return None


def _read_at_once(files: Sequence[FoundFile], known: Mapping[str, Stamp], retrieved_at: str) -> Generator[Found]:
    """The readings in the order of the files, whichever was finished first; only a few wait at any time."""
    at_once = max(1, min(len(files) // _FILES_A_PARSER, _processors(), _MOST_PARSERS))
    # The last that became free is the next to be used: a few files are read by one process.
    free: LifoQueue[Parser] = LifoQueue()

    def read(file: FoundFile) -> Found:
        parser = free.get()
        try:
            return _read(file, known.get(file.key), retrieved_at, parser)
        except DocumentError as error:
            return error
        finally:
            free.put(parser)

    with ExitStack() as stack:
        for _ in range(at_once):
            free.put(stack.enter_context(Parser()))
        # Linux ends a process with the thread that started it: threads stay until all files are read.
        threads = ThreadPoolExecutor(at_once, thread_name_prefix="read-documents")
        stack.callback(threads.shutdown, cancel_futures=True)
        waiting: deque[Future[Found]] = deque()
        for file in files:
            waiting.append(threads.submit(read, file))
            if len(waiting) > at_once * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read(file: FoundFile, stamp: Stamp | None, retrieved_at: str, parser: Parser) -> Reading:
    """Open a file and read it, if its bytes are others than they were.

    Raises:
        DocumentError: its bytes cannot be had now. What is wrong inside of them is a reading with a reason.
    """
    with open_file(file.path) as opened:
        found = Reading(file.key, Stamp(opened.size, opened.modified, opened.digest()))
        if stamp is not None and stamp.hash == found.stamp.hash:
            return replace(found, stamp=replace(found.stamp, reason=stamp.reason), known=True)
        try:
            content = parser.parse(
                opened.file, size=opened.size, digest=found.stamp.hash, name=printable_path(file.path)
            )
        except DocumentError as error:
            if error.retryable:
                raise
            return replace(found, stamp=replace(found.stamp, reason=str(error)))
    return replace(found, document=as_document(content, path=file.path, url=file.url, retrieved_at=retrieved_at))
