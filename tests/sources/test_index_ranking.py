"""Which passages a query finds: how many are scored is bounded, and the best are found all the same."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tertulia.sources import index_ranking
from tertulia.sources.index_ranking import Frequencies, parts_to_score, rank_passages, words_of
from tertulia.sources.index_tables import connect, transaction

BOUND = 50


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(tmp_path / "index.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty passages may be scored, and ten are told."""
    monkeypatch.setattr(index_ranking, "MOST_SCORED", BOUND)
    monkeypatch.setattr(index_ranking, "MOST_TOLD", 10)


def fill(connection: sqlite3.Connection, bodies: Sequence[str]) -> None:
    rows = [("", "", body) for body in bodies]
    with transaction(connection, "IMMEDIATE"):
        connection.executemany("INSERT INTO passages (title, heading, body) VALUES (?, ?, ?)", rows)


def rank(connection: sqlite3.Connection, *words: str, passages: int = 1000) -> list[int]:
    """The rows that are found."""
    return [row for row, _ in rank_passages(connection, [(word,) for word in words], Frequencies(passages))]


def scored(connection: sqlite3.Connection, *words: str, passages: int = 1000) -> int:
    """How many passages were scored for it."""
    count = "SELECT count(*) FROM (SELECT 1 FROM passages WHERE passages MATCH ? LIMIT ?)"
    parts = parts_to_score(connection, [(word,) for word in words], Frequencies(passages))
    return sum(connection.execute(count, (part.expression, part.limit)).fetchone()[0] for part in parts)


def test_a_query_is_stemmed_word_by_word_in_each_language() -> None:
    """No stem twice, no stop word of the language, forty at most."""
    assert words_of("Many mills and molinos", ["en"]) == [("mill",), ("molino",)]
    assert words_of("mills molinos", ["en", "es"]) == [("mill", "mills"), ("molino", "molin")]
    assert words_of("mill mills", ["en"]) == [("mill",)]
    many = words_of(" ".join(f"{letter}{other}x" for letter in "bcdfghjk" for other in "bcdfghjk"), ["en", "es"])
    assert sum(map(len, many)) == 40


def test_few_passages_are_all_scored(connection: sqlite3.Connection, bounded: None) -> None:
    """Where there is room, whoever holds any word is found."""
    fill(connection, ["otter"] * 20 + ["mill"] * 20 + ["otter mill"] + ["bee"] * 500)
    found = rank(connection, "otter", "mill")
    assert (found[0], len(found)) == (41, 10)
    assert scored(connection, "otter", "mill") == 41


def test_no_passage_holds_a_word(connection: sqlite3.Connection) -> None:
    """Then there is nothing, and no error."""
    fill(connection, ["otter"])
    assert rank(connection, "zeppelin") == rank(connection) == []


def test_the_rare_word_leads_and_the_frequent_one_counts(connection: sqlite3.Connection, bounded: None) -> None:
    """Of those with the rare word the one that has the other as well is first; its score is the one of all words."""
    fill(connection, ["river boat"] * 300 + ["otter boat"] * 20 + ["otter river"] + ["bee boat"] * 500)
    (first, score), *_ = rank_passages(connection, [("river",), ("otter",)], Frequencies(1000))
    assert first == 321
    everything = connection.execute(
        "SELECT -bm25(passages, 3.0, 2.0, 1.0) FROM passages WHERE passages MATCH 'river OR otter' AND rowid = 321"
    ).fetchone()[0]
    assert score == pytest.approx(everything)
    assert scored(connection, "river", "otter") == 21


def test_frequent_words_find_who_holds_them_together(connection: sqlite3.Connection, bounded: None) -> None:
    """No word is rare: those that hold several come in, as few words as there is room for."""
    fill(connection, ["river"] * 100 + ["boat"] * 100 + ["river boat"] * 60 + ["river boat mill"] * 5 + ["mill"] * 100)
    fill(connection, ["bee"] * 500)
    assert set(rank(connection, "river", "boat", "mill")[:5]) == {261, 262, 263, 264, 265}
    assert scored(connection, "river", "boat", "mill") <= BOUND


