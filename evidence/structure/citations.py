"""Citations in the body of a foreign report: markers in all the forms that tools write, links and bare addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .addresses import ADDRESS, TARGET, is_web, trim
from .author_years import author_years, find_author_years
from .listing import HIGHEST, Listing

_ONE: Final = r"\^?\d{1,4}(?:[ \t]*[-–—~～至][ \t]*\^?\d{1,4})?"
_MANY: Final = rf"{_ONE}(?:[ \t]*[,，;；、/][ \t]*{_ONE})*+"
_LOCATOR: Final = r"(?:,[ \t]*(?:pp?|ch|sec|§|págs?)\.?[ \t]*\d[\d–-]*+)?"
# Some chat tools put the place in the source after a dagger: 【3†L12-L20】, 【4:1†source】.
_DAGGER: Final = r"(?::\d{1,4})?†[^】\]\n]{0,80}"
_NUMBERS: Final = rf"[ \t]*(?P<numbers>{_MANY}){_LOCATOR}(?:{_DAGGER})?[ \t]*"
_TEXT: Final = r"(?:[^\[\]\n]++|\[[^\[\]\n]*+\])*+"

_CITATION = re.compile(
    "|".join(
        [
            rf"(?P<image>!?)\[(?P<text>{_TEXT})\]{TARGET}",
            rf"(?P<marker>\\?[\[［【]{_NUMBERS}\\?[\]］】])",
            r"\[\^(?P<note>[^\]\s]{1,60})\]",
            rf"\[(?P<words>{_TEXT})\]\[(?P<reference>[^\[\]\n]{{0,100}})\]",
            rf"(?P<address>{ADDRESS})",
            r"<sup>[ ]*(?P<tag>\d{1,3}(?:[ ]*,[ ]*\d{1,3})*)[ ]*</sup>",
            r"(?P<raised>[⁰¹²³⁴-⁹]{1,3}(?:[,˒⁻–][⁰¹²³⁴-⁹]{1,3})*)(?![⁺⁻ⁿ⁰¹²³⁴-⁹\w])",
        ]
    )
)
_LABEL = re.compile(rf"\\?\[?\^?{_NUMBERS}\\?\]?")
_PART = re.compile(r"(\d{1,4})(?:[ \t]*[-–—~～至][ \t]*\^?(\d{1,4}))?")
_LONGEST_RANGE: Final = 300
# `x ∈ [1, 5]` is an interval.
_MATHS: Final = ("∈", "=", "≈", "×", "∉", "±", "<", "≤", "≥")
_UNITS: Final = frozenset("mm cm dm km ft in yd mi nm um µm μm hm kg sr".split())  # noqa: SIM905
_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹˒⁻", "0123456789,-")
_LAST_WORD = re.compile(r"[^\W\d_]{1,12}\Z")


@dataclass(frozen=True, slots=True)
class Citation:
    """One citation as it stands in the text: the labels that a marker names, or the address that a link gives.

    `form` is marker, link, address, author or "" for a link that cites nothing (an image, an anchor). `cuts` are the
    spans that are no part of the sentence. `place` is where the source stands in the list that an author and a year
    are found in.
    """

    form: str
    start: int
    end: int
    labels: tuple[str, ...] = ()
    address: str = ""
    cuts: tuple[tuple[int, int], ...] = ()
    place: int = -1


def find_citations(listing: Listing) -> list[Citation]:
    """Every citation in the body, in order.

    Raised digits are markers only where sources are numbered and no brackets cite: otherwise they are powers. Authors
    with a year are citations where the list has no numbers.
    """
    found = [citation for match in _CITATION.finditer(listing.body) if (citation := _read(match, listing))]
    if any(citation.labels for citation in found):
        return found
    if listing.labels:
        raised = (_raised(match, listing.body) for match in _CITATION.finditer(listing.body))
        found.extend(citation for citation in raised if citation)
    else:
        places = author_years([source.text for source in listing.sources])
        found.extend(
            Citation("author", start, end, cuts=((start, start),), place=place)
            for start, end, place in find_author_years(listing.body, places)
        )
    return sorted(found, key=lambda citation: citation.start)


def _read(match: re.Match[str], listing: Listing) -> Citation | None:
    start, end = match.span()
    if match["image"]:
        return Citation("", start, end, cuts=((start, end),))
    if match["text"] is not None:
        return _link(match, listing)
    if match["marker"]:
        return _marker(_labels(match["numbers"], listing), start, end) if not _is_interval(match) else None
    if match["note"]:
        return _marker((_note_label(match["note"], listing),), start, end)
    if match["words"] is not None:
        return _reference(match, listing)
    if match["address"]:
        address = trim(match["address"])
        end = start + len(address)
        return Citation("address", start, end, (), address, ((start, end),))
    return None


def _marker(labels: tuple[str, ...], start: int, end: int, address: str = "") -> Citation | None:
    return Citation("marker", start, end, labels, address, ((start, end),)) if labels else None


def _link(match: re.Match[str], listing: Listing) -> Citation:
    """`[1](address)` and `[1](#sources)` are markers; `[words](address)` cites by its link, and its words stay."""
    start, end = match.span()
    address = match["target"] if is_web(match["target"]) else ""
    label = _LABEL.fullmatch(match["text"])
    marker = label and _marker(_labels(label["numbers"], listing), start, end, address)
    if marker:
        return marker
    cuts = ((start, match.start("text")), (match.end("text"), end))
    return Citation("link" if address else "", start, end, (), address, cuts)


def _reference(match: re.Match[str], listing: Listing) -> Citation | None:
    """`[words][1]` cites source 1; `[words][name]` links to what the name is defined as."""
    start, end = match.span()
    cuts = ((start, match.start("words")), (match.end("words"), end))
    name = match["reference"] or match["words"]
    number = _LABEL.fullmatch(name)
    labels = _labels(number["numbers"], listing) if number else ()
    if labels:
        return Citation("marker", start, end, labels, "", cuts)
    address = listing.definitions.get(name.strip().casefold(), "")
    return Citation("link", start, end, (), address, cuts) if address else None


def _note_label(name: str, listing: Listing) -> str:
    """A footnote's own label; its number where the report lists numbers and defines no footnotes."""
    return f"^{name}" if listing.footnotes or not name.isdecimal() else str(int(name))


