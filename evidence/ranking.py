"""Ranking: which excerpts bear most on what was asked.

BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond") for each query, the
rankings fused by reciprocal ranks (Cormack, Clarke and Büttcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and
individual rank learning methods").
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from .passages import Excerpt
from .words import WORD_PATTERN, stems, terms

_K1: Final = 1.2
_B: Final = 0.75
_FUSION: Final = 60
# The source's own order counts as a fraction of a query.
_GIVEN_ORDER: Final = 0.1
_DOCUMENT_SHARE: Final = 0.4
# Of all places, those that go to the best of each query by itself: fused ranks alone favour what answers many queries
# a little, and a query in another language than the rest would find nothing.
_OWN_SHARE: Final = 0.5


def rank_excerpts(excerpts: Sequence[Excerpt], queries: Sequence[str], *, language: str, limit: int) -> list[Excerpt]:
    """At most `limit` excerpts, best first, by how well text, heading and title answer the queries.

    `excerpts` come in the source's own order, which counts a little. Excerpts that share no term with any query are
    left out, except those of documents that share none at all (a page in another language): these come last, in the
    given order. The best of each query are among the first. No document takes more than about two fifths of the
    places while others have something to say.
    """
    unique = list({excerpt.key: excerpt for excerpt in excerpts}.values())
    rankings = _rank_by_query(unique, queries, language)
    matched = {index for ranking in rankings for index in ranking}
    scores: dict[int, float] = {}
    for weight, ranking in [*((1.0, ranking) for ranking in rankings), (_GIVEN_ORDER, sorted(matched))]:
        for rank, index in enumerate(ranking, 1):
            scores[index] = scores.get(index, 0.0) + weight / (_FUSION + rank)
    own = max(1, int(limit * _OWN_SHARE) // max(1, len(rankings)))
    sure = {index for ranking in rankings for index in ranking[:own]}
    best = sorted(matched, key=lambda index: (index not in sure, -scores[index], index))
    speaking = {unique[index].document.url for index in matched}
    silent = [index for index, excerpt in enumerate(unique) if excerpt.document.url not in speaking]
    return [unique[index] for index in _spread(unique, best, silent, limit)]


def matching(excerpts: Sequence[Excerpt], queries: Sequence[str], language: str) -> list[Excerpt]:
    """The excerpts that share a term with a query, in their order."""
    matched = {index for ranking in _rank_by_query(excerpts, queries, language) for index in ranking}
    return [excerpts[index] for index in sorted(matched)]


def _rank_by_query(excerpts: Sequence[Excerpt], queries: Sequence[str], language: str) -> list[list[int]]:
    """For each query the indices of the excerpts that share a term with it, best first."""
    asked = [set(terms(query, language)) for query in queries]
    wanted = set().union(*asked)
    counts, lengths = _count(excerpts, wanted, language)
    average = (sum(lengths) / len(lengths) if lengths else 0.0) or 1.0
    frequency = Counter(term for count in counts for term in count)
    weight = {
        term: math.log(1 + (len(excerpts) - frequency[term] + 0.5) / (frequency[term] + 0.5)) for term in frequency
    }
    norms = [_K1 * (1 - _B + _B * length / average) for length in lengths]

    def score(index: int, query: Iterable[str]) -> float:
        count = counts[index]
        return sum(weight[t] * count[t] * (_K1 + 1) / (count[t] + norms[index]) for t in query if t in count)

    rankings = []
    for query in asked:
        # Added up in a fixed order: sets of strings are ordered differently in each process.
        found = {
            index: score(index, sorted(query)) for index, count in enumerate(counts) if not query.isdisjoint(count)
        }
        rankings.append(sorted(found, key=lambda index: (-found[index], index)))
    return rankings


def _count(excerpts: Sequence[Excerpt], wanted: set[str], language: str) -> tuple[list[dict[str, int]], list[int]]:
    """How often each excerpt holds each wanted term, and how many words it has."""
    framed = [(term, f" {term} ") for term in wanted if term]
    counts: list[dict[str, int]] = []
    lengths: list[int] = []
    for excerpt in excerpts:
        said, length = _said(excerpt.document.title, excerpt.passage.heading, excerpt.text, language)
        counts.append({term: times for term, framed_term in framed if (times := said.count(framed_term))})
        lengths.append(length)
    return counts, lengths


# A passage is ranked whenever a search finds it, and again when it is answered from. As one text its terms take a
# tenth of the memory of a table, and are counted as quickly.
@lru_cache(maxsize=2048)
def _said(title: str, heading: str, text: str, language: str) -> tuple[str, int]:
    """The terms of a passage and of where it stands, each between spaces of its own, and how many words it has."""
    words = WORD_PATTERN.findall(f"{title}\n{heading}\n{text}".casefold())
    return f" {'  '.join(map(stems(language).__getitem__, words))} ", len(words)


def _spread(excerpts: Sequence[Excerpt], best: Sequence[int], silent: Sequence[int], limit: int) -> list[int]:
    """The first places, so that one document does not take them all."""
    cap = max(2, math.ceil(limit * _DOCUMENT_SHARE))
    taken: Counter[str] = Counter()
    first: list[int] = []
    more: list[int] = []
    for index in best:
        document = excerpts[index].document.url
        taken[document] += 1
        (first if taken[document] <= cap else more).append(index)
    return [*first, *more, *silent][: max(limit, 0)]
