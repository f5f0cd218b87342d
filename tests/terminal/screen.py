"""A terminal of the given size with the real command in it, and what a person would see there.

Pictures of it are kept in `screens/`; `RENEW_SCREENS=1 pytest tests/terminal/test_screens.py` writes them anew,
to be looked at before they are committed.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pexpect
import pyte

SCREENS = Path(__file__).with_name("screens")
_PATIENCE = 60
_SAME_EVERY_TIME = (
    # Times and guesses at times, at the end of the picture's first line.
    (re.compile(r" +\d+:\d\d(?:, (?:about|a few) [\w ]+ left)?$"), "  <time>"),
    (re.compile(r"(?<=citations\. )\d+:\d\d"), "<time>"),
    (re.compile(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏](?= )"), "⠿"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d{5}"), "<port>"),
    (re.compile(r"(?<=[Rr]un )[a-z0-9]{8}|(?<=resume )[a-z0-9]{8}|(?<=show )[a-z0-9]{8}"), "<run id>"),
    (re.compile(r"(?<=-)[a-z0-9]{8}(?=/report)"), "<run id>"),
    (re.compile(r"\[[a-z][a-z0-9]{5}\]"), "[<key>]"),
    (re.compile(r"(?<=tertulia )\d+\.\d+\.\d+"), "<version>"),
    (re.compile(r"20\d\d-\d\d-\d\d"), "<date>"),
)


def same_every_time(line: str) -> str:
    """A line without what differs from run to run."""
    for pattern, same in _SAME_EVERY_TIME:
        line = pattern.sub(same, line)
    return line


class Screen:
    """Runs `tertulia …` in a pseudo-terminal and renders what it writes."""

    def __init__(self, *arguments: str, environment: dict[str, str], columns: int = 80, lines: int = 24) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "tertulia", *arguments],
            dimensions=(lines, columns),
            timeout=_PATIENCE,
            # The size is the terminal's own, whatever the tests were started from.
            env={
                "TERM": "xterm-256color",
                **{name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}},
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close(force=True)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without what differs from run to run."""
        lines = [same_every_time(line.rstrip()) for line in self._screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def cursor_is_shown(self) -> bool:
        return not self._screen.cursor.hidden

    def read(self) -> bool:
        """Take in what was written; False once the command is over."""
        if self._child.closed:
            return False
        try:
            data = self._child.read_nonblocking(65536, timeout=0.5)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.written += data
        self._stream.feed(data)
        return True

    def shows(self, name: str, *marks: str) -> None:
        """Wait until the screen looks as it was kept under this name.

        To renew it, `marks` say what must be on the screen before it is kept.
        """
        kept = SCREENS / f"{name}.txt"
        if os.environ.get("RENEW_SCREENS"):
            self._until(lambda: all(any(mark in line for line in self.lines) for mark in marks))
            for _ in range(4):
                self.read()
            kept.write_text("\n".join([*self.lines, ""]), "utf-8")
        expected = kept.read_text("utf-8").splitlines()
        self._until(lambda: self.lines == expected)
        assert self.lines == expected

    def type(self, text: str) -> None:
        self._child.send(text)

    def resize(self, columns: int, lines: int) -> None:
        """Make the terminal another size, as a person who drags its corner."""
        # What does not fit any more scrolls out above, and takes the cursor along; pyte leaves it behind.
        line = self._screen.cursor.y - max(0, self._screen.lines - lines)
        self._screen.resize(lines, columns)
        self._screen.cursor.y = max(0, line)
        self._child.setwinsize(lines, columns)

    def ends(self) -> int | None:
        """Wait for the end of the command; its exit code."""
        while self.read():
            pass
        self._child.close()
        return self._child.exitstatus

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not holds() and time.monotonic() < deadline and self.read():
            pass
