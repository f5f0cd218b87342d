"""Hostile texts in a real browser: no script runs, nothing is asked of the network. Payloads: payloads.py."""

from __future__ import annotations

import re
from pathlib import Path

import markdown
import pytest
from markdown_it import MarkdownIt
from security.browser import CHROMIUM, PageServer, opened
from security.judging import dangers, ledger_addresses
from security.payloads import payloads
from security.reports import places, poisoned

from tertulia.report_templates import render_html, render_markdown

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium: apt-get install chromium")


def test_nothing_runs_and_nothing_is_asked_for(tmp_path: Path):
    """In report.html, with its policy and without it, and in report.md as two renderers show it."""
    with PageServer() as server:
        texts = payloads(server.canary)
        reports = [
            poisoned(texts, turn, engine=("openai:x", "extractive")[turn % 2])
            for turn in range(0, len(texts), len(places()) // 3 * 2 + 1)
        ]
        kept = [(render_html(report), ledger_addresses(report), True) for report in reports]
        kept += [(re.sub("<meta http-equiv[^>]*>", "", page), links, True) for page, links, _ in kept]
        for report in reports:
            body, links = render_markdown(report).split("\n---\n", 1)[1], ledger_addresses(report)
            kept += [(_alone(markdown.markdown(body, extensions=["extra"])), links, False)]
            kept += [(_alone(MarkdownIt().render(body)), links, False)]
        server.pages = [page for page, *_ in kept]
        for page, (_, links, whole) in zip(opened(server, tmp_path), kept, strict=True):
            assert "data-ran" not in page.partition(">")[0]
            assert dangers(page, links=links, whole=whole) == []
        assert server.strange_requests == []


def test_the_browser_sees_what_the_payloads_do(tmp_path: Path):
    """As they are, without our rendering, they run and ask the canary."""
    with PageServer() as server:
        server.pages = [_alone(text) for text in payloads(server.canary)[:90]]
        ran = [page for page in opened(server, tmp_path) if "data-ran" in page.partition(">")[0]]
        assert len(ran) > 20
        assert server.strange_requests.count("/canary") > 10


def _alone(body: str) -> str:
    return f"<!doctype html><body>{body}"
