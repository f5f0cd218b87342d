"""The pages of invented towns: what a topic has on the web and in the wiki, and what a search finds of it.

A town has 400 pages on the web and 120 in the wiki. A page is about five of sixty themes, which its text speaks of more
often than of others; pages are numbered by how well known they are. A search finds the pages that have most of the
query's themes, the better known first: queries that share themes find pages in common, and a query without a theme (the
survey's) finds the best known ones. This is an assumption, not a measurement of a search engine.

All is computed from names and numbers: the same pages in every run. Every sentence stands on one page only. Sentences
are as long as those of 2,170 passages from the web (ExpertQA: 145 characters on average), and as many of them have
figures (one of five).
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice

WEB_PAGES, WIKI_PAGES = 400, 120
CHARACTERS = 6_000
_THEMES_OF_A_PAGE = 5
# How many sentences begin with a theme of their page.
_THEME_SHARE = 0.7
_YEAR_SHARE, _COUNT_SHARE = 0.05, 0.15
_SENTENCES_OF_A_PART = (4, 5)
_SHORTEST_SENTENCE = 80
_CHOICES = 17


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _by_byte(words: Iterable[str]) -> tuple[str, ...]:
    """256 words, so that any byte chooses one."""
    return tuple(islice(cycle(words), 256))


THEMES = _words("""
archive bakery bank bell bench boat bridge canal castle cellar cemetery chapel church cinema clock coast court dairy
dam factory ferry festival field fish forest fountain garden gate glass granary harbour hospital house inn island kiln
kitchen library lighthouse market mill mine monument museum orchard palace park pier press prison quarry railway river
road school square station street theatre tower
""")
_PEOPLE = _by_byte(
    _words("""
bakers builders children clerks farmers fishers friars guests masons nurses pilots sailors tailors
""")
)
_ADJECTIVES = _by_byte(
    _words("""
ancient broad busy careful common crowded distant early empty famous foreign former gentle hidden humble later local
modern narrow northern older painted plain private public quiet restored rural seasonal simple small southern steep
stone tall timber upper urban vast wealthy western wooden
""")
)
_VERBS = _by_byte(
    _words("""
attracts borders brightens carries changes connects covers crosses describes divides employs enriches faces feeds
finances follows guards heats inspires joins keeps lights limits measures needs opens overlooks owns protects recalls
receives repairs replaces serves shapes shelters shows supplies supports surrounds teaches welcomes
""")
)
_THINGS = _by_byte(THEMES)
_SYLLABLES = _by_byte([first + second for first in "bdfglmnprst" for second in "aeiou"])
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
    count = characters // _SHORTEST_SENTENCE + 1
    chance = random.Random(page.title).randbytes(count * _CHOICES)
    sentences = (_sentence(page.themes, chance[place : place + _CHOICES]) for place in range(0, len(chance), _CHOICES))
    parts: list[str] = []
    length = 0
    while length < characters:
        text = " ".join(islice(sentences, _SENTENCES_OF_A_PART[len(parts) % 2]))
        parts.append(f"## {page.themes[len(parts) % len(page.themes)].capitalize()}, part {len(parts) + 1}\n\n{text}")
        length += len(parts[-1]) + 2
    return "\n\n".join(parts)


def _sentence(themes: tuple[str, ...], by: bytes) -> str:
    """A sentence, each of whose words is chosen by a byte: a page is made while somebody waits for it."""
    # The first thing is mostly one of the page's themes, the others may be anything.
    thing = themes[by[0] % len(themes)] if by[0] < _THEME_SHARE * 256 else THEMES[by[1] % len(THEMES)]
    name = _SYLLABLES[by[2]] + _SYLLABLES[by[3]] + _SYLLABLES[by[4]] + _SYLLABLES[by[5]]
    people = _PEOPLE[by[6]]
    if by[7] < 256 * _YEAR_SHARE:
        whom = f"the {people} since {1760 + by[8]}"
    elif by[7] < 256 * (_YEAR_SHARE + _COUNT_SHARE):
        whom = f"{11 + 3 * by[8]} {people} each year"
    else:
        whom = f"the {people} of the {_THINGS[by[8]]}"
    begin = f"The {_ADJECTIVES[by[9]]} {thing} of {name} {_VERBS[by[10]]} the {_ADJECTIVES[by[11]]} {_THINGS[by[12]]}"
    end = f"{_VERBS[by[14]]} the {_ADJECTIVES[by[15]]} {_THINGS[by[16]]} on the other side"
    return f"{begin}, where it {_VERBS[by[13]]} {whom} and {end}."


def _name(chance: random.Random, syllables: int = 4) -> str:
    return "".join(chance.choices(_SYLLABLES, k=syllables))
