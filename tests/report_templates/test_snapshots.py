"""What is printed, word for word, in five languages. RENEW_SNAPSHOTS=1 writes the files anew; read the difference."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tertulia.report_templates import render_html, render_markdown, render_transcript

FOLDER = Path(__file__).parent / "snapshots"
LANGUAGES = ["en", "es", "ca", "eu", "gl"]
RENEW = os.environ.get("RENEW_SNAPSHOTS") == "1"

Sample = Callable[..., dict]


def check(name: str, text: str) -> None:
    """Compare with the stored snapshot, or store it."""
    path = FOLDER / name
    if RENEW:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def without_style(page: str) -> str:
    """A page without its style sheet, which would be in each snapshot."""
    return re.sub(r"sha256-[^']*", "sha256-…", re.sub(r"<style>.*</style>", "<style>…</style>", page, flags=re.DOTALL))


@pytest.mark.parametrize("language", LANGUAGES)
def test_markdown(language: str, sample_report: Sample):
    check(f"report.{language}.md", render_markdown(sample_report(language)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_html(language: str, sample_report: Sample):
    check(f"report.{language}.html", without_style(render_html(sample_report(language))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_transcript(language: str, sample_report: Sample):
    check(f"interview.{language}.md", render_transcript(sample_report(language), "a1"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_by_a_language_model(language: str, sample_report: Sample):
    check(f"model.{language}.md", render_markdown(sample_report(language, "openai:gpt-5-mini")))


def test_html_of_a_report_by_a_language_model(sample_report: Sample):
    check("model.en.html", without_style(render_html(sample_report("en", "openai:gpt-5-mini"))))


def test_the_brief(sample_report: Sample):
    check("brief.en.md", render_markdown(sample_report("en"), "brief"))
