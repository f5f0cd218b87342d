"""Text on its way to a terminal: nothing that people, models or web pages write may steer the terminal itself."""

from __future__ import annotations

import re
from typing import Final

# C0 and C1 controls, DEL, marks that reverse or isolate directions, invisible separators, lone surrogates.
_STEERING: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
    r"|[\U000e0000-\U000e007f]"
)
# A whole escape sequence goes, not its first character alone: `[31m` would be left to read.
_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
# What joins or colours pictures: terminals disagree on how wide the result is, and agree on each picture alone.
_JOINING: Final = re.compile("\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])|[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")


def plain_text(text: str) -> str:
    """The text without anything that steers a terminal. Line ends and tabs stay."""
    return _STEERING.sub("", _SEQUENCE.sub("", text.replace("\r\n", "\n")))


def plain_line(text: str) -> str:
    """The text as one line, without anything that steers a terminal."""
    return " ".join(plain_text(text).split())


def steady_line(text: str, encoding: str = "utf-8") -> str:
    """The text as one line that every terminal draws as wide as it is measured, for what is drawn in columns.

    What the encoding has no letter for is a question mark.
    """
    return _JOINING.sub("", plain_line(text)).encode(encoding, "replace").decode(encoding)
