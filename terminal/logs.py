"""The log of a run: one line per fact as key=value (logfmt), on standard error, in a file, or both.

What people, models and pages wrote is in it at debug only, shortened; secrets never are (`redaction`).
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ..errors import UsageError
from ..events import Event, GapFound, RunEnded, RunStarted, SearchStarted, StepDone, StoodIn, Waiting, stamp
from ..redaction import redact
from .consoles import say
from .progress import View
from .text import plain_line

_OURS: Final = "tertulia"
# Longer values are cut: a line is for a screen, or for a program that counts.
_LONGEST: Final = 300
_LONGEST_TEXT: Final = 120
_SAID: Final = frozenset({"run", "at", "analyst", "turn"})
_BARE: Final = re.compile(r"[^\s\"=]+")
_DETAILS: Final = (StepDone, SearchStarted)
_WARNINGS: Final = (GapFound, StoodIn, Waiting)


class LoggedView:
    """A view (`progress.View`) whose run is logged while it is shown.

    `verbosity` 1 logs to standard error at info, 2 at debug, 0 not at all; `file` gets the same, at info with 0.
    Warnings of libraries are logged, too, until the view is closed.

    Raises:
        UsageError: the file cannot be written.
    """

    def __init__(self, view: View, verbosity: int, file: Path | None) -> None:
        self._view = view
        self._run = ""
        self._logger = logging.getLogger(_OURS)
        self._handlers: list[logging.Handler] = []
        if verbosity:
            self._handlers.append(_Screen())
        if file is not None:
            self._handlers.append(_open_file(file))
        level = logging.DEBUG if verbosity > 1 else logging.INFO
        for handler in self._handlers:
            handler.setLevel(level)
            handler.setFormatter(_Logfmt(self, with_texts=level == logging.DEBUG))
            logging.getLogger().addHandler(handler)
        # Libraries stay at warnings: what they say beside that is theirs, and may be anything.
        self._logger.setLevel(level)
        logging.captureWarnings(capture=True)

    @property
    def run(self) -> str:
        """The id of the run, once it has one."""
        return self._run

    def begin(self, panel: Sequence[Mapping[str, Any]]) -> None:
        """A run begins, or goes on with this panel."""
        self._view.begin(panel)

    def note(self, text: str) -> None:
        """Log what is said to a person, and say it."""
        self._logger.info(text, extra={"event": "note"})
        self._view.note(text)

    def show(self, event: Event) -> None:
        """Log what happened, and show it."""
        if isinstance(event, RunStarted):
            self._run = event.run
        self._logger.log(_level(event), event.type, extra={"event": event})
        self._view.show(event)

    def pause(self) -> None:
        """Leave the screen to a question."""
        self._view.pause()

    def close(self) -> None:
        """The run is over for now: its log is closed."""
        self._view.close()
        logging.captureWarnings(capture=False)
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            with suppress(OSError):
                handler.close()
        self._handlers.clear()
        self._logger.setLevel(logging.NOTSET)


class _Screen(logging.Handler):
    """Standard error, as everything that is no result."""

    def emit(self, record: logging.LogRecord) -> None:
        say(self.format(record))


class _File(logging.FileHandler):
    """A file that grows. When it cannot any more, that is said once, and the run goes on."""

    _failed = False

    def handleError(self, _: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        if not self._failed:
            self._failed = True
            say(f"The log file {self.baseFilename} cannot be written any more; the run goes on without it.")


def _open_file(file: Path) -> logging.Handler:
    path = file.expanduser()
    try:
        # Its owner's alone to read, as reports are.
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        return _File(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"The log file {path} cannot be written: {reason}.", hint="Choose another --log-file."
        ) from error


class _Logfmt(logging.Formatter):
    """A record as `time=… level=… run=… event=… key=value …`."""

    def __init__(self, view: LoggedView, *, with_texts: bool) -> None:
        super().__init__()
        self._view = view
        self._with_texts = with_texts

    def format(self, record: logging.LogRecord) -> str:
        event = getattr(record, "event", None)
        moment = event.at if isinstance(event, Event) else stamp(datetime.fromtimestamp(record.created, UTC))
        pairs: list[tuple[str, Any]] = [("time", moment), ("level", record.levelname.lower()), ("run", self._view.run)]
        if isinstance(event, Event):
            pairs += [("event", event.type), ("analyst", event.analyst), ("turn", event.turn or "")]
            pairs += _facts(event, with_texts=self._with_texts)
        else:
            named = event or ("warning" if record.name == "py.warnings" else "message")
            logger = "" if event else record.name
            pairs += [("event", named), ("logger", logger), ("message", record.getMessage())]
        return " ".join(f"{key}={_quoted(value)}" for key, value in pairs if value not in {"", None})


def _level(event: Event) -> int:
    if isinstance(event, RunEnded) and event.exit_code:
        return logging.WARNING if event.status in {"partial", "cancelled"} else logging.ERROR
    if isinstance(event, _WARNINGS):
        return logging.WARNING
    return logging.DEBUG if isinstance(event, _DETAILS) else logging.INFO


def _facts(event: Event, *, with_texts: bool) -> Iterator[tuple[str, Any]]:
    """An event's own fields; of what people, models and pages wrote, only how much there is of a list."""
    written = event.written_fields()
    if isinstance(event, GapFound):
        # Its first word is ours (source, interview, introduction …), the rest may be a model's.
        yield "kind", event.what.partition(" ")[0]
    for name, value in event.to_dict().items():
        if name in _SAID or name in {"type", "version"}:
            continue
        if name in written and with_texts:
            yield name, _shortened(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        elif isinstance(value, list):
            joined = "" if name in written else ",".join(map(str, value))
            yield name, joined if 0 < len(joined) <= _LONGEST_TEXT else len(value)
        elif name not in written:
            yield name, value


def _shortened(text: str) -> str:
    line = plain_line(text)
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"


def _quoted(value: Any) -> str:
    text = redact(plain_line(str(value).lower() if isinstance(value, bool) else str(value)))
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    if _BARE.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
