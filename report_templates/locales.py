"""The words around a report in its language: one TOML catalogue per language, English for all others."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

LOCALES: Final = ("en", "es", "ca", "eu", "gl")
_FOLDER: Final = Path(__file__).parent / "locales"


@dataclass(frozen=True)
class Catalogue:
    """The strings of one language, by section and name."""

    language: str
    strings: Mapping[str, Mapping[str, Any]]

    def text(self, section: str, name: str, /, **values: object) -> str:
        """One string with its values put in."""
        string: str = self.strings[section][name]
        return string.format(**values) if values else string

    def count(self, name: str, n: int, section: str = "counts") -> str:
        """A number with its noun: `1 source`, `3 sources`."""
        one, other = self.strings[section][name]
        form: str = one if n == 1 else other
        return form.format(n=n)

    def function_words(self) -> frozenset[str]:
        """Longer words that say nothing of what a sentence is about."""
        return frozenset(self.strings["highlights"]["function_words"].split())

    def kind(self, kind: str) -> str:
        """What kind of document, in words; an unknown kind is its own name."""
        word: str = self.strings["kinds"].get(kind, kind)
        return word

    def date(self, iso: str) -> str:
        """An ISO 8601 time as a date in words; what is no date comes back as it is."""
        try:
            day = date.fromisoformat(iso[:10])
        except ValueError:
            return iso
        month = self.strings["date"]["months"][day.month - 1]
        return self.text("date", "format", day=day.day, month=month, year=day.year)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language code such as `es` or `es-MX`; English for a language without one."""
    base = language.partition("-")[0].casefold()
    name = base if base in LOCALES else "en"
    return Catalogue(name, tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8")))
