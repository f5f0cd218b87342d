"""Text is data: what looks like a template stands in prompts and pages letter for letter, once; none is loaded."""

from __future__ import annotations

import re

import pytest
from house.tree import ROOT, modules
from security.reports import poisoned

from tertulia.agents.language_model import prompts
from tertulia.evidence.documents import make_document
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.report_templates import render_html, render_markdown, render_transcript, templates

LITERAL = "T{{ 7*7 }}{% raw %}{# c #}${7*7}%sT"


def test_a_prompt_prints_foreign_text_as_it_stands():
    """Topic, questions, answers, and the title and text of a passage."""
    about = {"url": "a.md", "title": LITERAL, "source": "documents", "kind": "md", "retrieved_at": "2026-11-01"}
    document = make_document(text=LITERAL, **about)
    (passage,) = split_passages(document)
    prompt = prompts.render(
        "answer",
        topic=LITERAL,
        question=LITERAL,
        turns=[{"question": LITERAL, "answer": LITERAL}],
        excerpts=[Excerpt(passage, document)],
        keys=[passage.key],
        language="English",
    )
    assert prompt.user.count(LITERAL) == 6
    assert "49" not in prompt.user + prompt.system


@pytest.mark.parametrize("engine", ["openai:x", "extractive"])
def test_a_page_prints_foreign_text_as_it_stands(engine: str):
    """In every place of a report."""
    report = poisoned([LITERAL], 0, engine=engine)
    for page in (render_html(report), render_markdown(report), render_transcript(report, "a1")):
        assert page.replace("\\", "").count(LITERAL) > 4
        assert not re.search("T49|49T", page)


def test_a_users_template_is_the_only_text_that_is_rendered():
    """Its file is read by path. All others are files of the package; nothing is rendered a second time."""
    makers = [path for path in modules() if re.search(r"from_string|\bTemplate\(", (ROOT / path).read_text("utf-8"))]
    assert [path.as_posix() for path in makers] == ["report_templates/templates.py"]
    assert templates._environment(escape=True).loader.searchpath == [str(templates.FOLDER)]
