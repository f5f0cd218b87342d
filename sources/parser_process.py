"""The process that parses documents: `python -m tertulia.sources.parser_process`, started by `parser`.

What strangers wrote is read here and nowhere else, so that a file can at worst end this process. Requests come in on
standard input, each a line of JSON and then the bytes of the file; replies go out on standard output, each a length and
then JSON. The end of the input is the end of the process, so none is left behind when the other side dies.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import astuple
from typing import Any, Final

from ..errors import DocumentError
from .loading import parse_content

READY: Final = b"ready\n"
LENGTH_BYTES: Final = 4
_LINE_LIMIT: Final = 65_536
_ADDRESS_SPACE: Final = 2 * 1024**3
_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG, Linux
_NO_MEMORY: Final = 2  # XML_ERR_NO_MEMORY


def main() -> None:
    """Answer requests until there are no more. The one argument is the memory in bytes that may be used."""
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # A library that prints would spoil the replies.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    # Ctrl-C reaches everybody in the terminal. Who started this decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    _limit(int(sys.argv[1]))
    replies.write(READY)
    replies.flush()
    while line := requests.readline(_LINE_LIMIT):
        request = json.loads(line)
        data = requests.read(request["size"])
        if len(data) < request["size"]:
            return
        _grant(request["seconds"])
        reply = json.dumps(_answer(request["name"], data), ensure_ascii=False).encode("utf-8", "replace")
        replies.write(len(reply).to_bytes(LENGTH_BYTES, "big") + reply)
        replies.flush()
        del data, reply


def _answer(name: str, data: bytes) -> dict[str, Any]:
    """What a file says, the reason why it says nothing, or that there was no memory for it."""
    try:
        return {"content": astuple(parse_content(data, name))}
    except Exception as error:  # noqa: BLE001 - a parser of foreign files may raise anything; this file is skipped
        if _lacked_memory(error):
            return {"memory": True}
        return {
            "reason": str(error) if isinstance(error, DocumentError) else f"it cannot be read ({type(error).__name__})"
        }


def _lacked_memory(error: BaseException | None) -> bool:
    """Whether an error is, or comes from, a lack of memory. lxml says so by libxml2's code."""
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "code", None) == _NO_MEMORY:
            return True
        error = error.__cause__
    return False


def _limit(memory: int) -> None:
    """No more memory than this, no file written, no core left. Nothing where the system has no such limits."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    # The second limit on memory is for systems where the first one does not count all of it.
    wanted = {"RLIMIT_DATA": memory, "RLIMIT_AS": _ADDRESS_SPACE, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
    for name, value in wanted.items():
        # macOS knows some of these names and refuses them.
        with suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (value, value))


def _grant(seconds: int) -> None:
    """So many seconds of the processor for the next file; after them the system ends this process."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _die_with_parent() -> None:
    """On Linux the end of the other side ends this process at once, also in the middle of a file."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only here

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    main()
