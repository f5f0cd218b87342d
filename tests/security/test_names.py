"""Hostile topics and names: files stay in their folder, nothing is evaluated, what was written reads back."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import yaml
from security.names import names
from security.reports import poisoned

from tertulia.app import App
from tertulia.errors import UsageError
from tertulia.exporting import render_files
from tertulia.report_templates import slugify
from tertulia.report_templates.cited_text import one_line
from tertulia.settings import TOPIC_LIMIT, load_settings
from tertulia.terminal import showing, tables

NAMES = names()
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def test_a_slug_is_a_plain_name():
    assert len(NAMES) >= 400
    for name in NAMES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slugify(name))
        assert len(slugify(name)) <= 60


@pytest.mark.long
def test_files_have_plain_names_and_read_back():
    """Whatever topic, title and roles are: code names the files, and the front matter gives topic and title back."""
    for turn, topic in enumerate(NAMES):
        report = poisoned(NAMES, turn)
        report["run"]["topic"] = topic
        for file in (files := render_files(report, ("md", "html") if turn % 4 == 0 else ("md",), "report")):
            assert re.fullmatch(r"report\.(md|html)|interviews/1-[a-z0-9-]{1,60}\.md", file)
            assert not DEVICES.match(file.rpartition("/")[2])
        facts = yaml.safe_load(files["report.md"].removeprefix("---\n").partition("\n---\n")[0])
        assert (facts["topic"], facts["title"]) == (one_line(topic), one_line(report["title"]))
        assert "49" not in files["report.md"].partition("## ")[0].replace(report["run"]["id"], "")


def app_with_documents() -> App:
    Path("docs").mkdir()
    Path("docs/bees.md").write_text("# Bees\n\nBees are kept on roofs.", "utf-8")
    return App(load_settings({"docs": ["docs"], "sources": "documents", "model": "extractive"}))


@pytest.mark.parametrize("topic", ["x" * (TOPIC_LIMIT + 1), "\x00", " \n ", "\ud800", "\u202e"])
async def test_no_topic_at_all_is_refused_with_a_sentence(topic: str):
    with pytest.raises(UsageError, match="The topic has"):
        await app_with_documents().start(topic, approve=True)


def test_a_run_of_any_topic_can_be_exported_shown_and_listed(capsys: pytest.CaptureFixture[str]):
    """It writes where it should, and nowhere else."""
    app = app_with_documents()
    root = Path("reports").resolve()
    for topic in (*filter(one_line, NAMES[::40]), "\ud800 bees", "bees \x00"):
        row = asyncio.run(app.start(topic, approve=True))
        assert row.topic == one_line(topic)
        report = poisoned(["Bees"], 0)
        report["run"]["topic"] = row.topic
        app.runs.save_report(row.id, report)
        app.runs.update(row.id, now="2026-11-21T10:00:00+00:00", status="done")
        (written,) = [path for path in app.export(row.id, formats=("md",)) if path.name == "report.md"]
        assert written.resolve().parent.parent == root
        showing.show_report(app, row.id, "", as_json=False)
        tables.show_runs(app.runs.list())
        assert row.id in capsys.readouterr().out
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["docs", "reports"]
