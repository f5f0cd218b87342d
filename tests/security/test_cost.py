"""What renders slowly: any text of 250 kB is printed in bounded time and memory, as it is where mark-up costs too much.

The guard is generous, since machines differ; what it catches takes minutes.
"""

from __future__ import annotations

import io
import resource
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from rich.console import Console
from stored_report import small_report

from tertulia.evidence.checks.tokens import tokenize
from tertulia.evidence.citations import clean_citations, clean_written
from tertulia.evidence.cleaning import clean_markdown
from tertulia.graph.replies import clean_reply
from tertulia.report_templates import render_html, render_markdown
from tertulia.sources.formats.content import clean
from tertulia.terminal import showing

SIZE = 250_000
SECONDS = 10
PIECES = """
<script>|<svg><svg|<!--|<a |</|<|[|[]|](|[a](|![|[a](b) |(|*|*a |**a |_a |`|`a|> |- |1. |#|# |¦|¦a|\\|&|&#|&lt;|~|
a:|www.|http://|[k7qdm4]|a [1] |a [1], |{|<sup>1|<br| |\u0301|\x1b[|x
""".replace("\n", "").split("|")
LINES = [
    "- a\n",
    "1. [1] a\n",
    "a\n",
    "a\n===\n",
    "[a]: b\n",
    "| a |\n|-|\n",
    "# Sources\n- a\n",
    "> > > a\n",
    "- a\n\n",
]
TEXTS = [(piece.replace("¦", "|") * SIZE)[:SIZE] for piece in (*PIECES, *LINES)]
TEXTS.append("".join("  " * (depth % 200) + "- a\n" for depth in range(2000)))


def poisoned(text: str, engine: str) -> dict[str, Any]:
    report = deepcopy(small_report())
    report["run"]["engine"] = engine
    report["introduction"] = report["title"] = report["passages"][0]["text"] = report["claims"][0]["sentence"] = text
    return report


def in_time(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


@pytest.mark.long
def test_a_page_of_any_text_is_rendered_in_time_and_memory():
    """Just under the length that is rendered, the texts of test_html.py are tried."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number, text in enumerate(TEXTS[::6]):
        report = poisoned(text, ("openai:x", "extractive")[number % 2])
        assert in_time(lambda report=report: (render_html(report), render_markdown(report))) < SECONDS, text[:20]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 300 * 1024  # kB on Linux


def test_a_reply_of_any_text_is_cleaned_in_time():
    """What a model says is cut before it is cleaned; what would take minutes uncut does not."""

    class Model:
        is_extractive = False

    for text in TEXTS[::2]:
        assert in_time(lambda text=text: clean_reply(Model(), text, ["k7qdm4"])) < SECONDS, text[:20]  # type: ignore[arg-type]
    for text in ("<script>" * 30_000, " " * SIZE, f"a{' ' * SIZE}b \nc", "1. [1] a\n" * 27_000):
        assert in_time(lambda text=text: (clean_markdown(text, heading_level=2), clean_citations(text, []))) < SECONDS


def test_a_page_of_spaces_is_cleaned_in_time():
    """A long run of them, before a word or at the end of a line."""
    for text in (f"a{' ' * SIZE}b \nc", f"a{' ' * SIZE}\nb"):
        assert in_time(lambda text=text: clean(text)) < SECONDS


def test_a_text_of_any_signs_is_cut_into_tokens_in_time():
    """A passage is never longer, and a sentence of a reply not much."""
    for piece in ("x@", "x@x.", "@", ".@", "www.", "http://", "[1]", "1.", "1 ", "a@" + "b" * 300):
        for length in (1_100, 50_000):
            text = (piece * length)[:length]
            assert in_time(lambda text=text: tokenize(text)) < SECONDS, piece


@pytest.mark.long
def test_a_terminal_shows_any_text_in_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Rendered where that is quick, else as it is."""
    stream = io.StringIO()
    monkeypatch.setattr(showing, "open_console", lambda **_: Console(file=stream, force_terminal=True, width=80))
    showing._print_markdown("# A title\n\nA *text*.")
    assert "*" not in stream.getvalue()
    for text in TEXTS[::3]:
        for length in (SIZE, 4_900):
            printed = f"# A title\n\n{text[:length]}"
            assert in_time(lambda printed=printed: showing._print_markdown(printed)) < SECONDS, text[:20]
    assert len(capsys.readouterr().out) > SIZE


def test_what_is_hidden_in_a_page_goes_with_its_element():
    """Up to the first end of its kind; an element without an end loses its tag only."""
    for text, left in [
        ("a <script>x</script> b", "a  b"),
        ("a <svg><style>x</svg> b", "a  b"),
        ("a <script>b", "a b"),
        ("a </script> b <script>c", "a  b c"),
    ]:
        assert clean_written(text, [], heading_level=2).text.split() == left.split()
