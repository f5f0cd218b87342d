"""Lists and tables of the Markdown report are lists and tables of the HTML report."""

from __future__ import annotations

import pytest

from tertulia.report_templates.html_text import to_html

CASES = {
    "a list after a line": ("Three things:\n- one\n- two", "<p>Three things:</p><ul><li>one</li><li>two</li></ul>"),
    "a numbered list after a line": ("Steps:\n1. one\n2. two", "<p>Steps:</p><ol><li>one</li><li>two</li></ol>"),
    "a year at the beginning of a line": ("It was in\n2024. A good year.", "<p>It was in2024. A good year.</p>"),
    "two spaces a level": (
        "- one\n  - two\n    - three\n- four",
        "<ul><li>one<ul><li>two<ul><li>three</li></ul></li></ul></li><li>four</li></ul>",
    ),
    "three spaces below a number": (
        "1. one\n   - two\n   - three\n2. four",
        "<ol><li>one<ul><li>two</li><li>three</li></ul></li><li>four</li></ol>",
    ),
    "two paragraphs of an item": (
        "- one\n\n  more of it\n- two",
        "<ul><li><p>one</p><p>more of it</p></li><li><p>two</p></li></ul>",
    ),
    "an item on two lines": ("- one\nand more\n- two", "<ul><li>oneand more</li><li>two</li></ul>"),
    "text after a list": ("- one\n\nText.\n- two", "<ul><li>one</li></ul><p>Text.</p><ul><li>two</li></ul>"),
    "a table after a line": (
        "Figures:\n| a | b |\n|---|---|\n| c | 5 |",
        "<p>Figures:</p><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c</td><td>5</td></tr></tbody></table>",
    ),
    "a dash in a sentence": ("It is 5\n-3 or so", "<p>It is 5-3 or so</p>"),
}


@pytest.mark.parametrize("name", CASES)
def test_lists_and_tables(name: str):
    text, expected = CASES[name]
    assert to_html(text).replace("\n", "") == expected
