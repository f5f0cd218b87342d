"""Passages are true spans of their document, under keys that are the same in every run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tertulia.evidence.citations import number_sources
from tertulia.evidence.documents import make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import KEY_PATTERN, MAXIMUM_LENGTH, Excerpt, split_passages

LINES = st.text(alphabet="ab .é\t#-|\u2019\U0001f600", max_size=300)


def document(text: str, url: str = "a.md"):
    return make_document(
        url=url, title="A", source="documents", kind="md", text=text, retrieved_at="2026-01-01T00:00:00Z"
    )


@given(st.lists(LINES, max_size=30))
def test_every_passage_is_the_span_it_names(lines: list[str]):
    """Offsets point into the document, in order, without overlap, within the length limit."""
    source = document("\n".join(lines))
    last = 0
    for passage in split_passages(source):
        assert source.text[passage.start : passage.end] == passage.text
        assert passage.text.strip() == passage.text != ""
        assert last <= passage.start < passage.end
        assert len(passage.text) <= MAXIMUM_LENGTH
        assert KEY_PATTERN.fullmatch(passage.key)
        last = passage.end


@given(st.lists(st.text(alphabet="abc.", min_size=1, max_size=200), max_size=30))
def test_no_word_is_lost(words: list[str]):
    """Text without headings comes back whole, white space apart."""
    source = document(" ".join(words))
    assert "".join("".join(p.text.split()) for p in split_passages(source)) == "".join("".join(words).split())


def test_headings_label_passages_and_are_not_part_of_them():
    source = document("# One\n\nAlpha.\n\nBeta.\n\n## Two\nGamma.")
    assert [(p.heading, p.text) for p in split_passages(source)] == [("One", "Alpha.\n\nBeta."), ("Two", "Gamma.")]


async def test_two_spans_never_share_a_key():
    """When two spans hash to one key, the later one gets another."""
    source = document("First words.\n\n# H\n\nSecond words.")
    first, second = split_passages(source)
    clash = Excerpt(type(second)(first.key, second.document_id, second.start, second.end, second.text), source)
    ledger = Ledger()
    kept = await ledger.add([Excerpt(first, source), clash])
    assert kept[0].key != kept[1].key
    assert [e.text for e in ledger.excerpts([kept[1].key])] == ["Second words."]
    again = await ledger.add([clash])
    assert [e.key for e in again] == [kept[1].key]


async def test_a_page_retrieved_in_two_texts_keeps_both_and_has_one_number():
    """Whichever came first: nothing may depend on that. The report lists the page once."""
    old, new = document("Old text."), document("New text.")
    kept = []
    for first, second in ((old, new), (new, old)):
        ledger = Ledger()
        found = [(await ledger.add([Excerpt(split_passages(one)[0], one)]))[0] for one in (first, second)]
        kept.append((ledger.documents(), ledger.passages()))
        numbering = number_sources([f"One [{found[0].key}]. Two [{found[1].key}]."], ledger)
        assert set(numbering.citations.values()) == {1}
        assert numbering.sources == [first.id]
    assert kept[0] == kept[1]
    assert {d.text for d in kept[0][0]} == {"Old text.", "New text."}


def test_stems_are_made_once_and_not_kept_of_a_long_document():
    """They take as much memory as the text."""
    short, long = document("## Bees\n\nBees were making honey."), document("Bees make honey. " * 20_000)
    (excerpt,) = (Excerpt(passage, short) for passage in split_passages(short))
    known = excerpt.stemmed("en")
    assert known.text.split() == ["a", "bee", "bee", "were", "make", "honey"]
    assert known.length == 6
    assert excerpt.stemmed("en") is known
    assert excerpt.stemmed("es").language == "es"
    one = Excerpt(split_passages(long)[0], long)
    assert one.stemmed("en") == one.stemmed("en")
    assert one.stemmed("en") is not one.stemmed("en")


async def test_a_ledger_gives_the_same_excerpt_to_all():
    """What is known of a passage, such as its stems, is known to whoever asks next."""
    source, ledger = document("Bees make honey."), Ledger()
    (kept,) = await ledger.add([Excerpt(split_passages(source)[0], source)])
    (again,) = await ledger.add([Excerpt(split_passages(source)[0], source)])
    assert again is kept
    assert ledger.excerpts([kept.key])[0] is kept
