"""Asking a person for a line, so that Ctrl-C is heard at once and the question never lands in a result."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator

from .text import plain_text


def ask_line(prompt: str) -> str:
    """A line that a person types. Blocks.

    Raises:
        EOFError: there is nothing more to read (Ctrl-D).
        KeyboardInterrupt: Ctrl-C.
    """
    prompt = plain_text(prompt)
    with _heard_interrupts(), _line_ended():
        # `input` edits the line where it can, but writes its prompt to standard output.
        if sys.stdout is not None and sys.stdout.isatty():
            with contextlib.suppress(ImportError):
                import readline  # noqa: PLC0415 - importing it is what makes `input` edit lines

                if os.environ.get("TERM", "dumb") != "dumb":
                    # A terminal that marks what is pasted gives several lines as one.
                    readline.parse_and_bind("set enable-bracketed-paste on")
            sys.stderr.flush()
            return _with_rest(input(prompt), input)
        sys.stderr.write(prompt)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return _with_rest(line.rstrip("\n"), lambda: sys.stdin.readline().rstrip("\n"))


def _with_rest(line: str, read: Callable[[], str]) -> str:
    """A line with those that were pasted with it: the second line of a text must not answer what is asked next."""
    while _more_is_there():
        line += "\n" + read()
    return line


def _more_is_there() -> bool:
    try:
        return bool(select.select([sys.stdin], [], [], 0)[0])
    except (OSError, ValueError):
        # Windows cannot ask that of a console.
        return False


@contextlib.contextmanager
def _line_ended() -> Iterator[None]:
    """What is said after an answer that never came begins on a line of its own."""
    try:
        yield
    except (EOFError, KeyboardInterrupt):
        sys.stderr.write("\n")
        raise


@contextlib.contextmanager
def _heard_interrupts() -> Iterator[None]:
    """Ctrl-C raises inside the block: the event loop's own handler would wait for the line to end."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
