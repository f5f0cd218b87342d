"""Which passages of the index answer a query best: BM25 by FTS5 (Robertson and Zaragoza 2009), of so many at most.

Scoring is the dear part, some microseconds for each passage that holds any word of the query, and one word of a folder
on one subject is in every tenth passage. As in MaxScore (Turtle and Flood 1995, "Query evaluation: strategies and
optimizations") the rare words lead: who holds none of them can hardly be among the best. The frequent words bring no
passage in by themselves, as far as there is no room for them, but count in full in those that are in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..evidence.words import WORD_PATTERN, terms

# How many passages are scored for one query, and how many of them are told.
MOST_SCORED: Final = 8_000
MOST_TOLD: Final = 400
_MOST_TERMS: Final = 40

# A hit counts three times in the title of a document, twice in a heading.
_SCORE: Final = "SELECT rowid, -bm25(passages, 3.0, 2.0, 1.0) AS score FROM passages WHERE passages MATCH ?"
_BEST: Final = " ORDER BY score DESC, rowid LIMIT ?"
_CHOSEN: Final = " AND +rowid IN (SELECT passage FROM temp.chosen)"
_TABLES: Final = """
CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab (main, passages, row);
CREATE TABLE IF NOT EXISTS temp.chosen (passage INTEGER PRIMARY KEY)
"""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best passages as rows and scores, best first, and how many were scored for it at most."""

    hits: list[tuple[int, float]]
    scored: int


def words_of(text: str, languages: Sequence[str]) -> list[tuple[str, ...]]:
    """Each content word of a query as its stems in these languages; no stem twice, and forty stems at most."""
    seen: set[str] = set()
    words = []
    for word in WORD_PATTERN.findall(text.casefold()):
        stems = dict.fromkeys(stem for language in languages for stem in terms(word, language))
        fresh = tuple(stem for stem in stems if stem not in seen)[: _MOST_TERMS - len(seen)]
        if fresh:
            words.append(fresh)
            seen.update(fresh)
    return words


def rank_passages(connection: sqlite3.Connection, words: Sequence[Sequence[str]], passages: int) -> Ranking:
    """The passages that hold any of the words, best first, of `passages` that there are.

    When there are too many to score all, see above for which of them are.
    """
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    found = {stem: count for word in words for stem in word if (count := _frequency(connection, stem))}
    if sum(found.values()) <= MOST_SCORED:
        return _scored(connection, found, "", sum(found.values()))
    # FTS5 gives no weight to what stands in more than half of all passages.
    telling = {stem: count for stem, count in found.items() if 2 * count <= passages} or found
    return _scored(connection, telling, _CHOSEN, _choose(connection, words, telling))


def _frequency(connection: sqlite3.Connection, stem: str) -> int:
    """In how many passages a stem stands."""
    row = connection.execute("SELECT doc FROM temp.vocabulary WHERE term = ?", (stem,)).fetchone()
    return row["doc"] if row is not None else 0


def _scored(connection: sqlite3.Connection, stems: Iterable[str], condition: str, scored: int) -> Ranking:
    rows = connection.execute(_SCORE + condition + _BEST, (_any(stems), MOST_TOLD)) if scored else ()
    return Ranking([(row["rowid"], row["score"]) for row in rows], scored)


def _choose(connection: sqlite3.Connection, words: Sequence[Sequence[str]], found: Mapping[str, int]) -> int:
    """Put the passages that are to be scored into `chosen`; how many they are.

    First all that hold one of the rarest stems, as many stems as there is room for; then those that hold several of
    the other words, as few words as there is room for; at last, when that is very little, some that hold fewer.
    """
    connection.execute("DELETE FROM temp.chosen")
    leading, room = [], MOST_SCORED
    for stem in sorted(found, key=lambda stem: (found[stem], stem)):
        room -= found[stem]
        if room < 0:
            break
        leading.append(stem)
    chosen = _take(connection, _any(leading), MOST_SCORED) if leading else 0
    wider = ""
    for joint in _joints(words, {stem: count for stem, count in found.items() if stem not in leading}):
        if _count(connection, joint, MOST_SCORED) < MOST_SCORED - chosen:
            chosen += _take(connection, joint, MOST_SCORED)
            break
        wider = joint
    if wider and chosen < MOST_TOLD:
        chosen += _take(connection, wider, MOST_SCORED - chosen)
    return chosen


def _joints(words: Sequence[Sequence[str]], found: Mapping[str, int]) -> list[str]:
    """Expressions that several frequent words fulfil together, from the widest to the narrowest."""
    # The stems of a word in several languages stand in for each other, and hardly ever together.
    kept = [[stem for stem in word if stem in found] for word in words]
    kept = sorted((stems for stems in kept if stems), key=lambda stems: sum(found[stem] for stem in stems))
    if len(kept) < 2:
        return [_any(stems) for stems in kept]
    first, *others = (f"({_any(stems)})" for stems in kept)
    narrowing = [" AND ".join([first, *others[:count]]) for count in range(1, len(others) + 1)]
    return [f"{first} AND ({' OR '.join(others)})", *narrowing]


def _any(stems: Iterable[str]) -> str:
    return " OR ".join(f'"{stem}"' for stem in stems)


def _count(connection: sqlite3.Connection, expression: str, limit: int) -> int:
    """How many passages an expression finds, counted up to a limit."""
    counted = "SELECT count(*) FROM (SELECT 1 FROM passages WHERE passages MATCH ? LIMIT ?)"
    number: int = connection.execute(counted, (expression, limit)).fetchone()[0]
    return number


def _take(connection: sqlite3.Connection, expression: str, limit: int) -> int:
    """Choose what an expression finds, up to a limit; how many passages were not chosen before."""
    taken = "INSERT OR IGNORE INTO temp.chosen SELECT rowid FROM passages WHERE passages MATCH ? LIMIT ?"
    return connection.execute(taken, (expression, limit)).rowcount
