"""Cited Markdown on its way to a page: what would be mark-up by accident is escaped, keys become references.

Model-written text is Markdown and stays so, without HTML and links. Text of the extractive engine is literal: its
headings, lists and tables are structure, everything else must read as it stands in its source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

Cite = Callable[[Sequence[str]], str]
"""Turns the keys of one run of markers into what is printed in their place."""

_MARKER: Final = r"\[[a-z0-9]{4,12}\]"
_RUN = re.compile(rf"{_MARKER}(?:{_MARKER})*")
_KEY = re.compile(r"\[([a-z0-9]+)\]")
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ue000-\ue01f]"
    r"|[\U000e0000-\U000e007f]"
)

# What would become a tag, an entity, a link, the address that a label stands for, a list of attributes (Python-Markdown
# reads them from braces), or a bare address that GitHub and others link. A label's bracket is never escaped itself, but
# what follows it: the backslash before it may be escaped already.
_ACTIVE: Final = r"<(?! )|&(?=#|\w+;)|(?<=\])[(:]|\{|(?<=[A-Za-z]):(?=//)|(?<=[Ww]{3})\.(?=\w)"
_UNSAFE: Final = re.compile(_ACTIVE)
_LITERAL: Final = re.compile(
    rf"\\(?=[!-/:-@\[-`{{-~]|$)|`|(?<![^\W_])_|_(?![^\W_])|\*(?!\s)|(?<!\s)\*|~~|(?<!#)#+$|{_ACTIVE}"
)
_ENTITIES: Final = {"<": "&lt;", "&": "&amp;", ":": "&#58;", "~~": "&#126;&#126;"}
_STRUCTURE = re.compile(r"[ \t]*(?:#{3,6} |[-*+] |\d{1,3}[.)] |\|)?[ \t]*")
_LETTER = re.compile(r"[^\W\d_]")
_LINE_START = re.compile(r"#|>|(?:-+|=+|\*{3,}|_{3,})(?=\s*$)|[-+](?=\s)")


def printable(text: str) -> str:
    """The text without controls, lone surrogates, invisible tags, and marks that turn the direction of what follows."""
    return _UNPRINTABLE.sub(lambda match: " " if match[0] in "\u2028\u2029" else "", text)


def one_line(text: str) -> str:
    """The text in one line, printable."""
    return " ".join(printable(text).split())


def shortened(text: str, limit: int) -> str:
    """The text in one line, cut at a word when it is longer than `limit` characters."""
    text = one_line(text)
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def literal(text: str) -> str:
    """One line of plain text as Markdown that displays it as it is."""
    return _escape(one_line(text), _LITERAL)


def cited_markdown(
    text: str,
    known: Mapping[str, object],
    cite: Cite,
    *,
    verbatim: bool,
    alone: str = "",
    insertions: Sequence[tuple[int, str]] = (),
) -> str:
    """Cited Markdown made safe, with each run of markers replaced by what `cite` makes of its keys.

    `known` holds the keys that count as citations. `verbatim`: the text is literal but for its blocks. `alone` is
    written before markers that are a paragraph of their own, as they are under a table. `insertions` are put in at
    their offsets in `text`, in order of the offsets; they must hold nothing that Markdown would read.
    """
    text = _with_insertions(text, insertions)
    safe = _verbatim_lines(text, known) if verbatim else _guarded(text, known, _UNSAFE)
    return _replace_runs(safe, known, cite, alone)


def _with_insertions(text: str, insertions: Sequence[tuple[int, str]]) -> str:
    """The text made printable piece by piece, so that what is put in may use characters that nothing else can hold."""
    pieces = []
    place = 0
    for offset, insertion in insertions:
        pieces += [_printable_lines(text[place:offset]), insertion]
        place = offset
    return "".join([*pieces, _printable_lines(text[place:])])


def _printable_lines(text: str) -> str:
    return printable(text.replace("\r\n", "\n").replace("\r", "\n"))


def _verbatim_lines(text: str, known: Mapping[str, object]) -> str:
    lines = []
    for line in text.split("\n"):
        structure = _STRUCTURE.match(line)
        mark = structure[0] if structure else ""
        if mark.strip():
            lines.append(mark + _guarded(line[len(mark) :], known, _LITERAL))
        else:
            lines.append(_at_line_start(_guarded(line.strip(), known, _LITERAL)))
    return "\n".join(lines)


def _at_line_start(line: str) -> str:
    """What would begin a block, as text."""
    if line.startswith("="):
        return "&#61;" + line[1:] if _LINE_START.match(line) else line
    return "\\" + line if _LINE_START.match(line) else line


def _guarded(text: str, known: Mapping[str, object], pattern: re.Pattern[str]) -> str:
    """The text escaped everywhere but in its markers; what follows a marker must not make a link of it."""
    pieces = []
    place = 0
    for run in _RUN.finditer(text):
        if all(key in known for key in _KEY.findall(run[0])):
            pieces += [_escape(text[place : run.start()], pattern), run[0]]
            place = run.end()
            if text[place : place + 1] in {"(", "["}:
                pieces.append("\\" + text[place])
                place += 1
            elif text[place : place + 1] == ":" and not _LETTER.search(text[: run.start()].rpartition("\n")[2]):
                pieces.append("&#58;")
                place += 1
    return "".join([*pieces, _escape(text[place:], pattern)])


def _escape(text: str, pattern: re.Pattern[str]) -> str:
    def escape(match: re.Match[str]) -> str:
        return _ENTITIES.get(match[0]) or "".join(f"\\{character}" for character in match[0])

    return pattern.sub(escape, text)


def _replace_runs(text: str, known: Mapping[str, object], cite: Cite, alone: str) -> str:
    def replace(run: re.Match[str]) -> str:
        keys = _KEY.findall(run[0])
        if not all(key in known for key in keys):
            return run[0]
        before, after = text[: run.start()].rstrip(" "), text[run.end() :].lstrip(" ")
        stands_alone = (not before or before.endswith("\n\n")) and (not after or after.startswith("\n\n"))
        return alone + cite(keys) if stands_alone else cite(keys)

    return _RUN.sub(replace, text)
