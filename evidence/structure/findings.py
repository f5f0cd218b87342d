"""Findings: what a reader of a report cannot follow, with the line it stands in."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Final

from .addresses import page
from .citations import Citation
from .listing import Listing
from .statements import Statement

KINDS: Final = {
    "dangling_marker": "cited, but not in the list of sources",
    "repeated_number": "two sources have the same number",
    "mismatched_link": "the marker's link leads to another page than the source it names",
    "duplicate_source": "the same page is listed more than once",
    "unused_source": "listed, but never cited",
    "numbering_gap": "numbers are missing in the list of sources",
    "unnumbered_sources": "the text cites numbers, the list has none",
    "unlisted_link": "a link whose page is not in the list of sources",
    "bare_address": "an address without a title, whose page is not in the list of sources",
    "uncited_number": "a sentence states a number and cites nothing",
}
"""Every kind of finding, and what it says."""

_LONGEST_TEXT: Final = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `kind` is one of `KINDS`; `line` counts from 1; `text` is what stands there, cut when long."""

    kind: str
    line: int
    text: str
    message: str

    def to_dict(self) -> dict[str, str | int]:
        """The finding as plain data."""
        return asdict(self)


class Lines:
    """Which line of a text a character stands in."""

    def __init__(self, text: str) -> None:
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def __getitem__(self, place: int) -> int:
        """The number of the line, from 1."""
        return bisect_left(self._breaks, place) + 1


@dataclass(frozen=True)
class Reading:
    """All that was read in a report: what the findings are drawn from."""

    text: str
    lines: Lines
    listing: Listing
    citations: Sequence[Citation]
    statements: Sequence[Statement]

    @cached_property
    def cited_labels(self) -> set[str]:
        """The labels that markers name."""
        return {label for citation in self.citations for label in citation.labels}

    @cached_property
    def linked_pages(self) -> set[str]:
        """The pages that the body links to."""
        return {page(citation.address) for citation in self.citations if citation.address}

    @cached_property
    def counts_places(self) -> bool:
        """Whether markers can only be followed by counting the entries of a list without numbers."""
        sources = self.listing.sources
        return bool(sources) and not self.listing.labels and any(label.isdecimal() for label in self.cited_labels)

    def label(self, index: int) -> str:
        """What markers call a listed source by: its label, or its place where the list has no numbers."""
        return str(index + 1) if self.counts_places else self.listing.sources[index].label

    def name(self, index: int) -> str:
        """What a message calls a listed source by."""
        label = self.label(index)
        return f"[{label}]" if label else f"the entry in line {self.lines[self.listing.sources[index].start]}"


def find_all(reading: Reading) -> list[Finding]:
    """All findings, in the order of their lines."""
    found = [
        *_dangling(reading),
        *_repeated_numbers(reading),
        *_mismatched(reading),
        *_duplicates(reading),
        *_unused(reading),
        *_gaps(reading),
        *_unnumbered(reading),
        *_unlisted(reading),
        *_uncited_numbers(reading),
    ]
    return sorted(found, key=lambda finding: finding.line)


def used_sources(reading: Reading) -> list[bool]:
    """For each listed source whether a marker or an author and year name it, or a link leads to one of its pages."""
    labels, pages = reading.cited_labels, reading.linked_pages
    places = {citation.place for citation in reading.citations}
    return [
        reading.label(index) in labels or index in places or not pages.isdisjoint(source.pages)
        for index, source in enumerate(reading.listing.sources)
    ]


def duplicate_groups(reading: Reading) -> list[list[int]]:
    """The listed sources, as their places in the list, that name the same page; only groups of two and more."""
    groups: dict[str, list[int]] = {}
    for index, source in enumerate(reading.listing.sources):
        if source.addresses:
            groups.setdefault(page(source.addresses[0]), []).append(index)
    return [group for group in groups.values() if len(group) > 1]


def dangling_labels(reading: Reading) -> dict[str, list[Citation]]:
    """The labels that are cited and not listed, with their markers. Where nothing is listed, a link needs no list."""
    known = {reading.label(index) for index in range(len(reading.listing.sources))}
    dangling: dict[str, list[Citation]] = {}
    for citation in reading.citations:
        if known or not citation.address:
            for label in citation.labels:
                if label not in known:
                    dangling.setdefault(label, []).append(citation)
    return dangling


def missing_numbers(reading: Reading) -> list[tuple[int, int, int]]:
    """Each run of numbers that the list leaves out: its first, its last, and the place in the list of the one after."""
    places = {source.number: index for index, source in reversed(list(enumerate(reading.listing.sources)))}
    numbers = sorted(number for number in places if number)
    runs = zip([0, *numbers], numbers, strict=False)
    return [(before + 1, after - 1, places[after]) for before, after in runs if after > before + 1]


