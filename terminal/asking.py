"""Asking a person for a line, so that Ctrl-C is heard at once and the question never lands in a result."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator

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
                import readline  # noqa: F401, PLC0415 - importing it is what makes `input` edit lines
            sys.stderr.flush()
            return input(prompt)
        sys.stderr.write(prompt)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")


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
