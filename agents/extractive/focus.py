"""Focus: the facet and key phrases an analyst stands for, written into its description and read back from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...evidence.words import terms
from ..roles import Analyst
from .patterns import patterns_of

_FACET_WEIGHT: Final = 3.0
_PHRASE_WEIGHT: Final = 1.0
_MOST_PHRASES: Final = 12
_PARTS = re.compile(r"\s*[,;:.·•\n]\s*")


@dataclass(frozen=True, slots=True)
class Focus:
    """What an analyst looks for: `facet` as it stands inside a sentence, and its key phrases."""

    facet: str
    phrases: tuple[str, ...]

    def weights(self, language: str, without: Iterable[str] = ()) -> dict[str, float]:
        """How much each term of facet and phrases counts. `without` are terms that tell nothing: the topic's."""
        left_out = set(without)
        weights = dict.fromkeys(terms(self.facet, language), _FACET_WEIGHT)
        for phrase in self.phrases:
            for term in terms(phrase, language):
                weights.setdefault(term, _PHRASE_WEIGHT)
        return {term: weight for term, weight in weights.items() if term not in left_out} or weights


def describe(facet: str, phrases: Sequence[str], language: str) -> str:
    """The description of an analyst who stands for a facet."""
    listed = ", ".join(phrases) if phrases else facet
    return patterns_of(language).description.format(facet=facet, phrases=listed)


def focus_of(analyst: Analyst, language: str) -> Focus:
    """What an analyst stands for; of one that a person wrote, the role and what the description lists."""
    head, tail = patterns_of(language).description.split("{facet}")
    between = tail.split("{phrases}")[0]
    written = re.fullmatch(
        f"{re.escape(head)}(?P<facet>.+?){re.escape(between)}(?P<phrases>.+)", analyst["description"], re.DOTALL
    )
    if written and written["facet"].casefold() == analyst["role"].casefold():
        phrases = tuple(phrase for phrase in written["phrases"].split(", ") if phrase != written["facet"])
        return Focus(written["facet"], phrases)
    role = analyst["role"].strip() or analyst["name"]
    parts = [part for part in _PARTS.split(analyst["description"]) if terms(part, language)]
    return Focus(uncapitalised(role), tuple(dict.fromkeys(parts))[:_MOST_PHRASES])


def capitalised(phrase: str) -> str:
    """The phrase with a capital in front."""
    return phrase[:1].upper() + phrase[1:]


def uncapitalised(phrase: str) -> str:
    """A role as it stands inside a sentence: its first letter small, unless it is an abbreviation or a name."""
    words = phrase.split()
    is_name = len(words) > 1 and all(word[:1].isupper() for word in words)
    if not words or is_name or sum(letter.isupper() for letter in words[0]) > 1:
        return phrase
    return phrase[:1].lower() + phrase[1:]


def affinity(words: Iterable[str], context: Iterable[str], weights: Mapping[str, float]) -> float:
    """How much of what an analyst looks for stands in a sentence, and, counting a third, in its heading and title."""
    own = set(words)
    around = set(context) - own
    found = sum(weight for term, weight in weights.items() if term in own)
    near = sum(weight for term, weight in weights.items() if term in around)
    return (found + near / 3) / (sum(weights.values()) or 1.0)