def _dangling(reading: Reading) -> Iterator[Finding]:
    """One finding for each label; numbers in a row that first stand in the same line are told together."""
    run: list[tuple[str, list[Citation]]] = []
    for label, markers in dangling_labels(reading).items():
        if run and not _follows(reading, run[-1], (label, markers)):
            yield _dangling_run(reading, run)
            run = []
        run.append((label, markers))
    if run:
        yield _dangling_run(reading, run)


def _follows(reading: Reading, before: tuple[str, list[Citation]], after: tuple[str, list[Citation]]) -> bool:
    in_a_row = before[0].isdecimal() and after[0].isdecimal() and int(after[0]) == int(before[0]) + 1
    return in_a_row and reading.lines[before[1][0].start] == reading.lines[after[1][0].start]


def _dangling_run(reading: Reading, run: list[tuple[str, list[Citation]]]) -> Finding:
    first, last = run[0][1][0], run[-1][1][0]
    text = reading.text[first.start : last.end]
    label = run[0][0]
    if len(run) > 1:
        message = f"[{label}] to [{run[-1][0]}] are cited, but not listed"
    else:
        times = len(run[0][1])
        message = f"[{label}] is cited{f' {times} times' if times > 1 else ''}, but not listed"
    return _finding("dangling_marker", reading, first.start, text, message)


def _repeated_numbers(reading: Reading) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, source in enumerate(reading.listing.sources):
        if source.label and first.setdefault(source.label, index) != index:
            line = reading.lines[reading.listing.sources[first[source.label]].start]
            message = f"[{source.label}] is listed in line {line} already, as another source"
            yield _finding("repeated_number", reading, source.start, source.text, message)


def _mismatched(reading: Reading) -> Iterator[Finding]:
    pages: dict[str, set[str]] = {}
    for index, source in enumerate(reading.listing.sources):
        pages.setdefault(reading.label(index), set()).update(source.pages)
    told: set[tuple[str, str]] = set()
    for citation in reading.citations:
        if len(citation.labels) != 1 or not citation.address:
            continue
        label, own = citation.labels[0], page(citation.address)
        if pages.get(label) and own not in pages[label] and (label, own) not in told:
            told.add((label, own))
            message = f"the link of [{label}] leads to another page than the one listed as [{label}]"
            yield _finding("mismatched_link", reading, citation.start, own, message)


def _duplicates(reading: Reading) -> Iterator[Finding]:
    for group in duplicate_groups(reading):
        for index in group[1:]:
            source = reading.listing.sources[index]
            message = f"{reading.name(index)} is the same page as {reading.name(group[0])}: {source.addresses[0]}"
            yield _finding("duplicate_source", reading, source.start, source.text, message)


def _unused(reading: Reading) -> Iterator[Finding]:
    for index, used in enumerate(used_sources(reading)):
        if not used:
            source = reading.listing.sources[index]
            message = f"{reading.name(index)} is listed, but never cited"
            yield _finding("unused_source", reading, source.start, source.text, message)


def _gaps(reading: Reading) -> Iterator[Finding]:
    for first, last, index in missing_numbers(reading):
        source = reading.listing.sources[index]
        missing = f"[{first}] is" if first == last else f"[{first}] to [{last}] are"
        yield _finding(
            "numbering_gap", reading, source.start, source.text, f"{missing} missing before [{source.label}]"
        )


def _unnumbered(reading: Reading) -> Iterator[Finding]:
    if reading.counts_places:
        source = reading.listing.sources[0]
        message = "the text cites numbers, but the list has none: a reader must count its entries"
        yield _finding("unnumbered_sources", reading, source.start, source.text, message)


def _unlisted(reading: Reading) -> Iterator[Finding]:
    listed = {own for source in reading.listing.sources for own in source.pages}
    told: set[str] = set()
    for citation in reading.citations:
        own = page(citation.address) if citation.address and not citation.labels else ""
        if not own or own in listed or own in told:
            continue
        told.add(own)
        text = reading.text[citation.start : citation.end]
        if citation.form == "address":
            message = f"{own} stands bare: no title says what it is, and no list of sources holds it"
            yield _finding("bare_address", reading, citation.start, text, message)
        elif listed:
            message = f"the text links to {own}, which is not in the list of sources"
            yield _finding("unlisted_link", reading, citation.start, text, message)


def _uncited_numbers(reading: Reading) -> Iterator[Finding]:
    cited_blocks = {statement.block.start for statement in reading.statements if statement.cited}
    for statement in reading.statements:
        if statement.numeric and not statement.cited:
            message = "states a number and cites nothing"
            if statement.block.start in cited_blocks:
                message += "; only other sentences of its paragraph do"
            yield _finding("uncited_number", reading, statement.start, statement.text, message)


def _finding(kind: str, reading: Reading, place: int, text: str, message: str) -> Finding:
    short = text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
    return Finding(kind, reading.lines[place], short, message)
