"""Hostile texts in report.html and report.md: what comes out runs, loads and links nothing. Payloads: payloads.py."""

from __future__ import annotations

from collections.abc import Callable

import markdown
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from security.judging import dangers, ledger_addresses
from security.payloads import CANARY, payloads
from security.reports import all_poisoned, places

from tertulia.report_templates import render_html, render_markdown, render_transcript
from tertulia.report_templates.cited_text import cited_markdown, literal
from tertulia.report_templates.html_text import to_html

PAYLOADS = payloads()
KEY = "k7qdm4"
RENDERERS: dict[str, Callable[[str], str]] = {
    "python-markdown": lambda text: markdown.markdown(text, extensions=["extra"]),
    "commonmark": MarkdownIt("commonmark").enable(["table", "strikethrough"]).render,
}
PIECES = r"""
[ ] ( ) \ : < > ! ` `` * _ { } & # &lt; &#91; &#58; | = ^ / $ @ ; " ' x img [k7qdm4] [1] http://e.example //e.example
javascript:x onclick=x ``` ~~~ --- -
"""
MIXTURES = st.lists(st.sampled_from([*PIECES.split(), " ", "\n", "\n\n", "- ", "> ", "1. ", "    "]), max_size=24).map(
    "".join
)


def test_the_judge_sees_what_the_payloads_do():
    """Unescaped, most of them do harm, and many places of a report are tried."""
    harmful = [payload for payload in PAYLOADS if any(dangers(say(payload), links=()) for say in RENDERERS.values())]
    assert len(PAYLOADS) >= 300
    assert len(harmful) > len(PAYLOADS) * 0.7
    assert len(places()) > 60


def test_no_payload_is_alive_in_the_html():
    """In any place: only the tags of our page, and links to places on it and to documents of the ledger."""
    for report in all_poisoned(PAYLOADS):
        assert dangers(render_html(report), links=ledger_addresses(report), whole=True) == []


@pytest.mark.long
def test_no_payload_is_alive_in_the_markdown():
    """Whoever renders it: the report and its transcript have no HTML, no images, and no links but to the ledger."""
    for report in all_poisoned(PAYLOADS):
        _, body = render_markdown(report).split("\n---\n", 1)
        for text in (body, render_transcript(report, "a1")):
            for render in RENDERERS.values():
                assert dangers(render(text), links=ledger_addresses(report)) == []


@pytest.mark.parametrize("verbatim", [False, True])
@given(text=MIXTURES)
@example(text="[x\\](http://e.example)")
@example(text="- [k7qdm4]: http://e.example\n\n[k7qdm4]")
@example(text="[a [b] c](http://e.example)")
@example(text="<]@e.example>")
def test_no_mixture_of_signs_becomes_active(text: str, verbatim: bool):
    """Cited text and titles, in every renderer and on our own page."""
    cited = cited_markdown(text, {KEY: 1}, lambda _: "[1]", verbatim=verbatim)
    page = f"{cited}\n\n# x {literal(text)}\n\n- **{literal(text)}.** {literal(text)}"
    for render in (*RENDERERS.values(), to_html):
        assert dangers(render(page), links=()) == []


@pytest.mark.parametrize("verbatim", [False, True])
def test_bare_addresses_are_no_links_where_such_are_linked(verbatim: bool):
    """GitHub and others link what looks like an address; shown, it is still the address."""
    text = f"See {CANARY} and www.e.example."
    printed = cited_markdown(text, {}, "".join, verbatim=verbatim)
    assert "://" not in printed
    assert "www.e" not in printed
    assert RENDERERS["commonmark"](printed) == f"<p>{text}</p>\n"


def test_entities_do_not_bring_back_what_was_taken_out():
    """A model's entity is text: none is decoded into a sign that hides or turns what follows."""
    text = "a &#x202e; b &#xe0041; c &lt;script&gt; d &ZeroWidthSpace; e"
    printed = cited_markdown(text, {}, "".join, verbatim=False)
    for render in (*RENDERERS.values(), to_html):
        assert not {"\u202e", "\U000e0041", "\u200b"} & set(render(printed))


def test_invisible_tags_are_not_printed():
    """Letters that no eye sees, and that a model would read."""
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    for verbatim in (False, True):
        assert cited_markdown(f"seen{hidden}", {}, "".join, verbatim=verbatim) == "seen"
    assert literal(f"seen{hidden}") == "seen"