def _labels(numbers: str, listing: Listing) -> tuple[str, ...]:
    """The labels that `1, 4-6` names; none when it cannot be a marker, as `[2024]` and `[0, 1]` cannot."""
    labels = _expanded(numbers)
    known = listing.labels
    if not all(0 < int(label) <= HIGHEST or label in known for label in labels):
        return ()
    return tuple(_note_label(label, listing) for label in labels) if "^" in numbers else labels


@lru_cache(maxsize=4096)
def _expanded(numbers: str) -> tuple[str, ...]:
    labels: list[str] = []
    for first, last in _PART.findall(numbers):
        start, end = int(first), int(last or first)
        labels += map(str, range(start, end + 1) if start <= end <= start + _LONGEST_RANGE else (start, end))
    return tuple(dict.fromkeys(labels))


def _is_interval(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 2) : match.start()].rstrip()
    return before.endswith(_MATHS)


def _raised(match: re.Match[str], body: str) -> Citation | None:
    numbers = match["tag"] or match["raised"]
    if not numbers or (match["raised"] and not _may_be_raised(body[max(0, match.start() - 12) : match.start()])):
        return None
    labels = _expanded(numbers.translate(_RAISED))
    valid = all(0 < int(label) <= HIGHEST for label in labels)
    return _marker(labels, *match.span()) if valid else None


def _may_be_raised(before: str) -> bool:
    """Whether raised digits after this text may be a marker: after a word that is no unit, or after punctuation."""
    if not before or before[-1] in ".,;:!?…。，；：！？”\"»）)’'":
        return bool(before)
    word = _LAST_WORD.search(before)
    return word is not None and len(word[0]) > 1 and word[0].casefold() not in _UNITS
