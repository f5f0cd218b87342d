"""report.html: one safe file in which each citation leads to its passage."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import time
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup

from tertulia.report_templates import render_html

Sample = Callable[..., dict]
TAGS = """
html head meta title style body nav main article header footer section div h1 h2 h3 h4 h5 h6 p a ol ul li span sup q
details summary blockquote code pre table thead tbody tr th td strong em br del aside dl dt dd mark
"""
ATTRIBUTES = """
lang charset http-equiv content name href id class aria-label aria-labelledby aria-describedby role title rel value
start
"""
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "<a href='javascript:alert(1)'>x</a>",
    "![x](http://evil.example/x.png)",
    "</style><script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "\ue0000\ue001 \ue00099\ue001",
    "| a |\n|---|---|\n| b | c | d |\n| `|` |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "[x]: javascript:alert(1)\n\n[x][x]",
    "<!-- --!><iframe srcdoc='<script>'>",
    "\x00\x08\u202e\ud800",
]


def hostile(report: dict) -> dict:
    """The report with every payload wherever text can stand."""
    poison = "\n\n".join(PAYLOADS)

    def spoil(value: object, name: str = "") -> object:
        if isinstance(value, dict):
            return {key: spoil(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [spoil(item, name) for item in value]
        data = {"id", "key", "document", "document_id", "engine", "citations", "citation", "place", "unsupported"}
        return poison + value + poison if isinstance(value, str) and name not in data | {"analyst"} else value

    return {name: value if name == "citations" else spoil(value, name) for name, value in report.items()}


def assert_safe(page: str) -> BeautifulSoup:
    """No script, no handler, nothing loaded, no address but web addresses and places on the page."""
    soup = BeautifulSoup(page, "lxml")
    assert {tag.name for tag in soup.find_all()} <= set(TAGS.split())
    assert {name for tag in soup.find_all() for name in tag.attrs} <= set(ATTRIBUTES.split())
    for link in soup.find_all(href=True):
        assert re.match(r"https?://|#", link["href"])
    return soup


@pytest.mark.parametrize("engine", ["extractive", "openai:x"])
def test_a_hostile_report_is_a_harmless_page(engine: str, sample_report: Sample):
    report = hostile(sample_report("en", engine))
    soup = assert_safe(render_html(report))
    assert "49" not in soup.find("h1").get_text()
    assert "alert(1)" in soup.get_text()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//e.org", "http://[", "file:///etc/passwd", "a.md"]
)
def test_only_web_addresses_become_links(url: str, sample_report: Sample):
    report = sample_report()
    report["sources"][0]["url"] = url
    item = assert_safe(render_html(report)).find(id="source-1")
    assert item.find(class_="title").name == "span"
    assert url in item.get_text()


def test_an_address_cannot_leave_its_attribute(sample_report: Sample):
    report = sample_report()
    report["sources"][0]["url"] = "https://e.org/\"><script>alert(1)</script>' onclick=x"
    assert_safe(render_html(report))


def test_the_policy_allows_the_one_style_sheet_and_nothing_else(sample_report: Sample):
    page = render_html(sample_report())
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = BeautifulSoup(page, "lxml").find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|http", style)


@pytest.mark.parametrize("engine", ["extractive", "openai:x"])
def test_every_citation_leads_to_its_source_and_back(engine: str, sample_report: Sample):
    soup = BeautifulSoup(render_html(sample_report("en", engine)), "lxml")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for link in soup.find_all("a", href=re.compile("^#")):
        assert link["href"][1:] in ids
    marks = soup.select(".mark sup a")
    assert marks
    for mark in marks:
        source = soup.find(id=mark["href"][1:])
        assert mark.get_text() == source["value"]
        assert source.select_one(f'.back a[href="#{mark["id"]}"]')


def test_a_citation_shows_its_passage(sample_report: Sample):
    """Beside the mark, and whole in the list of sources."""
    soup = BeautifulSoup(render_html(sample_report()), "lxml")
    text = "The portal offers its catalogue through an API. Data stay with their publishers."
    assert soup.select_one("#mark-1-1").find_parent(class_="mark").find("q").get_text() == text
    assert [quote.get_text() for quote in soup.select("#source-1 blockquote")] == [
        text,
        "The portal is federated with data.europa.eu.",
    ]


def test_landmarks_and_language(sample_report: Sample):
    """A page that a screen reader can walk: language, skip link, navigation, main, headings without a gap."""
    soup = BeautifulSoup(render_html(sample_report("eu", "openai:x")), "lxml")
    assert soup.html["lang"] == "eu"
    assert soup.select_one("body > a.skip")["href"] == "#" + soup.main["id"]
    assert len(soup.find_all(["nav", "main", "footer", "h1"])) == 4
    levels = [int(tag.name[1]) for tag in soup.main.find_all(re.compile("^h[1-6]$"))]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize(
    "piece", ["> ", "- ", "  - a\n", "*", "[", "**a ", "`", "<b>", "|a", "1. ", "_a_ ", "![", "a\n===\n", "\\"]
)
def test_size_and_nesting_are_bounded(piece: str, sample_report: Sample):
    """A text that would take Python-Markdown minutes, or its recursion limit, is a page all the same."""
    started = time.process_time()
    nested = "".join("  " * depth + "- a\n" for depth in range(300)) if piece == "  - a\n" else piece * 100_000
    just_allowed = piece * (19_900 // len(piece))
    for engine in ("extractive", "openai:x"):
        assert_safe(render_html(sample_report("en", engine) | {"introduction": nested, "conclusion": just_allowed}))
    assert time.process_time() - started < 30


def test_a_title_of_ten_thousand_characters(sample_report: Sample):
    soup = assert_safe(render_html(sample_report() | {"title": "x" * 10_000}))
    assert soup.h1.get_text() == "x" * 10_000


def test_an_unknown_language_has_english_words_and_its_own_tag(sample_report: Sample):
    report = sample_report()
    report["run"]["language"] = "de"
    soup = BeautifulSoup(render_html(report), "lxml")
    assert (soup.html["lang"], soup.find(id="sources").get_text()) == ("de", "Sources")
