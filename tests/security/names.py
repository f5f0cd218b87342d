"""Topics and names that try to become something else: paths, devices, options, templates, queries. Written here."""

from __future__ import annotations

from itertools import product

_PATHS = [
    "..",
    "../..",
    "../../etc/passwd",
    "/",
    "/etc/passwd",
    "~",
    "~root",
    "\\",
    "..\\..",
    "C:\\x",
    "\\\\host\\x",
    ".",
]
_PATHS += ["...", "....//", "%2e%2e%2f", "..%00/", "file:///etc", "a/../../b", "./.", "/dev/null", "/proc/self/environ"]
_DEVICES = ["CON", "PRN", "AUX", "NUL", "COM1", "COM9", "LPT1", "CONIN$", "CLOCK$", "nul.md", "con.txt", "aux ", "NUL."]
_LETTERS = [
    "ñ",
    "日本語",
    "עברית",
    "\u202eabc",
    "a\u200bb",
    "e\u0301" * 40,
    "ﬁ",
    "Ⅷ",
    "Å",
    "ß",
    "İ",
    "ı",
    "😀",
    "👩‍👩‍👧",
    "🇪🇸",
]
_LETTERS += [
    "\U000e0041",
    "\ufeff",
    "\u2044",
    "／etc／passwd",
    "．．",
    "\u2024\u2024",
    "а" * 90,
    "\ud800",
    "\udcff",
    "\x00",
]
_CONTROLS = [
    "\n",
    "\r\n",
    "\t",
    "\x07",
    "\x1b[31m",
    "\x85",
    "\u2028",
    "\u2029",
    "a\nb: c",
    "a\x00.md",
    "---",
    "...",
    "\n---\n",
]
_OPTIONS = [
    "-",
    "--",
    "-rf",
    "--help",
    "--output=/tmp",
    "-o/tmp",
    "@file",
    "$HOME",
    "`id`",
    "$(id)",
    "; ls",
    "| sh",
    "&& id",
]
_OPTIONS += ["> x", "*", "?", "[a-z]*", "!x", "#", "%PATH%", "'", '"', "''", "\\'"]
_TEMPLATES = [
    "{{ 7*7 }}",
    "{% for x in y %}",
    "{# c #}",
    "{%raw%}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{config}}",
    "{{",
    "}}",
]
_TEMPLATES += [
    "%s",
    "%n",
    "%(x)s",
    "{0}",
    "{}",
    "{0.__class__}",
    "{x!r}",
    "{topic}",
    "f'{1}'",
    "$x",
    "\\1",
    "\\g<0>",
    "{{{{",
]
_DATA = [
    "'; DROP TABLE runs; --",
    "' OR 1=1",
    "a: b",
    "- a",
    "? a",
    "!!python/object:os.system",
    "&a *a",
    "[a, b]",
    "{a: b}",
]
_DATA += [
    "yes",
    "null",
    "~",
    "1e3",
    "0x10",
    "2026-11-21",
    "a = 1",
    "[table]",
    "'''",
    '"""',
    "| a |",
    "# a",
    "> a",
    "@",
    "`",
]
_DATA += [
    '{"topic": 1}',
    "]]>",
    "<!--",
    "<x>",
    "a" * 500,
    "a " * 250,
    "é" * 300,
    "-" * 200,
    "\\u0041",
    "=1+1",
    "+cmd",
    "\\",
]
_SHAPES = ["{0}", "Bees {0}", "{0} bees", "{0}{0}"]


def names() -> list[str]:
    """All of them: each alone, and before, behind and between other words."""
    pieces = [*_PATHS, *_DEVICES, *_LETTERS, *_CONTROLS, *_OPTIONS, *_TEMPLATES, *_DATA]
    return list(dict.fromkeys(shape.replace("{0}", piece) for piece, shape in product(pieces, _SHAPES)))
