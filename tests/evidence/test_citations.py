"""Whatever a model writes, a citation is a key of a passage that exists, or it is gone."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tertulia.evidence.citations import citations_in, clean_citations, clean_markdown, clean_written, number_sources
from tertulia.evidence.claims import MARKER
from tertulia.evidence.documents import make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import Excerpt, split_passages

VALID = ("k7qdm4", "m3xz8a")

TEXTS = st.one_of(
    st.sampled_from(
        ["[", "]", "(", ")", "【", "】", "`", "*", "_", "\\", "^", ",", ";", ":", " ", "\n", ".", "|", "-", "<", ">"]
    ),
    st.sampled_from(
        [
            "k7qdm4",
            "M3XZ8A",
            "b2b2cd",
            "1",
            "23",
            "key",
            "source",
            "Data",
            "data",
            "http://x.org",
            "†",
            "#",
            "@",
            "{",
            "}",
        ]
    ),
    st.sampled_from(
        [
            "[k7qdm4]",
            "[1]",
            "(m3xz8a)",
            "[sic]",
            "[1](http://x.org)",
            "\n\n",
            "&lt;",
            "<b>",
            "</b>",
            "```\n",
            "---\n",
            "\\cite{",
            "(see ",
        ]
    ),
    st.sampled_from(
        ["# ", "## Sources\n", "References:\n", "![x](y)", "[^1]: z\n", "| a | b |\n", "|---|---|\n", "&#91;"]
    ),
)
HOSTILE = st.lists(TEXTS, max_size=25).map("".join)


@given(HOSTILE)
@example("[" * 40 + "1" + "]" * 40)
@example("[[1]k7qdm4]")
def test_what_is_left_cites_only_what_exists(text: str):
    """Every marker that is left is a valid key, listed once; no numeric reference is left; twice changes nothing."""
    cleaned = clean_citations(text, VALID)
    assert {match["key"] for match in MARKER.finditer(cleaned.text)} == set(cleaned.citations) <= set(VALID)
    assert len(set(cleaned.citations)) == len(cleaned.citations)
    assert not re.search(r"\[\s*[1-9]\d{0,2}\s*\]", cleaned.text)
    again = clean_citations(cleaned.text, VALID)
    assert (again.text, again.invented) == (cleaned.text, 0)


@given(HOSTILE)
def test_cleaning_markdown_twice_changes_nothing(text: str):
    once = clean_markdown(text, heading_level=2)
    assert clean_markdown(once, heading_level=2) == once


@given(HOSTILE)
@example("<[1]b>x</[1]b>")
def test_neither_cleaning_uncovers_what_the_other_removes(text: str):
    cleaned = clean_written(text, VALID, heading_level=2)
    assert clean_markdown(cleaned.text, heading_level=2) == cleaned.text
    assert clean_citations(cleaned.text, VALID).text == cleaned.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("An API [k7qdm4].", "An API [k7qdm4]."),
        ("An API [k7qdm4, m3xz8a].", "An API [k7qdm4][m3xz8a]."),
        ("An API [k7qdm4] [m3xz8a] [k7qdm4].", "An API [k7qdm4][m3xz8a]."),
        ("An API (k7qdm4).", "An API [k7qdm4]."),
        ("An API ([k7qdm4]; [m3xz8a]).", "An API [k7qdm4][m3xz8a]."),
        ("An API【k7qdm4】.", "An API [k7qdm4]."),
        ("An API.[^k7qdm4]", "An API [k7qdm4]."),
        ("An API [key: k7qdm4].", "An API [k7qdm4]."),
        ("An API [passage k7qdm4].", "An API [k7qdm4]."),
        ("Una API [pasajes k7qdm4 y m3xz8a].", "Una API [k7qdm4][m3xz8a]."),
        ("An API `[k7qdm4]`.", "An API [k7qdm4]."),
        ("An API `k7qdm4`.", "An API [k7qdm4]."),
        ("An API **[k7qdm4]**.", "An API [k7qdm4]."),
        ("An API [K7QDM4].", "An API [k7qdm4]."),
        ("An API \\[k7qdm4\\].", "An API [k7qdm4]."),
        ("An API [[k7qdm4]].", "An API [k7qdm4]."),
        ("An API k7qdm4.", "An API [k7qdm4]."),
        ("An API [k7qdm4](https://example.org/a_(b)).", "An API [k7qdm4]."),
        ("An API [k7qdm4](m3xz8a).", "An API [k7qdm4][m3xz8a]."),
        ("An API (says INAP, k7qdm4).", "An API (says INAP) [k7qdm4]."),
        ("[k7qdm4]: An API.", "[k7qdm4] An API."),
        ("An API [@k7qdm4].", "An API [k7qdm4]."),
        ("An API [@k7qdm4; @m3xz8a].", "An API [k7qdm4][m3xz8a]."),
        ("An API @k7qdm4.", "An API [k7qdm4]."),
        ("An API [-@k7qdm4].", "An API [k7qdm4]."),
        ("An API \\cite[p. 2]{k7qdm4}.", "An API [k7qdm4]."),
        ("An API {k7qdm4}.", "An API [k7qdm4]."),
        ("An API {[k7qdm4]}.", "An API [k7qdm4]."),
        ("An API \\cite{k7qdm4,m3xz8a}.", "An API [k7qdm4][m3xz8a]."),
        ("An API \\citep{[k7qdm4]}.", "An API [k7qdm4]."),
        ("An API ^[k7qdm4].", "An API [k7qdm4]."),
        ("An API^k7qdm4^.", "An API [k7qdm4]."),
        ("An API ^ [k7qdm4].", "An API [k7qdm4]."),
        ("An API (see [k7qdm4]).", "An API [k7qdm4]."),
        ("Una API (véase también [k7qdm4] y [m3xz8a]).", "Una API [k7qdm4][m3xz8a]."),
        ("An API (Source: [k7qdm4]).", "An API [k7qdm4]."),
    ],
)
def test_every_form_of_a_citation_becomes_one(text: str, expected: str):
    cleaned = clean_citations(text, VALID)
    assert (cleaned.text, cleaned.invented) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "expected", "invented"),
    [
        ("An API [1].", "An API.", 1),
        ("An API [2, 3] works.", "An API works.", 2),
        ("An API[^4] works.", "An API works.", 1),
        ("An API [1](https://example.org/a_(b)) works.", "An API works.", 1),
        ("An API ([1]).", "An API.", 1),
        ("An API **[1]** works.", "An API works.", 1),
        ("An API 【4:0†source】.", "An API.", 2),
        ("An API (source 2).", "An API.", 1),
        ("An API [b2b2cd].", "An API.", 1),
        ("An API [k7qdm].", "An API.", 1),
        ("An API [1], [k7qdm4].", "An API [k7qdm4].", 1),
        ("An API [k7qdm4, z9zzzz].", "An API [k7qdm4].", 1),
        ("- [1] An API", "- An API", 1),
        ("[1] An API", "An API", 1),
        ("An API {[1]}.", "An API.", 1),
        ("An API \\cite{[1]}.", "An API.", 1),
        ("An API \\cite{2}.", "An API.", 1),
        ("An API ^ [1].", "An API.", 1),
        ("An API^[1]^ works.", "An API works.", 1),
        ("An API (see [1]).", "An API.", 1),
        ("An API (see [1] and [2]).", "An API.", 2),
        ("An API [@z9zzzz].", "An API.", 1),
    ],
)
def test_a_citation_of_nothing_goes_and_is_counted(text: str, expected: str, invented: int):
    cleaned = clean_citations(text, VALID)
    assert (cleaned.text, cleaned.invented) == (expected, invented)


@pytest.mark.parametrize(
    "text",
    [
        "He wrote “datos abertos” [open data] and [sic].",
        "(1) first, (2) second (2019), a range [0, 1], [2019], the H1N1 [h1n1] virus.",
        "- [ ] to do\n- [x] done",
        "See https://example.org/k7qdm4 and file-k7qdm4.",
        "Write to ana@k7qdm4 and to @ana, {a} is {1}, x^2 and 10^(3), (see [sic]) and \\frac{1}{2}.",
    ],
)
def test_other_brackets_stay(text: str):
    assert clean_citations(text, VALID).text == text


def test_a_marker_after_the_stop_goes_before_it_and_never_to_another_sentence():
    """After a stop it belongs to the sentence that ended; when the line puts its markers first, it stays."""
    assert clean_citations("One. [k7qdm4] Two.[m3xz8a]", VALID).text == "One [k7qdm4]. Two [m3xz8a]."
    assert clean_citations("[k7qdm4] One. [m3xz8a] Two.", VALID).text == "[k7qdm4] One. [m3xz8a] Two."
    assert clean_citations("“One.” [k7qdm4] Two? [m3xz8a]", VALID).text == "“One.” [k7qdm4] Two? [m3xz8a]"


def test_a_quoted_sentence_comes_back_when_its_marker_goes():
    """The extractive engine's sentences are verbatim but for one marker."""
    text = "It costs 1.5 € [k7qdm4]. Does it? [k7qdm4] A * <b> # | _ line [m3xz8a]."
    assert clean_citations(text, VALID).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A.\n\n## Sources\n\n- [k7qdm4] INAP, https://inap.es\n", "A."),
        ("A.\n\n**Fuentes:**\n1. INAP\n2. AEPD", "A."),
        ("A.\n\n### Referències\nx\n\n### Altres\nB.", "A.\n\n### Altres\nB."),
        ("A.\n\nErreferentziak\n* INAP", "A."),
        ("A.\n\nBibliografía:\n\n- INAP\n- AEPD", "A."),
        ("A.\n\n[1] INAP, catalogue\n[2] AEPD", "A."),
        ("A [k7qdm4].\n\n- B [k7qdm4].\n- C", "A [k7qdm4].\n\n- B [k7qdm4].\n- C"),
        ("Sources of data differ.\n\n### Sources of data\nB.", "Sources of data differ.\n\n### Sources of data\nB."),
        ("A <b>bold</b> <script>alert(1)</script>word<br>here <!-- no -->.", "A bold word here ."),
        ("A &lt;b&gt;bold&lt;/b&gt; R&amp;D.", "A bold R&D."),
        ("A is < b and c > d.", "A is < b and c > d."),
        ("10 km<sup>2</sup> and data<sup>1</sup>.", "10 km² and data [1]."),
        ('A<passage key="k7qdm4">.', "A [k7qdm4] ."),
        ("A ![logo](https://x.org/a_(b).png) b.", "A b."),
        ("The [portal](https://x.org/a_(b)) of datos.gob.es.", "The portal of datos.gob.es."),
        ("A [1](https://x.org) [k7qdm4](https://x.org).", "A [1] [k7qdm4]."),
        ("The portal (https://x.org/a) and <https://x.org> has www.x.org/b.", "The portal and has."),
        ("```markdown\n## A\n\nB.\n```", "B."),
        ("---\ntitle: A\n---\nB.\n\n---\n\nC.\n***", "B.\n\nC."),
        ("A.[^1]\n\n[^1]: INAP\n    more\n", "A.[^1]"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "| a | b |\n|---|:-:|\n| 1 | 2 |"),
        ("- a\n  - b\n\n1. c", "- a\n  - b\n\n1. c"),
        ("# T\n\nA.\n\n# B\n\nC.\n\n## D\n\nE.", "A.\n\n### B\n\nC.\n\n#### D\n\nE."),
        ("A.\n\nB\n===\n\nC.", "A.\n\n### B\n\nC."),
        ("A.\n\n###### B\n\nC.", "A.\n\n### B\n\nC."),
        ("A.\n\n## B ##\n\nC.\n\n### C#", "A.\n\n### B\n\nC.\n\n#### C#"),
        ("A\u202e\x00\x02B\r\nC", "AB\nC"),
    ],
)
def test_what_a_model_must_not_write_is_taken_out(text: str, expected: str):
    assert clean_markdown(text, heading_level=2) == expected


