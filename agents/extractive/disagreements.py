"""Disagreements: sentences of different documents that give different numbers for what seems to be the same thing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

from ...evidence.words import fold
from .candidates import Candidate
from .vectors import Vector, cosine

_ALIKE: Final = 0.22
_SHARED: Final = 3
_BEGINNING: Final = 3
# A quantity with the word it counts: "36,000 electoral sections". Years and ordinals are not quantities.
_QUANTITY = re.compile(
    r"(?<![\w.,-])(?P<number>\d{1,3}(?:[.,\s]\d{3})+|\d+(?:[.,]\d+)?)"
    r"\s+(?P<unit>[^\W\d_]{3,})(?:\s+(?P<second>[^\W\d_]{3,}))?"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,\s]\d{3})+")
# What a scale means differs between languages (billion, billón): such numbers are not compared.
_SCALE = re.compile(r"mil|bil|trill|thou|hundred", re.IGNORECASE)
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")


def find_disagreements(candidates: Sequence[Candidate], vectors: Sequence[Vector]) -> list[tuple[int, int]]:
    """Pairs of indices, the earlier first, the most alike first. Each sentence is in one pair at most."""
    quantities = [_quantities(candidate.text) for candidate in candidates]
    numbered = [index for index, found in enumerate(quantities) if found]
    pairs = []
    for one, other in combinations(numbered, 2):
        alike = _likeness(candidates[one], candidates[other], vectors[one], vectors[other])
        if alike and _differ(quantities[one], quantities[other]):
            pairs.append((-alike, one, other))
    taken: set[int] = set()
    kept = []
    for _, one, other in sorted(pairs):
        if taken.isdisjoint((one, other)):
            taken.update((one, other))
            kept.append((one, other))
    return kept


def _likeness(one: Candidate, other: Candidate, vector: Vector, other_vector: Vector) -> float:
    """How much two sentences speak of one thing; 0 for too little, or for sentences of one document."""
    if one.document == other.document:
        return 0.0
    if one.language == other.language:
        alike = cosine(vector, other_vector)
        return alike if alike >= _ALIKE and len(set(one.terms) & set(other.terms)) >= _SHARED else 0.0
    # Across languages names, numbers and learned words still begin alike: catalogue, catálogo.
    shared = {term[:_BEGINNING] for term in one.terms} & {term[:_BEGINNING] for term in other.terms}
    return len(shared) / max(len(one.terms), len(other.terms)) if len(shared) >= _SHARED else 0.0


def _differ(one: Mapping[str, set[str]], other: Mapping[str, set[str]]) -> bool:
    """Whether both count the same, and no number agrees."""
    units = one.keys() & other.keys()
    return bool(units) and all(one[unit].isdisjoint(other[unit]) for unit in units)


def _quantities(text: str) -> dict[str, set[str]]:
    """For the beginning of each word that is counted, the numbers given. A percentage counts nothing by name."""
    found: dict[str, set[str]] = {}
    for match in _QUANTITY.finditer(text):
        number = _plain(match["number"])
        if _YEAR.fullmatch(number) or _SCALE.match(match["unit"]):
            continue
        for unit in (match["unit"], match["second"]):
            if unit:
                found.setdefault(fold(unit)[:_BEGINNING], set()).add(number)
    return found


def _plain(number: str) -> str:
    """A number without thousands separators and with a decimal point."""
    if _THOUSANDS.fullmatch(number):
        return re.sub(r"\D", "", number)
    return number.replace(",", ".")
