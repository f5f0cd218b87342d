"""The time of a check grows with the text, whatever the text."""

from __future__ import annotations

import time

import pytest

from tertulia.evidence.structure import check_structure

SIZE = 200_000
SECONDS = 8.0

REPEATED = [
    *(
        "[",
        "](",
        "[a](",
        "[^",
        "[[x]",
        "[x][",
        "[ [x]",
        "\\[",
        "\\(",
        "【1",
        "[1, 2, ",
        "[1-",
        '](u "',
        "![",
        "(a. B) ",
    ),
    *(
        "`",
        "```\n",
        "~~~\n",
        "$a_",
        "$$",
        "<!--",
        "<a ",
        "**",
        "_ ",
        "> ",
        "| ",
        "|-|\n",
        "| a |\n|---|\n",
        "#",
        "- ",
        "1. a\n",
    ),
    *(
        ".",
        "... ",
        " ",
        "\t",
        "\n",
        "\r",
        "\x00",
        "Dr. ",
        "a. ",
        "a",
        "1,",
        "http://a.b/(",
        "http://a.b) ",
        "doi:10.1234/",
    ),
    *("[1]", "[1]\n\n", "[1-999] ", "[^1]: ", "[1]: ", "# Sources\n", "## Sources\n[1] a http://a.b\n", "a\n---\n"),
    *("[1] a http://a.b/c [2] b http://c.d ", "Sources: [1]\n\n- a 5\n\n", "(A, 2020) ", "a¹,²", "。"),
]


@pytest.mark.parametrize("piece", REPEATED)
def test_repeated_pieces_take_no_time(piece: str):
    """200,000 characters of what makes careless patterns go back and forth."""
    assert _seconds((piece * (SIZE // len(piece) + 1))[:SIZE]) < SECONDS


@pytest.mark.parametrize(
    "text",
    [
        " " * SIZE + "|",
        "a" * SIZE + ". B",
        "".join("`" * (3 + size) + "\n" for size in range(600)),
        " ".join(f"[{first}-{first + size}]" for first in range(1, 180) for size in range(1, 150)),
        "".join(f"x[^{n}] 5. " for n in range(5000)) + "\n" + "".join(f"[^{n}]: http://a.b/{n}\n" for n in range(5000)),
        "".join(f"Up 5 % (Name{n}, 2020). " for n in range(4000))
        + "\n\n# References\n\n"
        + "A, B. (2020). C.\n\n" * 4000,
    ],
    ids=["spaces", "token", "fences", "ranges", "footnotes", "authors"],
)
def test_large_puzzles_take_no_time(text: str):
    """Texts that grow in more than one way."""
    assert _seconds(text) < SECONDS


def test_a_megabyte_of_report_takes_no_time():
    """A long report of ordinary paragraphs, a list of 500 sources."""
    paragraph = (
        "Output rose by {0} % in 20{1:02} [{0}]. Dr. Mena (b. 1960) doubts it, see [this](https://a.example/{0}).\n\n"
    )
    body = "".join(paragraph.format(n % 500 + 1, n % 60) for n in range(10_000))
    sources = "".join(f"[{n}] Page {n}: https://example.org/{n}\n" for n in range(1, 501))
    text = f"# Title\n\n{body}## Sources\n\n{sources}"
    assert len(text) > 1_000_000
    assert _seconds(text) < 5 * SECONDS


def _seconds(text: str) -> float:
    start = time.process_time()
    check_structure(text)
    return time.process_time() - start
