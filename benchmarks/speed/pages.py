"""The pages of invented towns: what a topic has on the web and in the wiki, and what a search finds of it.

A town has 400 pages on the web and 120 in the wiki. A page is about five of sixty themes, which its text speaks of more
often than of others; pages are numbered by how well known they are. A search finds the pages that have most of the
query's themes, the better known first: queries that share themes find pages in common, and a query without a theme (the
survey's) finds the best known ones. This is an assumption, not a measurement of a search engine.

All is computed from names and numbers: the same pages in every run. Every sentence stands on one page only, and a third
of them have a year, a third a count, as texts have.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

WEB_PAGES, WIKI_PAGES = 400, 120
CHARACTERS = 6_000
_THEMES_OF_A_PAGE = 5
# How many sentences begin with a theme of their page.
_THEME_SHARE = 0.7
_SENTENCES_OF_A_PART = 6
_SHORTEST_SENTENCE = 60
_CHOICES = 14
_SYLLABLES = tuple(first + second for first in "bdfglmnprst" for second in "aeiou")

THEMES = tuple(
    "archive bakery bank bell bench boat bridge canal castle cellar cemetery chapel church cinema clock coast court dairy "
    "dam factory ferry festival field fish forest fountain garden gate glass granary harbour hospital house inn island "
    "kiln kitchen library lighthouse market mill mine monument museum orchard palace park pier press prison quarry railway "
    "river road school square station street theatre tower".split()
)
_PEOPLE = tuple(
    "bakers builders children clerks farmers fishers friars guests masons nurses pilots sailors tailors".split()
)
_ADJECTIVES = tuple(
    "ancient broad busy careful common crowded distant early empty famous foreign former gentle hidden humble later local "
    "modern narrow northern older painted plain private public quiet restored rural seasonal simple small southern steep "
    "stone tall timber upper urban vast wealthy western wooden".split()
)
_VERBS = tuple(
    "attracts borders brightens carries changes connects covers crosses describes divides employs enriches faces feeds "
    "finances follows guards heats inspires joins keeps lights limits measures needs opens overlooks owns protects recalls "
    "receives repairs replaces serves shapes shelters shows supplies supports surrounds teaches welcomes".split()
)
_TOWN = re.compile(r"\b[A-Z][a-z]+ton\b")
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a town."""

    town: str
    kind: str
    number: int
    title: str
    themes: tuple[str, ...]

    def text(self, characters: int = CHARACTERS) -> str:
        """Its text as light Markdown, a little longer than that."""
        return _text(self, characters)


def town(number: int) -> str:
    """The name of a town, by number."""
    return f"{_name(random.Random(number), 3).capitalize()}ton"


def town_in(text: str) -> str:
    """The town that a topic, a query or a title is about. Raises ValueError for none."""
    found = _TOWN.search(text)
    if found is None:
        raise ValueError(f"no town in {text[:200]!r}")
    return found[0]


def search(kind: str, query: str) -> Iterator[Page]:
    """What is found for a query, best first."""
    wanted = set(_WORD.findall(query.lower()))
    yield from sorted(_pages(town_in(query), kind), key=lambda page: -len(wanted.intersection(page.themes)))


def titled(kind: str, title: str) -> Page | None:
    """The page of a title."""
    return _titles(town_in(title), kind).get(title)


def number_of(text: str) -> int:
    """A large number that is always the same for the same text."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


@cache
def _pages(place: str, kind: str) -> tuple[Page, ...]:
    chance = random.Random(f"{kind} of {place}")
    return tuple(_page(place, kind, number, chance) for number in range(WEB_PAGES if kind == "web" else WIKI_PAGES))


def _page(place: str, kind: str, number: int, chance: random.Random) -> Page:
    themes = chance.sample(THEMES, _THEMES_OF_A_PAGE)
    title = f"The {themes[0]} and the {themes[1]} of {place}, {kind} {_name(chance)}"
    return Page(place, kind, number, title, tuple(themes))


@cache
def _titles(place: str, kind: str) -> dict[str, Page]:
    return {page.title: page for page in _pages(place, kind)}


@cache
def _text(page: Page, characters: int) -> str:
    # One byte is one choice: a page is made while somebody waits for it.
    count = characters // _SHORTEST_SENTENCE + 1
    chance = iter(random.Random(page.title).randbytes(count * _CHOICES))
    sentences = (_sentence(page.themes, chance) for _ in range(count))
    parts: list[str] = []
    length = 0
    while length < characters:
        text = " ".join(islice(sentences, _SENTENCES_OF_A_PART))
        parts.append(f"## {page.themes[len(parts) % len(page.themes)].capitalize()}, part {len(parts) + 1}\n\n{text}")
        length += len(parts[-1]) + 2
    return "\n\n".join(parts)


def _sentence(themes: tuple[str, ...], chance: Iterator[int]) -> str:
    form, own, *words = islice(chance, _CHOICES)
    # The first thing is mostly one of the page's themes, the others may be anything.
    thing = themes[own % len(themes)] if own % 10 < _THEME_SHARE * 10 else THEMES[own % len(THEMES)]
    old, new = (_ADJECTIVES[choice % len(_ADJECTIVES)] for choice in words[:2])
    does, more = (_VERBS[choice % len(_VERBS)] for choice in words[2:4])
    second, third, fourth = (THEMES[choice % len(THEMES)] for choice in words[4:7])
    people = _PEOPLE[words[7] % len(_PEOPLE)]
    name = "".join(_SYLLABLES[choice % len(_SYLLABLES)] for choice in words[8:])
    begin = f"The {old} {thing} of {name} {does} the {new} {second}"
    match form % 3:
        case 0:
            return f"{begin} and since {1760 + words[7]} {more} the {third} by the {fourth}."
        case 1:
            return f"{begin} and {more} {11 + 3 * words[6]} {people} of the {third} each year."
        case _:
            return f"{begin} and {more} the {people} of the {third} near the {fourth}."


def _name(chance: random.Random, syllables: int = 4) -> str:
    return "".join(chance.choices(_SYLLABLES, k=syllables))
