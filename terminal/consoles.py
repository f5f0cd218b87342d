"""The two streams: results go to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import typer

from ..errors import StorageError
from .text import plain_line, plain_text

if TYPE_CHECKING:
    from rich.console import Console

# Wide enough that no table is cut where nobody looks: a pipe has no width.
_PIPE_WIDTH: Final = 1000


def say(text: str) -> None:
    """One line on standard error."""
    typer.echo(plain_line(text), err=True)


def result(text: str) -> None:
    """A result on standard output, as it is but for what would steer a terminal.

    Raises:
        BrokenPipeError: who reads it has left.
        StorageError: it cannot be written, as to a file on a full disk.
    """
    try:
        typer.echo(plain_text(text).removesuffix("\n"))
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is left of it must not be tried once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise StorageError(
            f"Standard output cannot be written: {error.strerror or error}.",
            hint="Free some space, or write elsewhere.",
        ) from error


def is_interactive() -> bool:
    """Whether a person can be asked: they see standard error and type into standard input."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def open_console(*, stderr: bool = True) -> Console:
    """A console that takes no markup from texts. Colours follow the terminal, NO_COLOR and TERM."""
    from rich.console import Console  # noqa: PLC0415 - commands that only fail or print a path do without

    stream = sys.stderr if stderr else sys.stdout
    width = None if _is_terminal(stream) else _PIPE_WIDTH
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width)


def _is_terminal(stream: object) -> bool:
    # A stream that was closed before the start is None, one that was closed since raises.
    try:
        return bool(stream is not None and stream.isatty())  # type: ignore[attr-defined]
    except ValueError:
        return False
