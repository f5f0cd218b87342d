"""The plain text of a Wikipedia page as light Markdown."""

from __future__ import annotations

import re
from typing import Final

from .formats.content import clean

_HEADING: Final = re.compile(r"(?m)^(?P<level>={2,6})[ ]*(?P<title>[^\n]+?)[ ]*(?P=level)[ ]*$")
# What formulas leave behind: scattered signs, then the source of the formula in braces.
_FORMULA: Final = re.compile(r"\{\\(?:display|text|script)style[^\n]*\}[ ]*")
_BLANK_LINES: Final = re.compile(r"\n[ \t]+(?=\n)")

# Sections that hold lists of works, notes and links, no statements.
_APPENDICES: Final = {
    "en": "references|see also|external links|further reading|notes|notes and references|bibliography|sources|footnotes"
    "|citations|works cited|gallery",
    "es": "referencias|véase también|enlaces externos|bibliografía|notas|notas y referencias|lectura adicional|fuentes"
    "|lecturas adicionales|galería",
    "ca": "referències|vegeu també|enllaços externs|bibliografia|notes|notes i referències|fonts|galeria"
    "|bibliografia addicional",
    "eu": "erreferentziak|ikus, gainera|ikus gainera|kanpo estekak|bibliografia|oharrak|oharrak eta erreferentziak"
    "|irudi galeria",
    "gl": "notas|véxase tamén|ligazóns externas|bibliografía|referencias|outros artigos|notas e referencias|galería",
    "fr": "notes et références|références|voir aussi|articles connexes|liens externes|bibliographie|notes|sources"
    "|annexes|galerie",
    "de": "einzelnachweise|siehe auch|weblinks|literatur|anmerkungen|quellen|belege|fußnoten|galerie",
    "pt": "referências|ver também|ligações externas|bibliografia|notas|leitura adicional|notas e referências|galeria",
    "it": "note|voci correlate|collegamenti esterni|altri progetti|bibliografia|riferimenti|galleria d'immagini",
}


def light_markdown(extract: str, language: str) -> str:
    """A TextExtracts text: `== Heading ==` becomes `## Heading`, references and lists of links go."""
    appendices = frozenset(f"{_APPENDICES.get(language, '')}|{_APPENDICES['en']}".split("|"))
    text = _FORMULA.sub("", _BLANK_LINES.sub("\n", extract))
    parts: list[str] = []
    start = 0
    dropped = 0
    for heading in _HEADING.finditer(text):
        if not dropped:
            parts.append(text[start : heading.start()])
        level, title = len(heading["level"]), heading["title"].strip()
        if not dropped or level <= dropped:
            dropped = level if title.casefold() in appendices else 0
        if not dropped:
            parts.append(f"\n\n{'#' * level} {title}\n\n")
        start = heading.end()
    if not dropped:
        parts.append(text[start:])
    return clean(_without_empty_sections("".join(parts)))


def _without_empty_sections(text: str) -> str:
    """Headings that nothing follows but a heading of the same or a higher level stood over a table or a gallery."""
    lines = [line for line in text.split("\n") if line.strip()]
    kept: list[str] = []
    for line in reversed(lines):
        level = len(line) - len(line.lstrip("#")) if line.startswith("#") else 0
        below = kept[-1] if kept else "#"
        if level and below.startswith("#") and len(below) - len(below.lstrip("#")) <= level:
            continue
        kept.append(line)
    return "\n\n".join(reversed(kept))
