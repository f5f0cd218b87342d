"""Which passages of the index answer a query best: BM25 by FTS5 (Robertson and Zaragoza 2009), of so many at most.

Scoring is the dear part, some microseconds for each passage that holds any word of the query, and one word of a folder
on one subject is in every tenth passage. As in MaxScore (Turtle and Flood 1995, "Query evaluation: strategies and
optimizations") the rare words lead: who holds none of them can hardly be among the best. The frequent words bring in
those passages only that hold several of them, as far as there is room, but count in full in all that are in.
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
_SCORE: Final = """
SELECT passage, score FROM (
    SELECT rowid AS passage, -bm25(passages, 3.0, 2.0, 1.0) AS score FROM passages WHERE passages MATCH ? LIMIT ?
) ORDER BY score DESC, passage LIMIT ?
"""
_COUNT: Final = "SELECT count(*) FROM (SELECT 1 FROM passages WHERE passages MATCH ? LIMIT ?)"
_FREQUENCY: Final = "SELECT doc FROM temp.vocabulary WHERE term = ?"
_VOCABULARY: Final = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab (main, passages, row)"


class Frequencies:
    """In how many of all `passages` each stem stands. The queries of a run share many stems, and each is counted once.

    What another process writes meanwhile may make a number wrong by a little: then the choice is another, no more.
    """

    def __init__(self, passages: int) -> None:
        self.passages = passages
        self._found: dict[str, int] = {}

    def of(self, connection: sqlite3.Connection, words: Iterable[Iterable[str]]) -> dict[str, int]:
        """The stems of some words that stand anywhere, with their numbers."""
        connection.execute(_VOCABULARY)
        found: dict[str, int] = {}
        for stem in (stem for word in words for stem in word):
            # What stands nowhere is asked for again: it may stand somewhere by then, and would never be found.
            if number := self._found.get(stem) or _count(connection, stem):
                found[stem] = self._found[stem] = number
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """Passages that are scored: those that an FTS5 expression finds, up to a limit."""

    expression: str
    limit: int


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


def rank_passages(
    connection: sqlite3.Connection, words: Sequence[Sequence[str]], frequencies: Frequencies
) -> list[tuple[int, float]]:
    """The best of the passages that hold any of the words, with their scores."""
    scores: dict[int, float] = {}
    for part in parts_to_score(connection, words, frequencies):
        for passage, score in connection.execute(_SCORE, (part.expression, part.limit, MOST_TOLD)):
            # Where a part leaves words out, another has the passages that hold them.
            scores[passage] = max(score, scores.get(passage, score))
    return sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))[:MOST_TOLD]


def parts_to_score(
    connection: sqlite3.Connection, words: Sequence[Sequence[str]], frequencies: Frequencies
) -> list[Part]:
    """What is scored for a query: all that hold any of its words, or a choice of at most `MOST_SCORED`.

    The choice is first those that hold one of the rarest stems, as many stems as there is room for; then those that
    hold some of the other words together, as few words as there is room for; when all that is very little, some that
    hold fewer.
    """
    found = frequencies.of(connection, words)
    if sum(found.values()) <= MOST_SCORED:
        return [Part(_any(found), MOST_SCORED)] if found else []
    # FTS5 gives no weight to what stands in more than half of all passages.
    found = {stem: number for stem, number in found.items() if 2 * number <= frequencies.passages} or found
    leading = _leading(found)
    others = {stem: number for stem, number in found.items() if stem not in leading}
    room = MOST_SCORED - sum(found[stem] for stem in leading)
    parts = _split(_any(leading), others, MOST_SCORED - room) if leading else []
    return [*parts, *_joint_parts(connection, _joints(words, others), _any(leading), room)]


def _count(connection: sqlite3.Connection, stem: str) -> int:
    """In how many passages a stem stands. FTS5 cuts some in two, as `1.5`: these it has to look for."""
    row = (
        connection.execute(_FREQUENCY, (stem,)).fetchone()
        or connection.execute(_COUNT, (_any([stem]), MOST_SCORED + 1)).fetchone()
    )
    number: int = row[0]
    return number


def _leading(found: Mapping[str, int]) -> list[str]:
    """The rarest stems, as many as there is room for the passages of."""
    leading, room = [], MOST_SCORED
    for stem in sorted(found, key=lambda stem: (found[stem], stem)):
        room -= found[stem]
        if room < 0:
            break
        leading.append(stem)
    return leading


def _split(expression: str, others: Iterable[str], limit: int) -> list[Part]:
    """What an expression finds, in two parts: where other stems stand too, and where none does.

    Each is scored by all stems that are in it, and no passage twice.
    """
    if not (other := _any(others)):
        return [Part(expression, limit)]
    return [Part(f"({expression}) {operator} ({other})", limit) for operator in ("AND", "NOT")]


def _joint_parts(
    connection: sqlite3.Connection, joints: Sequence[tuple[str, list[str]]], leading: str, room: int
) -> list[Part]:
    """The widest of the joints that there is room for, without what the leading stems have found."""
    parts: list[Part] = []
    wider: list[Part] = []
    for joint, others in joints:
        expression = f"({joint}) NOT ({leading})" if leading else joint
        number: int = connection.execute(_COUNT, (expression, room + 1)).fetchone()[0]
        if number <= room:
            parts, room = _split(expression, others, number), room - number
            break
        wider = _split(expression, others, room)
    if MOST_SCORED - room < MOST_TOLD:
        parts += [Part(part.expression, room // len(wider)) for part in wider]
    return parts


def _joints(words: Sequence[Sequence[str]], found: Mapping[str, int]) -> list[tuple[str, list[str]]]:
    """Expressions for several frequent words, from the widest to the narrowest, and the stems that are not in each."""
    # The stems of a word in several languages stand in for each other, and hardly ever together.
    kept = [[stem for stem in word if stem in found] for word in words]
    kept = sorted((stems for stems in kept if stems), key=lambda stems: sum(found[stem] for stem in stems))
    if not kept:
        return []
    each = [f"({_any(stems)})" for stems in kept]
    narrowing = [
        (" AND ".join(each[:number]), [stem for stems in kept[number:] for stem in stems])
        for number in range(2, len(kept) + 1)
    ]
    wide: list[tuple[str, list[str]]] = [(" OR ".join(each), [])]
    if len(kept) > 2:
        wide.append((f"{each[0]} AND ({' OR '.join(each[1:])})", []))
    return [*wide, *narrowing]


def _any(stems: Iterable[str]) -> str:
    return " OR ".join(f'"{stem}"' for stem in stems)
