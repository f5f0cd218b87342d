"""Corroboration: in how many independent places a figure of the report stands."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Final

from .checks.facts import Facts, find_facts
from .checks.numbers import check_numbers
from .checks.vocabulary import vocabulary
from .cognates import count_cognates
from .documents import Document
from .figures import Figure, find_figures
from .languages import base_language, detect_language
from .ledger import Ledger
from .passages import Excerpt
from .sentences import split_sentences
from .urls import site_name
from .words import folded_words, terms

_SHARED: Final = 0.6
_SHARED_WITH_TELLING_NUMBER: Final = 0.4
_TELLING_DIGITS: Final = 3
_FEWEST: Final = 2
_FEWEST_COGNATES: Final = 3
_COGNATES: Final = 0.75
# A rounded number is looked for this far around; whether it is one, the check of numbers says.
_REACH: Final = 0.1
_COPY: Final = 0.8
# No more places than these are looked at for one figure: a figure that everybody states is not searched for at length.
_ENOUGH: Final = 24
# Below a country's domain these do not belong to anyone: the site is one label longer (gob.es, co.uk).
_SECOND_LEVELS: Final = frozenset("ac asso co com edu eus gob gouv gov gub gv info ltd mil ne net nom or org".split())  # noqa: SIM905
# Everyone has a site of their own below these.
_HOSTS: Final = frozenset(
    """blogspot.com github.io gitlab.io herokuapp.com netlify.app pages.dev readthedocs.io substack.com tumblr.com
    vercel.app web.app wixsite.com wordpress.com""".split()  # noqa: SIM905
)


def independent_sites(sentence: str, citations: Sequence[str], ledger: Ledger, *, language: str) -> int:
    """In how many independent places the figures of one sentence stand (see `Corroboration.sites`)."""
    return Corroboration(ledger, language).sites(sentence, citations)


def site_of(document: Document) -> str:
    """What a document is no independent witness beside: its site, all subdomains together, or the file itself."""
    host = site_name(document.url)
    if not host:
        return document.url
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdigit():
        return host
    long = ".".join(labels[-2:]) in _HOSTS or (len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS)
    return ".".join(labels[-3 if long else -2 :])


@dataclass(frozen=True)
class _Passage:
    """A passage in the language that it is in."""

    excerpt: Excerpt
    language: str

    @cached_property
    def context(self) -> frozenset[str]:
        """What the whole passage speaks of. Few are asked: only those that give the number that is looked for."""
        said = f"{self.excerpt.document.title} {self.excerpt.passage.heading} {self.excerpt.text}"
        return frozenset(terms(said, self.language))


@dataclass(frozen=True)
class _Witness:
    """A sentence of a passage that states figures."""

    sentence: str
    figures: Sequence[Figure]
    passage: _Passage

    @property
    def key(self) -> str:
        return self.passage.excerpt.key

    @property
    def facts(self) -> Facts:
        return find_facts(self.sentence, self.passage.language)

    @cached_property
    def words(self) -> frozenset[str]:
        """All words, to tell copies by."""
        return frozenset(folded_words(self.sentence))

    @cached_property
    def site(self) -> str:
        return site_of(self.passage.excerpt.document)


class Corroboration:
    """The figures that the passages of a ledger state, looked up by their size. Built once per ledger."""

    def __init__(self, ledger: Ledger, language: str) -> None:
        self._language = base_language(language)
        self._passages = {e.key: e for e in ledger.excerpts(passage.key for passage in ledger.passages())}
        self._by_passage: dict[str, list[_Witness]] = {}
        self._by_size: dict[float, list[_Witness]] = defaultdict(list)
        for excerpt in self._passages.values():
            self._by_passage[excerpt.key] = list(_witnesses(excerpt, self._language))
            for witness in self._by_passage[excerpt.key]:
                for size in _sizes(witness.figures):
                    self._by_size[size].append(witness)
        self._sizes = sorted(self._by_size)

    def sites(self, sentence: str, citations: Sequence[str]) -> int:
        """In how many independent places the figures of a sentence stand; of several, the least attested counts.

        Places are the passages that it cites (`citations` are their keys), and all others of the ledger that give the
        number of the same thing. Pages of one site are one place, and so are sentences that are the same nearly word
        for word. 0 when the sentence states no figure, or when one stands nowhere; 1 is a single source.
        """
        figures = find_figures(sentence, self._language)
        facts = find_facts(sentence, self._language)
        return min((self._places(figure, facts, citations) for figure in figures if not figure.small), default=0)

    def _places(self, figure: Figure, facts: Facts, citations: Sequence[str]) -> int:
        claimed = [q for q in facts.quantities if figure.start <= q.start < figure.end]
        claim = replace(facts, quantities=tuple(claimed))
        cited = [self._passages[key] for key in citations if key in self._passages]
        found = [witness for excerpt in cited for witness in self._cited(claim, excerpt)]
        others = (witness for witness in self._near(figure) if witness.key not in citations)
        agreeing = (witness for witness in others if _is_same(figure, witness) and _stands(claim, witness.facts))
        return _count_independent([*found, *islice(agreeing, _ENOUGH)])

    def _cited(self, claim: Facts, excerpt: Excerpt) -> list[_Witness]:
        """Where a number stands in a passage that is cited for it: which sentence, if one by itself says it."""
        found = [witness for witness in self._by_passage[excerpt.key] if _stands(claim, witness.facts)]
        language = _language(excerpt, self._language)
        if found or not _stands(claim, find_facts(excerpt.text, language)):
            return found
        return [_Witness(excerpt.text, (), _Passage(excerpt, language))]

    def _near(self, figure: Figure) -> list[_Witness]:
        """The sentences with a number about as large, in the order of the ledger, each once."""
        found: dict[int, _Witness] = {}
        for size in sorted(_sizes([figure])):
            margin = abs(size) * _REACH
            first, last = bisect_left(self._sizes, size - margin), bisect_right(self._sizes, size + margin)
            for near in self._sizes[first:last]:
                found.update((id(witness), witness) for witness in self._by_size[near])
        return list(found.values())


def _language(excerpt: Excerpt, default: str) -> str:
    return base_language(excerpt.document.language) or detect_language(excerpt.document.text[:3000], default)


def _witnesses(excerpt: Excerpt, default: str) -> Iterator[_Witness]:
    passage = _Passage(excerpt, _language(excerpt, default))
    # To cut into sentences takes longer than to see that none of them states a number.
    if not vocabulary(passage.language).may_state(excerpt.text):
        return
    for sentence in split_sentences(excerpt.text, passage.language):
        if figures := find_figures(sentence.text, passage.language):
            yield _Witness(sentence.text, figures, passage)


def _sizes(figures: Sequence[Figure]) -> set[float]:
    return {point for figure in figures for _, span in figure.spans for point in span.points}


def _stands(claim: Facts, other: Facts) -> bool:
    """Whether all numbers of the claim stand in a text, as the check of numbers has it."""
    checked = check_numbers(claim, [other])
    return checked.held == len(claim.quantities) and not checked.findings


def _is_same(figure: Figure, witness: _Witness) -> bool:
    """Whether a sentence gives a figure of the same thing: enough of its words, no other year."""
    return any(_is_same_thing(figure, other, witness.passage) for other in witness.figures if figure.admits(other))


def _is_same_thing(one: Figure, other: Figure, passage: _Passage) -> bool:
    if one.scope.years and other.scope.years and one.scope.years.isdisjoint(other.scope.years):
        return False
    if one.language != other.language:
        shared = count_cognates(one.core, other.core)
        return shared >= _FEWEST_COGNATES and shared >= _COGNATES * min(len(one.core), len(other.core))
    if one.counted and other.counted and not set(one.counted) & set(other.counted):
        return False
    if len(one.core & other.words) < min(_FEWEST, len(one.core)):
        return False
    least = _SHARED_WITH_TELLING_NUMBER if _is_telling(one) else _SHARED
    return bool(one.core) and len(one.core & (other.words | passage.context)) >= least * len(one.core)


def _is_telling(figure: Figure) -> bool:
    """Whether a number is not round, so that another text has it hardly by chance: 36,412 and 13.75, not 180."""
    digits = "".join(character for character in figure.value if character.isdigit())
    return len(digits.strip("0")) >= _TELLING_DIGITS


def _count_independent(witnesses: Sequence[_Witness]) -> int:
    """How many sites there are, those that copy each other's sentence counted once."""
    kept: list[_Witness] = []
    sites: dict[str, list[_Witness]] = defaultdict(list)
    for witness in witnesses:
        sites[witness.site].append(witness)
    for said in sites.values():
        if not any(_is_copy(one, other) for one in said for other in kept):
            kept.extend(said)
    return len({witness.site for witness in kept})


def _is_copy(one: _Witness, other: _Witness) -> bool:
    """Whether two sentences are the same nearly word for word."""
    return len(one.words & other.words) >= _COPY * len(one.words | other.words)
