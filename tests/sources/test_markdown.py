"""Any page's Markdown as light Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.sources.formats.md import plain, read

CASES = {
    "emphasis": ("A **bold** and _slanted_ *word* __here__.", "A bold and slanted word here."),
    "struck out": ("~~50~~<del>51</del><ins>40</ins> <s>*x* [y](z)</s>euros.", "40 euros."),
    "struck out without end": ("It <s>is 5 </strike> or 6</b>. And </s> <s>7.", "It  or 6. And  7."),
    "raised": (
        "10<sup>6</sup> and 10^-6^ of 5 m<sup class='x'>2</sup>, `x^2^`, 2^10, 1<sup>1</sup>/<sub>2</sub>.",
        "10⁶ and 10⁻⁶ of 5 m², x^2^, 2^10, 1 1/2.",
    ),
    "raised marks": (
        "It had 5,000<sup>1</sup> men<sup>[2](#fn2)</sup> in 2020[<sup>3</sup>](#x).",
        "It had 5,000 men in 2020.",
    ),
    "linked numbers": (
        "[7](#a) men rose to [120](#t) ([9](#u) of 10) [3](#fn3) and 54[1](#b). [2](#c) [4](#d)",
        "7 men rose to 120 (9 of 10)  and 54.",
    ),
    "linked marks in brackets": (
        "It rose ([1](https://a.example), [2](#b), [3](#c)).",
        "It rose (, , ).",
    ),
    "no emphasis": ("snake_case_name and 2 * 3 * 4 = 24.", "snake_case_name and 2 * 3 * 4 = 24."),
    "code": ("Run `apt update` first.", "Run apt update first."),
    "links": ("See [the portal](https://a.example) or [it][1].\n\n[1]: https://b.example", "See the portal or it."),
    "images": ("Before ![a lamp](lamp.jpg) after.", "Before  after."),
    "linked image": ("[![x](y.png)](z) Text.", "Text."),
    "note marks": (
        "Founded in 1999.[1][2] And[^a] more.[^note]\n\n[^a]: A note.",
        "Founded in 1999. And more.\n\nA note.",
    ),
    "linked marks": ("Founded in 1999.[[3]](#cite_note-3) Yes [↑](#top).", "Founded in 1999. Yes ."),
    "list index": ("The items [1] and [2] stay.", "The items [1] and [2] stay."),
    "html": ("A <b>bold</b> <span class='x'>word</span>.<br>Next", "A bold word.\nNext"),
    "html block": ("<div><p>Inside a <i>box</i>.</p><script>x()</script></div>\n\nAfter.", "Inside a box.\n\nAfter."),
    "comment": ("<!-- hidden -->\n\nText.", "Text."),
    "entities": ("Fish &amp; chips &lt;3 &eacute;t&eacute;", "Fish & chips <3 été"),
    "escapes": (r"5 \* 3 and \[not a link\]", "5 * 3 and [not a link]"),
    "headings": ("# One #\n\nTwo\n---\n\n### *Three*", "# One\n\n## Two\n\n### Three"),
    "lists": ("* one\n* two\n  * deep\n\n1. first\n2. second", "- one\n- two\n- deep\n1. first\n2. second"),
    "year first": ("2019. A good year.", "2019. A good year."),
    "quotation": ("> Said **she**.\n> And he.", "Said she.\nAnd he."),
    "table": ("| A | B |\n|:--|--:|\n| *1* | `x\\|y` |\n", "| A | B |\n|---|---|\n| 1 | x\\|y |"),
    "code block": ("```sh\n# install\napt install x\n```", "install\napt install x"),
    "rule": ("One.\n\n***\n\nTwo.", "One.\n\nTwo."),
    "blank lines": ("One.\n\n\n\n\nTwo.\r\n\r\nThree.", "One.\n\nTwo.\n\nThree."),
    "unseen": ("Pay\u200bpal \u202eevil\u202c so\u00adft \x07bell\ufeff \U000e0041tag", "Paypal evil soft bell tag"),
    "wrapped": ("A sentence that\nis wrapped.", "A sentence that\nis wrapped."),
}


@pytest.mark.parametrize("name", CASES)
def test_markup_goes_and_words_stay(name: str) -> None:
    """Each kind of markup, and what must not be taken for it."""
    markdown, expected = CASES[name]
    assert plain(markdown) == expected


@given(st.text(alphabet="ab 1.\n#*_-|`[](){}<>!&;:\\\"'~^=+>\t"))
def test_never_fails_and_leaves_no_gaps(markdown: str) -> None:
    """Whatever is thrown at it, there are at most two newlines in a row and no space at the ends."""
    text = plain(markdown)
    assert "\n\n\n" not in text
    assert text == text.strip()


@given(
    st.lists(
        st.text(alphabet="abcdefg hijklmé", min_size=1).map(lambda s: " ".join(s.split())).filter(bool), min_size=1
    )
)
def test_plain_paragraphs_stay_as_they_are(paragraphs: list[str]) -> None:
    """Text without markup is not touched."""
    text = "\n\n".join(paragraph + "." for paragraph in paragraphs)
    assert plain(text) == text


def test_front_matter_is_read_and_removed() -> None:
    """Title, date and language are told there."""
    content = read(b"---\ntitle: 'A: title'\ndate: 2025-03-01\nlang: es\n---\n# Other\n\nText.\n")
    assert (content.title, content.published, content.language) == ("A: title", "2025-03-01", "es")
    assert content.text == "# Other\n\nText."


@pytest.mark.parametrize("front", ["title: [", "just words", "date: 2025-99-99", "- a\n- b", "a: " + "[" * 5_000])
def test_odd_front_matter_is_only_removed(front: str) -> None:
    """What cannot be read tells nothing, and the first heading is the title."""
    content = read(f"---\n{front}\n---\n## The heading\n\nText.".encode())
    assert (content.title, content.published) == ("The heading", "")
    assert content.text == "## The heading\n\nText."
