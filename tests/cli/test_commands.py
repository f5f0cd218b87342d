"""The commands around a run: runs, show, export, delete, sources, doctor, graph, help."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

Tertulia = Callable[..., "subprocess.CompletedProcess[str]"]
Arguments = Callable[..., list[str]]
Terminal = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def finished(tertulia: Tertulia, small_report: Arguments) -> str:
    """The id of a finished run."""
    done = tertulia(*small_report("--yes", "--quiet", "--format", "md"))
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip()).parent.name.rpartition("-")[2]


def test_a_finished_run_is_listed_shown_exported_and_deleted(tertulia: Tertulia, finished: str):
    """Every view of a stored run, without its documents, which may be gone by then."""
    for path in Path("bees").iterdir():
        path.unlink()
    assert f"{finished}  Bees in the city  done" in tertulia("runs").stdout
    (row,) = json.loads(tertulia("runs", "--json").stdout)
    assert (row["id"], row["status"], row["engine"]) == (finished, "done", "extractive")

    shown = tertulia("show", finished[:5]).stdout
    assert shown == next(Path("reports").rglob("report.md")).read_text("utf-8")
    assert tertulia("show", finished, "--interview", "1").stdout.startswith("# ")
    assert "bees/hives.md" in tertulia("show", finished, "--sources").stdout
    evidence = json.loads(tertulia("show", finished, "--json").stdout)
    assert len(evidence["panel"]) == 2

    exported = tertulia("export", finished, "--format", "html,json", "--output", "again")
    assert (exported.returncode, exported.stdout) == (0, "again/report.html\n")
    assert json.loads(Path("again/evidence.json").read_text("utf-8")) == evidence
    assert tertulia("export", finished, "--format", "md", "--output", "-").stdout == shown

    refused = tertulia("delete", finished)
    assert (refused.returncode, refused.stderr.splitlines()[1]) == (2, "Add --yes to delete it.")
    assert tertulia("delete", finished, "--yes").returncode == 0
    empty = tertulia("runs")
    assert (empty.returncode, empty.stdout) == (0, "")
    assert "There are no runs yet" in empty.stderr
    assert Path("again/report.html").is_file()


def test_a_terminal_shows_the_report_rendered_and_asks_before_it_deletes(terminal: Terminal, finished: str):
    child = terminal("show", finished)
    child.expect(pexpect.EOF)
    assert "\x1b[" in child.before
    assert "\n# " not in child.before
    assert "---\r\ntitle" not in child.before

    child = terminal("delete", finished)
    child.expect(r"\[y/N\] ")
    child.sendline("no")
    child.expect("Nothing was deleted")


def test_the_graph_is_mermaid_with_the_interview_inside(tertulia: Tertulia):
    drawn = tertulia("graph")
    assert drawn.returncode == 0
    lines = [line.strip() for line in drawn.stdout.splitlines()]
    assert lines[0] == "graph TD;"
    inside = lines[lines.index("subgraph interview") : lines.index("end")]
    assert "interview_ask(ask)" in inside
    assert "interview_search --> interview_answer;" in inside
    assert not [line for line in lines if "error_handler" in line or "\\3a" in line]


def test_sources_are_listed_with_what_they_lack(tertulia: Tertulia):
    listed = json.loads(tertulia("sources", "--json").stdout)
    states = {source["name"]: source["state"] for source in listed}
    assert states["wikipedia"] == "ready"
    assert states["web"] == "missing key"
    assert "Set TAVILY_API_KEY" in tertulia("sources").stdout


def test_the_doctor_never_shows_a_key_and_finds_what_is_broken(tertulia: Tertulia):
    """Nothing configured is well; a model whose server does not answer is not, and the exit code says so."""
    assert tertulia("doctor", "--offline").returncode == 0
    secret = {"TAVILY_API_KEY": "tvly-secret", "OPENAI_API_KEY": "sk-secret", "LANGSMITH_API_KEY": "ls-secret"}
    nowhere = {
        "OPENAI_BASE_URL": "http://user:pa55word@127.0.0.1:9/v1",
        "TAVILY_API_BASE_URL": "http://127.0.0.1:9",
        "TERTULIA_WIKIPEDIA_URL": "http://127.0.0.1:9/{language}",
    }
    done = tertulia("doctor", "--json", environment=secret | nowhere)
    assert done.returncode == 1
    assert "secret" not in done.stdout + done.stderr
    assert "pa55word" not in done.stdout + done.stderr
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert {name for name, finding in findings.items() if finding["state"] == "broken"} == {
        "reach model",
        "reach web",
        "reach wikipedia",
    }
    assert "OPENAI_API_KEY is set" in findings["model openai"]["detail"]


def test_help_and_version(tertulia: Tertulia):
    """`--help` of every command; alone, the command shows its help."""
    text = tertulia("--help").stdout
    assert tertulia().stdout == text
    assert tertulia("--version").stdout.startswith("tertulia ")
    for command in ("report", "resume", "runs", "show", "export", "demo", "doctor", "sources", "graph", "delete"):
        assert f"\n  {command} " in text
    flags = tertulia("report", "--help").stdout
    for flag in ("analysts", "turns", "source", "docs", "model", "base-url", "language", "yes", "feedback", "panel"):
        assert f"--{flag}" in flags
    assert max(len(line) for line in (text + flags).splitlines()) <= 100


def test_a_reader_who_leaves_is_no_failure(tertulia: Tertulia, finished: str):
    """`tertulia show RUN | head -1`: no complaint on standard error."""
    script = f"{sys.executable} -m tertulia show {finished} --json | head -c 1"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("{", "")
