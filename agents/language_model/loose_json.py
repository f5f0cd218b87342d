"""JSON as models write it: with comments, single or curly quotes, trailing commas, Python's words. Never a guess.

What breaks off is an error: closing what is open (as the package json-repair does) would pass off half a sentence as
the whole, and half a list as all of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_OPENING: Final = re.compile(r"[{\[]")
_SPACE: Final = re.compile(r"(?:\s+|//[^\n]*|#[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
_WORD: Final = re.compile(r"[A-Za-z_][\w-]*")
_WORDS: Final = {
    "true": True,
    "false": False,
    "null": None,
    "True": True,
    "False": False,
    "None": None,
    "undefined": None,
    "NaN": None,
}
_CLOSING: Final = {'"': '"', "'": "'", "“": "”", "”": "”", "‘": "’", "`": "`"}
# What follows a quotation mark that ends a text; one inside a text is followed by anything else.
_AFTER_TEXT: Final = re.compile(r"\s*(?:[,:}\]]|//|/\*|\Z|\n\s*[\"'“‘}\]])")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_DEEPEST: Final = 50


def read_values(text: str) -> Iterator[dict[str, Any] | list[Any]]:
    """Every object, and every list of objects, that stands in a text, in order; not those inside others."""
    opening = _OPENING.search(text)
    while opening:
        try:
            value, end = _read_value(text, opening.start())
        except ValueError:
            # An object inside a broken one would be the wrong answer, so what is inside is passed over.
            end = _closing(text, opening.start())
            if end < 0:
                return
        else:
            if value and (isinstance(value, dict) or all(isinstance(item, dict) for item in value)):
                yield value
            elif isinstance(value, list):
                end = opening.end()
        opening = _OPENING.search(text, end)


def _read_value(text: str, start: int) -> tuple[Any, int]:
    """The object or list that opens at `start`, and where it ends; strictly as JSON if it is, else loosely.

    Raises:
        ValueError: it breaks off, or is nothing of the kind.
    """
    try:
        # strict=False: models write line breaks inside strings.
        return json.JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):
        reader = _Reader(text, start)
        return reader.value(), reader.place


def _closing(text: str, start: int) -> int:
    """Where the object or list that opens at `start` ends, or -1."""
    depth, inside_string, escaped = 0, False, False
    for place in range(start, len(text)):
        character = text[place]
        if inside_string:
            inside_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside_string = True
        elif character in "{}[]":
            depth += 1 if character in "{[" else -1
            if depth == 0:
                return place + 1
    return -1


class _Reader:
    def __init__(self, text: str, place: int) -> None:
        self.place = place
        self._text = text
        self._depth = 0

    def value(self) -> Any:
        character = self._peek()
        if character == "{":
            return self._object()
        if character == "[":
            return self._list()
        if character in _CLOSING:
            return self._string()
        for pattern, meaning in ((_NUMBER, json.loads), (_WORD, _WORDS.__getitem__)):
            if found := pattern.match(self._text, self.place):
                try:
                    known = meaning(found[0].removeprefix("+"))
                except (KeyError, ValueError):
                    continue
                self.place = found.end()
                return known
        raise ValueError(f"no value at {self.place}")

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._open()
        while self._peek() != "}":
            key = self._string() if self._peek() in _CLOSING else self._word()
            if self._peek() not in {":", "="}:
                raise ValueError(f"no colon at {self.place}")
            self.place += 1
            found[key] = self.value()
            self._separator("}")
        self._close()
        return found

    def _list(self) -> list[Any]:
        found: list[Any] = []
        self._open()
        while self._peek() != "]":
            found.append(self.value())
            self._separator("]")
        self._close()
        return found

    def _open(self) -> None:
        self.place += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("too deep")

    def _close(self) -> None:
        self.place += 1
        self._depth -= 1

    def _separator(self, closing: str) -> None:
        """A comma, which may be missing at the end of a line or before the end."""
        before = self.place
        character = self._peek()
        if character == ",":
            self.place += 1
        elif character != closing and "\n" not in self._text[before : self.place]:
            raise ValueError(f"no comma at {self.place}")

    def _word(self) -> str:
        if not (found := _WORD.match(self._text, self.place)):
            raise ValueError(f"no name at {self.place}")
        self.place = found.end()
        return found[0]

    def _string(self) -> str:
        closing = _CLOSING[self._text[self.place]]
        self.place += 1
        parts: list[str] = []
        while self.place < len(self._text):
            character = self._text[self.place]
            self.place += 1
            if character == "\\":
                parts.append(self._escape())
            elif character == closing and _AFTER_TEXT.match(self._text, self.place):
                # Two escapes may be the halves of one character.
                return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            else:
                parts.append(character)
        raise ValueError("a text breaks off")

    def _escape(self) -> str:
        character = self._text[self.place : self.place + 1]
        self.place += 1
        digits = self._text[self.place : self.place + 4]
        if character == "u" and re.fullmatch(r"[0-9a-fA-F]{4}", digits):
            self.place += 4
            return chr(int(digits, 16))
        return _ESCAPES.get(character, character)

    def _peek(self) -> str:
        """The next character that is neither space nor comment, with the place moved to it."""
        if space := _SPACE.match(self._text, self.place):
            self.place = space.end()
        if self.place >= len(self._text):
            raise ValueError("it breaks off")
        return self._text[self.place]