@pytest.mark.parametrize(
    "last",
    [
        "- [k7qdm4] Vigo grew 5 % in 2024\n- [m3xz8a] Lugo fell 3 % in 2024",
        "[m3xz8a] Lugo fell 3 % in 2024",
        "- [m3xz8a] Lugo: 54 hectares",
        "1. [k7qdm4] Vigo creció más que Lugo\n2. [m3xz8a] Lugo perdió población",
        "- [k7qdm4] Vigo va créixer\n- [m3xz8a] Lugo es despobla",
        "- [k7qdm4] Vigo medrou\n- [m3xz8a] Lugo perdeu veciños",
        "- [m3xz8a] A portal without an owner",
        "- [1] Vigo grew 5 % in 2024",
        "- [k7qdm4] The city has an office (https://vigo.org/office)",
        "[k7qdm4] Vigo grew (https://vigo.org).",
    ],
)
def test_a_last_line_that_says_something_is_no_reference(last: str):
    """With its key in front and no stop it looks like one."""
    kept = last.replace(" (https://vigo.org/office)", "").replace(" (https://vigo.org)", "")
    assert clean_markdown(f"Three cities stand out [k7qdm4].\n\n{last}", heading_level=2).endswith(kept)


@pytest.mark.parametrize(
    "last",
    [
        "- [k7qdm4] INAP, Catalogue",
        "[k7qdm4] https://inap.es",
        "1. [k7qdm4] INAP, Report 2024, https://inap.es/2024\n2. [m3xz8a] AEPD, https://aepd.es",
        "[1] Law 39/2015 of 1 October",
        "[^k7qdm4] Catalogue of the INAP",
    ],
)
def test_a_list_of_references_at_the_end_goes(last: str):
    assert clean_markdown(f"Three cities stand out [k7qdm4].\n\n{last}", heading_level=2) == (
        "Three cities stand out [k7qdm4]."
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("A.\n\nNotes:\n\n- Vigo grew 5 % [k7qdm4].\n- INAP\n\nB.", "A.\n\n- Vigo grew 5 % [k7qdm4].\n\nB."),
        ("A.\n\n### Fuentes\n\nLas fuentes de agua suman 54 [m3xz8a].", "A.\n\nLas fuentes de agua suman 54 [m3xz8a]."),
        ("## Links\n\nTrade and war are linked [k7qdm4].\n- INAP", "Trade and war are linked [k7qdm4]."),
    ],
)
def test_a_sentence_that_cites_is_kept_under_a_heading_for_sources(text: str, kept: str):
    assert clean_markdown(text, heading_level=2) == kept


