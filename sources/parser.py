"""Documents parsed in a process of their own, with limits on memory, time and output."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, Final, Self

from ..errors import DocumentError, StorageError
from .formats.content import Content
from .parser_process import LENGTH_BYTES, READY

_MODULE: Final = "tertulia.sources.parser_process"
_MEGABYTE: Final = 1024 * 1024
_CHUNK: Final = 256 * 1024
# What an interpreter needs to start. Keys and settings are nothing for a process that reads foreign files.
_ENVIRONMENT: Final = re.compile(
    "PATH|HOME|LANG|LC_ALL|TZ|PYTHONPATH|PYTHONHOME|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|__PYVENV_LAUNCHER__"
    "|SYSTEMROOT|APPDATA|USERPROFILE",
    re.IGNORECASE,
)
_OUT_OF_TIME: Final = -getattr(signal, "SIGXCPU", 0) or None
# Somebody else ended the process, which says nothing about the file.
_FROM_OUTSIDE: Final = frozenset(
    -getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGKILL") if hasattr(signal, name)
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. `seconds` are of the processor, `wall_seconds` of the clock; the others are bytes."""

    seconds: int = 8
    wall_seconds: float = 30.0
    memory: int = 200 * _MEGABYTE
    output: int = 32 * _MEGABYTE


LIMITS: Final = Limits()


class UnfinishedError(DocumentError):
    """A file was not read for a reason that may be gone the next time."""

    retryable = True


class _EndedError(DocumentError):
    """The process ended with the file in hand, or cannot go on."""


class _SpoiledError(_EndedError):
    """The same, perhaps only because of what earlier files have left in its memory."""


class Parser:
    """Reads files, one after the other, in one process: started for the first, and again after one that ended it.

    Not for several threads at once. Use it in a `with` block: the process is gone when the block ends. `starts` counts
    the processes.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or LIMITS
        self._process: subprocess.Popen[bytes] | None = None
        self._fresh = True
        self.starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def parse(self, file: BinaryIO, *, size: int, digest: str, name: str) -> Content:
        """What a file says whose bytes have this SHA-256. Its `name` tells its type.

        Raises:
            UnfinishedError: it changed meanwhile, or took too long by the clock.
            DocumentError: nothing can be made of these bytes, now or later.
            StorageError: the process that parses cannot be started.
        """
        while True:
            if self._process is None:
                self._process = self._start()
            fresh, self._fresh = self._fresh, False
            try:
                return self._ask(self._process, file, size, digest, name)
            except (_EndedError, UnfinishedError) as error:
                self._end()
                # A process that has read no other file is the judge.
                if fresh or not isinstance(error, _SpoiledError):
                    raise

    def _ask(self, process: subprocess.Popen[bytes], file: BinaryIO, size: int, digest: str, name: str) -> Content:
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._limits.wall_seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            self._send(process, file, size, digest, name)
            reply = self._receive(process)
        except OSError:
            reply = None
        finally:
            timer.cancel()
        if late.is_set():
            raise UnfinishedError(f"reading it took more than {self._limits.wall_seconds:g} s")
        if reply is None:
            raise self._ended(process)
        if "memory" in reply:
            megabytes = self._limits.memory // _MEGABYTE
            raise _SpoiledError(f"reading it takes more than {megabytes} MB of memory")
        if "reason" in reply:
            raise DocumentError(str(reply["reason"]))
        return Content(*reply["content"])

    def _send(self, process: subprocess.Popen[bytes], file: BinaryIO, size: int, digest: str, name: str) -> None:
        requests: Any = process.stdin
        header = {"name": name, "size": size, "seconds": self._limits.seconds}
        requests.write(json.dumps(header).encode() + b"\n")
        file.seek(0)
        sent = hashlib.sha256()
        left = size
        while left and (chunk := file.read(min(left, _CHUNK))):
            requests.write(chunk)
            sent.update(chunk)
            left -= len(chunk)
        if sent.hexdigest() != digest:
            raise UnfinishedError("it changed while it was read")
        requests.flush()

    def _receive(self, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
        """The reply to a request; None when the process ended without one."""
        replies: Any = process.stdout
        length = int.from_bytes(replies.read(LENGTH_BYTES), "big")
        if length > self._limits.output:
            process.kill()
            raise _EndedError(f"its text is larger than {self._limits.output // _MEGABYTE} MB")
        reply = replies.read(length)
        if not length or len(reply) < length:
            return None
        answer: dict[str, Any] = json.loads(reply)
        return answer

    def _ended(self, process: subprocess.Popen[bytes]) -> DocumentError:
        """Why the process ended, as far as can be told."""
        code = process.wait()
        if code == _OUT_OF_TIME:
            return _EndedError(f"reading it takes more than {self._limits.seconds} s of computing")
        if code in _FROM_OUTSIDE:
            return UnfinishedError("reading it was interrupted")
        return _SpoiledError("it breaks the program that reads it, or fills the memory")

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: no file of the folder where the command was started is imported as a module. -B: none is written.
        command = [sys.executable, "-P", "-B", "-m", _MODULE, str(self._limits.memory)]
        environment = {name: value for name, value in os.environ.items() if _ENVIRONMENT.fullmatch(name)}
        pipe: Final = subprocess.PIPE
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment)  # noqa: S603
        except OSError as error:
            raise StorageError(f"The process that reads documents does not start: {error.strerror}.") from error
        replies: Any = process.stdout
        if replies.readline() != READY:
            _stop(process)
            raise StorageError(
                "The process that reads documents does not start.", hint=f"Try: {sys.executable} -m {_MODULE} 0"
            )
        self.starts += 1
        self._fresh = True
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        _close(pipe)


def _close(pipe: IO[bytes] | None) -> None:
    # What was not sent any more cannot be sent.
    with suppress(OSError):
        if pipe is not None:
            pipe.close()
