"""Nothing that people, models or web pages write steers the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.terminal.text import plain_line, plain_text


@pytest.mark.parametrize(
    ("hostile", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;a new window title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jgone", "gone"),
        ("\x1bcreset", "reset"),
        ("bell\x07 back\x08space", "bell backspace"),
        ("over\rwritten", "overwritten"),
        ("\u202efdp.exe\u2069", "fdp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("señal, 日本語, \u202bעברית", "señal, 日本語, עברית"),
        ("one\r\ntwo\tthree\n", "one\ntwo\tthree\n"),
    ],
)
def test_what_steers_is_taken_out(hostile: str, plain: str):
    """Escape sequences go whole, controls and direction marks too; letters, line ends and tabs stay."""
    assert plain_text(hostile) == plain


@given(st.text())
def test_plain_text_has_no_controls(text: str):
    """Whatever comes in; and cleaning twice changes nothing."""
    plain = plain_text(text)
    assert not [c for c in plain if c not in "\n\t" and (c < " " or "\x7f" <= c < "\xa0" or "\u202a" <= c <= "\u202e")]
    assert plain_text(plain) == plain


def test_a_line_is_one_line():
    assert plain_line("  one\ntwo\t\tthree\r\n") == "one two three"