@pytest.mark.parametrize("first", ["### The portal", "**The portal**", "The portal:", "# The portal"])
def test_a_repeated_title_goes(first: str):
    assert clean_markdown(f"{first}\n\nIt has an API.", heading_level=2, title="The portal") == "It has an API."


PIECES = """[ ( < * # ` [1 [1], <a | - [x]( ![ a. &a http:// [a]: 1. \\[ #_# ##_Sources\n a\n=\n \n \t _"""


PIECES += " (see_ {[1] ^_ \\cite{1} [1]_and_ @"


@pytest.mark.parametrize("piece", [piece.replace("_", " ") for piece in PIECES.split(" ")])
def test_cleaning_is_fast_on_long_hostile_text(piece: str):
    """A regular expression gone wild would take minutes for 20,000 characters."""
    started = time.process_time()
    clean_written(piece * (20_000 // len(piece)), VALID, heading_level=2)
    assert time.process_time() - started < 20


async def ledger_of(*texts: str) -> tuple[Ledger, list[list[str]]]:
    """A ledger with one document per text, and the keys of each."""
    ledger = Ledger()
    keys = []
    for number, text in enumerate(texts):
        document = make_document(
            url=f"{number}.md", title=f"D{number}", source="documents", kind="md", text=text, retrieved_at="2026-01-01"
        )
        kept = await ledger.add([Excerpt(passage, document) for passage in split_passages(document)])
        keys.append([excerpt.key for excerpt in kept])
    return ledger, keys


@given(st.lists(st.lists(st.integers(0, 7), max_size=6), max_size=4))
async def test_numbers_are_one_to_n_by_first_appearance(places: list[list[int]]):
    """No gap, no unused number, no dangling key; two passages of one document share its number."""
    ledger, keys = await ledger_of(*(f"# A\n\nFirst {n}.\n\n# B\n\nSecond {n}." for n in range(4)))
    flat = [key for pair in keys for key in pair]
    texts = [" ".join(f"S [{flat[place]}]." for place in line) + " Not kept [z9zzzz]." for line in places]
    numbering = number_sources(texts, ledger)
    assert list(numbering.citations) == [key for key in citations_in(texts) if key != "z9zzzz"]
    assert list(dict.fromkeys(numbering.citations.values())) == list(range(1, len(numbering.sources) + 1))
    assert len(set(numbering.sources)) == len(numbering.sources)
    for excerpt in ledger.excerpts(numbering.citations):
        assert numbering.sources[numbering.citations[excerpt.key] - 1] == excerpt.document.id