def test_frequent_words_that_never_meet_are_found_apart(connection: sqlite3.Connection, bounded: None) -> None:
    """Nothing holds both: some that hold one are told."""
    fill(connection, ["river"] * 100 + ["boat"] * 100 + ["bee"] * 500)
    assert len(rank(connection, "river", "boat")) == 10
    assert scored(connection, "river", "boat") == BOUND


def test_stems_of_one_word_stand_in_for_each_other(connection: sqlite3.Connection, bounded: None) -> None:
    """A word that is spelled in two languages needs not stand in both of them."""
    fill(connection, ["molino"] * 60 + ["molin"] * 60 + ["rio"] * 100 + ["molin rio"] * 3 + ["bee"] * 500)
    hits = rank_passages(connection, [("molino", "molin"), ("rio",)], Frequencies(1000))
    assert {row for row, _ in hits[:3]} == {221, 222, 223}


def test_a_word_that_is_everywhere_is_scored_in_a_few_places(connection: sqlite3.Connection, bounded: None) -> None:
    """Nothing tells one passage from another; some are told, not all of them are scored."""
    fill(connection, ["river"] * 300)
    assert len(rank(connection, "river", passages=300)) == 10
    assert scored(connection, "river", passages=300) == BOUND


def test_what_is_in_more_than_half_of_all_brings_nobody_in(connection: sqlite3.Connection, bounded: None) -> None:
    """Beside words that tell something it has no weight at all."""
    fill(connection, ["river"] * 300 + ["river otter"] * 10 + ["otter"] * 5)
    assert set(rank(connection, "river", "otter", passages=315)) <= set(range(301, 316))
    assert scored(connection, "river", "otter", passages=315) == 15


def test_a_number_that_fts5_cuts_in_two_is_found(connection: sqlite3.Connection) -> None:
    fill(connection, ["warming of 1.5 degrees", "a limit of 1,234 grams", "12 mills", "5 mills and 1 bank"])
    assert rank(connection, "1.5") == [1]
    assert rank(connection, "1,234") == [2]
    assert rank(connection, "1.5", "mills") == [1, 3, 4]


def test_what_stood_nowhere_is_found_when_it_stands_somewhere(connection: sqlite3.Connection) -> None:
    """Another process may have changed a file meanwhile, and there are as many passages as before."""
    fill(connection, ["mill", "bank"])
    frequencies = Frequencies(2)
    assert rank_passages(connection, [("bridge",)], frequencies) == []
    with transaction(connection, "IMMEDIATE"):
        connection.execute("UPDATE passages SET body = 'bridge' WHERE rowid = 2")
    assert [row for row, _ in rank_passages(connection, [("bridge",)], frequencies)] == [2]


def test_a_stem_is_counted_once(connection: sqlite3.Connection) -> None:
    """Later queries know how frequent it is; stems that stand nowhere are left out, and looked up each time."""
    fill(connection, ["otter river"] * 3 + ["river"] * 2)
    frequencies = Frequencies(5)
    assert frequencies.of(connection, [("otter",), ("zeppelin",)]) == {"otter": 3}
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    assert frequencies.of(connection, [("river", "otter"), ("zeppelin",)]) == {"river": 5, "otter": 3}
    looked_up = [line.rpartition("term = ")[2] for line in asked if "term = " in line]
    assert looked_up == ["'river'", "'zeppelin'"]


def test_the_first_are_those_that_scoring_everything_finds(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random passages over words of falling frequency; a fifth of them may be scored."""
    chance = random.Random(7)
    words = [f"w{place}x" for place in range(200)]
    weights = [1 / (place + 5) for place in range(200)]
    fill(connection, [" ".join(chance.choices(words, weights, k=12)) for _ in range(3000)])
    queries = [list(dict.fromkeys(chance.choices(words, weights, k=5))) for _ in range(40)]
    unbounded = [rank(connection, *query, passages=3000) for query in queries]
    monkeypatch.setattr(index_ranking, "MOST_SCORED", 600)
    bounded = [rank(connection, *query, passages=3000) for query in queries]
    assert max(scored(connection, *query, passages=3000) for query in queries) <= 600
    shared = [len(set(one[:20]) & set(other[:20])) for one, other in zip(bounded, unbounded, strict=True)]
    assert sum(shared) >= 0.9 * 20 * len(queries)
