"""What is no prose: front matter, code, comments and formulas are blanked, and the rest keeps its place."""

from __future__ import annotations

import re
from typing import Final

_LONGEST_FRONT_MATTER: Final = 4000

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?=[A-Za-z_][\w -]*:)")
_FRONT_MATTER_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_WRAPPER = re.compile(r"\s*(?P<fence>```+[ \t]*(?:markdown|md)[ \t]*)\n", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t>]*(?P<fence>`{3,}|~{3,})(?P<info>[^\n`]*)$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]+`")
# A formula says so: prices in dollars hold neither a command nor a power nor an index.
_FORMULA = re.compile(r"\$(?=[^\s$])[^$\n]{1,300}?(?<=\S)\$(?!\d)")
_FORMULA_SIGNS: Final = frozenset("\\^_{")
_ESCAPED_MARKER = re.compile(r"[\s\d,;^–-]*")
_QUOTE = re.compile(r"^[ \t]{0,3}>[> \t]*", re.MULTILINE)
_NOT_NEWLINE = re.compile(r"[^\n]")


def mask(markdown: str) -> str:
    """The text with spaces for whatever states and cites nothing; as long as before, line by line."""
    text = markdown.replace("\r\n", " \n").replace("\r", "\n").replace("\ufeff", " ")
    text = _mask_front_matter(text)
    text = _mask_fences(text)
    text = _mask_between(text, "<!--", "-->")
    text = _CODE.sub(_blank, text)
    text = _mask_between(text, "$$", "$$")
    text = _mask_between(text, "\\[", "\\]")
    text = _mask_between(text, "\\(", "\\)")
    text = _FORMULA.sub(lambda match: _blank(match) if _FORMULA_SIGNS & set(match[0]) else match[0], text)
    return _QUOTE.sub(_blank, text)


def blank(text: str) -> str:
    """Spaces in the place of the text, its line breaks kept."""
    return _NOT_NEWLINE.sub(" ", text)


def _blank(match: re.Match[str]) -> str:
    return blank(match[0])


def _mask_front_matter(text: str) -> str:
    start = _FRONT_MATTER.match(text)
    end = _FRONT_MATTER_END.search(text, start.end(), start.end() + _LONGEST_FRONT_MATTER) if start else None
    return blank(text[: end.end()]) + text[end.end() :] if end else text


def _mask_fences(text: str) -> str:
    """Blank fenced code. A fence that is never closed hides nothing, nor does one around the whole report."""
    wrapper = _WRAPPER.match(text)
    if wrapper:
        text = blank(wrapper[0]) + text[wrapper.end() :]
    fences = list(_FENCE.finditer(text))
    pieces, done, index = [], 0, 0
    shortest_open: dict[str, int] = {}
    while index < len(fences):
        fence = fences[index]
        sign, size = fence["fence"][0], len(fence["fence"])
        closing = None
        if size < shortest_open.get(sign, size + 1):
            closing = _closing(fences, index, sign, size)
        if closing is None:
            shortest_open[sign] = min(size, shortest_open.get(sign, size))
            end = fence.end()
            index += 1
        else:
            end = fences[closing].end()
            index = closing + 1
        pieces += [text[done : fence.start()], blank(text[fence.start() : end])]
        done = end
    return "".join([*pieces, text[done:]])


def _closing(fences: list[re.Match[str]], index: int, sign: str, size: int) -> int | None:
    for later in range(index + 1, len(fences)):
        fence = fences[later]
        if fence["fence"][0] == sign and len(fence["fence"]) >= size and not fence["info"].strip():
            return later
    return None


def _mask_between(text: str, opening: str, closing: str) -> str:
    pieces, done = [], 0
    while (start := text.find(opening, done)) >= 0:
        end = text.find(closing, start + len(opening))
        if end < 0:
            break
        content = text[start + len(opening) : end]
        end += len(closing)
        # `\[1\]` is how some converters write a marker.
        kept = opening == "\\[" and _ESCAPED_MARKER.fullmatch(content)
        pieces += [text[done:start], text[start:end] if kept else blank(text[start:end])]
        done = end
    return "".join([*pieces, text[done:]])
