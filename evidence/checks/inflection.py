"""Inflection: whether a word stands in a text, whatever its case, accents and endings."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ..words import fold
from .facts import Facts
from .vocabulary import vocabulary

# Letters and digits in one piece, however it is joined: `ALIA-40B`, `datos.gob.es`, `O’Brien`, `AT&T`.
CHUNK: Final = re.compile(r"[^\W_]+(?:[-‐‑·&./’'][^\W_]+)*")

_PARTS: Final = re.compile(r"[^\W_]+")
_PLURALS: Final = ("s", "es", "n", "ns")
_SHORTEST: Final = 3


def stands(word: str, facts: Facts) -> bool:
    """Whether a word, or a form of it, stands in a text. Joined words stand when all their parts do."""
    known = _forms_in(facts.text, facts.language.code)
    if _squashed(word) in known:
        return True
    parts = _PARTS.findall(word)
    return all(not known.isdisjoint(forms(part, facts.language.code)) for part in parts)


@lru_cache(maxsize=20_000)
def forms(word: str, language: str) -> frozenset[str]:
    """A word, folded, and what is left of it without a plural or a case ending."""
    folded = fold(word)
    found = {folded}
    for ending in _PLURALS:
        if folded.endswith(ending) and len(folded) - len(ending) >= _SHORTEST:
            found.add(folded[: -len(ending)])
    found.update(stem for stem in vocabulary(language).stems(folded) if len(stem) >= _SHORTEST)
    return frozenset(found)


@lru_cache(maxsize=2048)
def _forms_in(text: str, language: str) -> frozenset[str]:
    """The forms of all words of a text, its joined words also in one piece."""
    found: set[str] = set()
    for chunk in set(CHUNK.findall(text)):
        found.add(_squashed(chunk))
        for part in _PARTS.findall(chunk):
            found |= forms(part, language)
    return frozenset(found)


def _squashed(word: str) -> str:
    """A joined word as one: `ALIA 40B` has other joints than `ALIA-40B`."""
    return "".join(character for character in fold(word) if character.isalnum())
