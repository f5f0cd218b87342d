"""Citations by author and year, as in (Lovelace, 1843), of sources that are listed without numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_YEAR = re.compile(r"(?<!\w)((?:18|19|20)\d\d[a-z]?)(?=[),;:]|\s*[);])")
_LISTED_YEAR = re.compile(r"(?<!\w)(?:18|19|20)\d\d[a-z]?(?!\w)")
_NAME = re.compile(r"[^\W\d_]{2,}")
_WINDOW: Final = 100


def author_years(entries: list[str]) -> dict[tuple[str, str], int]:
    """The place of each entry of a list under the first name and the first year that it gives."""
    places: dict[tuple[str, str], int] = {}
    for place, entry in enumerate(entries):
        name, year = _NAME.search(entry), _LISTED_YEAR.search(entry)
        if name and year:
            places.setdefault((name[0].casefold(), year[0]), place)
    return places


def find_author_years(body: str, places: dict[tuple[str, str], int]) -> Iterator[tuple[int, int, int]]:
    """Each year within brackets after the name of a listed author: where it starts and ends, and the entry's place."""
    for match in _YEAR.finditer(body):
        window = body[max(0, match.start() - _WINDOW) : match.start()].rpartition("\n")[2]
        if window.count("(") <= window.count(")"):
            continue
        # The nearest name of an author: a bracket may hold several citations.
        names = [name[0].casefold() for name in _NAME.finditer(window) if name[0][0].isupper()]
        place = next((places[name, match[1]] for name in reversed(names) if (name, match[1]) in places), None)
        if place is not None:
            yield match.start(), match.end(), place
