"""Ranking: which excerpts bear most on what was asked.

BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond") for each query, added up
(CombSUM: Fox and Shaw 1994, "Combination of Multiple Searches"). What was measured is in docs/decisions/0037.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import nlargest
from typing import Final

from .passages import Excerpt
from .words import terms

_K1: Final = 1.2
_B: Final = 0.75
# What the best neighbour, a passage under the same heading, is worth: a section is about one thing.
_NEIGHBOUR: Final = 0.2
# One long page, or one chapter, may be what answers a question.
_DOCUMENT_SHARE: Final = 0.7
# Of all places, those that go to the best of each query by itself: sums alone favour what answers many queries a
# little, and a query in another language than the rest would find nothing.
_OWN_SHARE: Final = 0.6


def rank_excerpts(excerpts: Sequence[Excerpt], queries: Sequence[str], *, language: str, limit: int) -> list[Excerpt]:
    """At most `limit` excerpts, best first, by how well text, heading and title answer the queries.

    What stands under the same heading counts a little; between equals the given order decides, which is the source's
    own. Excerpts that share no term with any query are left out, except those of documents that share none at all (a
    page in another language): these come last, in the given order. The best of each query are among the first. No
    document takes more than about two thirds of the places while others have something to say.
    """
    unique = list({excerpt.key: excerpt for excerpt in excerpts}.values())
    by_query = _score_by_query(unique, queries, language)
    scores = _with_neighbours(unique, _added_up(by_query))
    own = max(1, int(limit * _OWN_SHARE) // max(1, len(by_query)))
    sure = {index for found in by_query for index in sorted(found, key=lambda index: (-found[index], index))[:own]}
    best = sorted(scores, key=lambda index: (index not in sure, -scores[index], index))
    speaking = {unique[index].document.url for index in scores}
    silent = [index for index, excerpt in enumerate(unique) if excerpt.document.url not in speaking]
    cap = max(2, math.ceil(limit * _DOCUMENT_SHARE))
    return [unique[index] for index in _spread(unique, best, silent, cap)[: max(limit, 0)]]


def matching(excerpts: Sequence[Excerpt], queries: Sequence[str], language: str) -> list[Excerpt]:
    """The excerpts that share a term with a query, in their order."""
    wanted = {term for query in queries for term in terms(query, language)}
    counts, _ = _count(excerpts, wanted, language)
    return [excerpt for excerpt, count in zip(excerpts, counts, strict=True) if count]


def _score_by_query(excerpts: Sequence[Excerpt], queries: Sequence[str], language: str) -> list[dict[int, float]]:
    """For each query the scores of the excerpts that share a term with it, by index."""
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

    # Added up in a fixed order: sets of strings are ordered differently in each process.
    return [
        {index: score(index, sorted(query)) for index, count in enumerate(counts) if not query.isdisjoint(count)}
        for query in asked
    ]


def _added_up(by_query: Iterable[dict[int, float]]) -> dict[int, float]:
    total: dict[int, float] = {}
    for scores in by_query:
        for index, score in scores.items():
            total[index] = total.get(index, 0.0) + score
    return total


def _with_neighbours(excerpts: Sequence[Excerpt], scores: dict[int, float]) -> dict[int, float]:
    """The scores, with a share of that of the best other excerpt under the same heading."""
    together: dict[tuple[str, str], list[int]] = {}
    for index in scores:
        if heading := excerpts[index].passage.heading:
            together.setdefault((excerpts[index].document.id, heading), []).append(index)
    raised = dict(scores)
    for indices in together.values():
        first, second = nlargest(2, [*(scores[index] for index in indices), 0.0])
        for index in indices:
            raised[index] = scores[index] + _NEIGHBOUR * (second if scores[index] == first else first)
    return raised


def _count(excerpts: Sequence[Excerpt], wanted: set[str], language: str) -> tuple[list[dict[str, int]], list[int]]:
    """How often each excerpt holds each wanted term, and how many words it has."""
    framed = [(term, f" {term} ") for term in wanted if term]
    counts: list[dict[str, int]] = []
    lengths: list[int] = []
    for excerpt in excerpts:
        stemmed = excerpt.stemmed(language)
        counts.append({term: times for term, framed_term in framed if (times := stemmed.text.count(framed_term))})
        lengths.append(stemmed.length)
    return counts, lengths


def _spread(excerpts: Sequence[Excerpt], best: Sequence[int], silent: Sequence[int], cap: int) -> list[int]:
    """The places in which each document has at most `cap` before what is left of them."""
    taken: Counter[str] = Counter()
    first: list[int] = []
    more: list[int] = []
    for index in best:
        document = excerpts[index].document.url
        taken[document] += 1
        (first if taken[document] <= cap else more).append(index)
    return [*first, *more, *silent]
