"""A few lines at the end of a terminal that are kept up to date in place.

The cursor rests at the beginning of the first line. So a terminal that is made narrower, and breaks the lines that are
there, takes the cursor along, and everything below it can be wiped and drawn again. Lines are written over each other,
never wiped first: nothing flickers.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

REFRESHES: Final = 4
"""How often the picture is drawn, at most, in a second."""
_WIPE: Final = "\r\x1b[J"
_HIDE_CURSOR: Final = "\x1b[?25l"
_SHOW_CURSOR: Final = "\x1b[?25h"


class Painter:
    """Draws what `draw` returns, from `start` to `stop`, and lets other lines be written above it.

    What anybody else writes to standard error meanwhile comes above the picture as well. It draws in a thread of its
    own: whoever changes what it draws from holds `lock`.
    """

    def __init__(self, console: Console, draw: Callable[[], RenderableType]) -> None:
        self._console = console
        self._draw = draw
        # A signal may come while the main thread holds it, and its handler takes the picture away.
        self.lock = threading.RLock()
        self._stopped: threading.Event | None = None
        self._drawn = ""
        self._size = console.size

    @property
    def is_open(self) -> bool:
        """Whether there is a picture on the screen."""
        return self._stopped is not None

    def start(self) -> None:
        """Draw the picture, and go on drawing it."""
        with self.lock:
            if self._stopped is not None:
                return
            self._stopped = threading.Event()
            stream = sys.stderr
            if self._console.file is stream:
                sys.stderr = _Above(stream, self.write_above)
            self._put(_HIDE_CURSOR)
            self.paint()
            threading.Thread(target=self._repaint, args=(self._stopped,), name="tertulia-picture", daemon=True).start()

    def stop(self) -> None:
        """Take the picture away and leave the cursor where it began."""
        with self.lock:
            if self._stopped is None:
                return
            self._stopped.set()
            self._stopped, rest = None, ""
            self._drawn = ""
            if isinstance(sys.stderr, _Above):
                rest, sys.stderr = sys.stderr.begun, sys.stderr.rich_proxied_file
            self._put(_WIPE + _SHOW_CURSOR + rest)

    def paint(self) -> None:
        """Draw the picture as it is now; nothing is written when it looks as before."""
        with self.lock:
            if self._stopped is None:
                return
            resized, self._size = self._size != self._console.size, self._console.size
            lines = self._rendered(self._draw()).splitlines()[: max(1, self._size.height - 1)]
            back = f"\x1b[{len(lines) - 1}A\r" if len(lines) > 1 else "\r"
            frame = "\r" + "\x1b[K\r\n".join(lines) + "\x1b[J" + back
            if frame != self._drawn or resized:
                self._put((_WIPE if resized else "") + frame)
                self._drawn = frame

    def print(self, renderable: RenderableType) -> None:
        """Print something above the picture, or where the cursor is when there is none."""
        self.write_above(self._rendered(renderable))

    def write_above(self, text: str) -> None:
        """Write whole lines above the picture."""
        with self.lock:
            self._put((_WIPE if self.is_open else "") + text)
            self._drawn = ""
            self.paint()

    def _repaint(self, stopped: threading.Event) -> None:
        while not stopped.wait(1 / REFRESHES):
            self.paint()

    def _rendered(self, renderable: RenderableType) -> str:
        # It writes nothing, and all the same notices a terminal that was closed.
        with suppress(OSError):
            with self._console.capture() as captured:
                self._console.print(renderable)
            return captured.get()
        return ""

    def _put(self, text: str) -> None:
        # A terminal that was closed does not end the run.
        with suppress(OSError):
            self._console.file.write(text)
            self._console.file.flush()


class _Above:
    """Standard error while there is a picture: what is written goes above it, line by line."""

    def __init__(self, stream: IO[str], write_above: Callable[[str], None]) -> None:
        # The name by which rich finds the stream behind it.
        self.rich_proxied_file = stream
        self._write_above = write_above
        self.begun = ""

    def write(self, text: str) -> int:
        *lines, self.begun = (self.begun + text).split("\n")
        if lines:
            self._write_above("".join(f"{line}\n" for line in lines))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)
