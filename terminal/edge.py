"""The outermost edge: whatever happens to a command becomes an exit code and a sentence, never a traceback."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import typer

from ..errors import TertuliaError, explain
from ..redaction import redact
from .consoles import say
from .text import plain_text

_DEBUG: Final = "TERTULIA_DEBUG"


def run_command(app: Callable[..., Any]) -> int:
    """Run a command line and return its exit code (DESIGN.md); what goes wrong is told in a line or two."""
    try:
        return int(app(prog_name="tertulia", standalone_mode=False) or 0)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except TertuliaError as error:
        _complain(str(error), error.hint)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the outermost edge: a person gets a line, never a traceback
        if hasattr(error, "format_message"):  # a wrong flag or argument, as typer says it
            command = getattr(getattr(error, "ctx", None), "command_path", "tertulia")
            _complain(error.format_message(), f"`{command} --help` lists what there is.")
            return 2
        if isinstance(error, FileNotFoundError) and _is_nowhere():
            _complain("The folder that you are in was deleted.", "Go to another one and try again.")
            return 1
        if os.environ.get(_DEBUG):
            import traceback  # noqa: PLC0415 - only who asks for it

            typer.echo(plain_text(redact(traceback.format_exc())), err=True)
        _complain(f"unexpected error: {explain(error)}", f"Set {_DEBUG}=1 to see the traceback.")
        return 1


def _complain(message: str, hint: str) -> None:
    say(f"tertulia: {message}")
    if hint:
        say(hint)


def _is_nowhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
