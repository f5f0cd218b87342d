"""What bears on the queries comes first, from more than one document, in a settled order."""

from __future__ import annotations

import time

from tertulia.evidence.documents import make_document
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.evidence.ranking import rank_excerpts


def excerpts(name: str, *paragraphs: str, title: str = "") -> list[Excerpt]:
    """One excerpt per paragraph: each stands under a heading of its own."""
    text = "\n\n".join(f"## Part {number}\n\n{paragraph}" for number, paragraph in enumerate(paragraphs))
    document = make_document(
        url=f"{name}.md", title=title or name, source="documents", kind="md", text=text, retrieved_at="2026-01-01"
    )
    return [Excerpt(passage, document) for passage in split_passages(document)]


def texts(found: list[Excerpt]) -> list[str]:
    return [excerpt.text for excerpt in found]


def test_the_best_match_comes_first_whatever_the_ending_and_the_accents():
    given = excerpts("a", "Bees and honey.", "La gestión de los archivos públicos.", "Un archivo.")
    found = rank_excerpts(given, ["gestion archivo publico"], language="es", limit=5)
    assert texts(found) == ["La gestión de los archivos públicos.", "Un archivo."]


def test_title_and_heading_count():
    one = excerpts("one", "Nothing about it here.", title="Beekeeping")
    two = excerpts("two", "Nothing about it either.", title="Banking")
    assert texts(rank_excerpts([*two, *one], ["beekeeping"], language="en", limit=1)) == ["Nothing about it here."]


def test_each_query_gets_its_word_in():
    """A passage that answers the second query is not drowned by ten that answer the first."""
    bees = [e for n in range(10) for e in excerpts(f"bee{n}", f"Bees make honey, number {n}.")]
    wax = excerpts("wax", "Candles are made of wax.")
    assert "Candles are made of wax." in texts(
        rank_excerpts([*bees, *wax], ["bees honey", "wax"], language="en", limit=2)
    )


def test_a_query_in_another_language_is_not_drowned_by_three_in_the_first():
    bees = [e for n in range(30) for e in excerpts(f"bee{n}", f"Bees make honey in a hive, number {n}.")]
    cera = excerpts("cera", "Las velas se hacen de cera.")
    queries = ["How do bees make honey?", "bees hive", "honey number", "cera de velas"]
    assert "Las velas se hacen de cera." in texts(rank_excerpts([*bees, *cera], queries, language="en", limit=16))


def test_one_document_does_not_take_all_places():
    many = excerpts("many", *(f"Honey number {n} is sweet honey." for n in range(20)))
    other = excerpts("other", "A long text that mentions honey once among a good many other words about bread.")
    found = rank_excerpts([*many, *other], ["honey"], language="en", limit=5)
    assert len(found) == 5
    assert other[0] in found


def test_a_single_document_may_take_all_places():
    many = excerpts("many", *(f"Honey number {n}." for n in range(9)))
    assert len(rank_excerpts(many, ["honey"], language="en", limit=5)) == 5


def test_when_nothing_matches_the_given_order_stays():
    given = [*excerpts("b", "Uno."), *excerpts("a", "Dos.")]
    assert rank_excerpts(given, ["bees"], language="en", limit=5) == given
    assert rank_excerpts(given, [], language="en", limit=1) == given[:1]


def test_a_page_in_another_language_comes_last_but_is_kept():
    spanish = excerpts("es", "Las abejas hacen miel.")
    english = excerpts("en", "Bees make honey.", "Bread is made of flour.")
    found = rank_excerpts([*spanish, *english], ["bees"], language="en", limit=5)
    assert texts(found) == ["Bees make honey.", "Las abejas hacen miel."]


def test_equal_matches_keep_the_order_of_the_source():
    given = [excerpts(name, "Bees make honey.", title="T")[0] for name in "cab"]
    assert rank_excerpts(given, ["honey"], language="en", limit=3) == given


def test_the_same_excerpt_is_not_given_twice():
    given = excerpts("a", "Bees make honey.")
    assert rank_excerpts(given * 3, ["honey"], language="en", limit=3) == given


def test_two_thousand_passages_are_ranked_in_a_blink():
    """The bound is ten times what it takes, so that a busy machine does not fail it."""
    words = [f"word{n % 997} filler{n % 89}" for n in range(100 * 30)]
    paragraphs = [" ".join(words[n * 30 : n * 30 + 30]) for n in range(100)]
    given = [excerpt for n in range(20) for excerpt in excerpts(f"d{n}", *paragraphs)]
    started = time.process_time()
    found = rank_excerpts(given, ["word5 filler7", "filler3"], language="en", limit=12)
    assert time.process_time() - started < 6
    assert len(given) == 2000
    assert len(found) == 12


def test_no_excerpts_no_ranking():
    assert rank_excerpts([], ["honey"], language="en", limit=5) == []
