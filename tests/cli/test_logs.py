"""Logs: one line per fact, with the run's id, without texts below -vv, without secrets, and never a reason to fail."""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tertulia.errors import UsageError
from tertulia.events import GapFound, RunEnded
from tertulia.terminal.logs import LoggedView
from tertulia.terminal.progress import QuietView

KEY = "sk-test-hidden-0123456789"


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tertulia", "demo", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def facts(line: str) -> dict[str, str]:
    """A line of logfmt, read as a shell reads words."""
    return dict(word.split("=", 1) for word in shlex.split(line))


def test_a_log_has_a_line_for_each_event_and_no_texts_at_info():
    """With -v: on standard error and, the same, in the file; --json has what the log must not have."""
    result = demo("-v", "--log-file", "run.log", "--json")
    assert result.returncode == 0, result.stderr
    events = [json.loads(line) for line in result.stdout.splitlines()][:-1]
    log = Path("run.log").read_text("utf-8")
    assert result.stderr == log
    assert Path("run.log").stat().st_mode & 0o777 == 0o600
    logged = [facts(line) for line in log.splitlines()]
    details = {"step_done", "search_started"}
    told = [line for line in logged if line["event"] != "note"]
    assert [line["event"] for line in told] == [event["type"] for event in events if event["type"] not in details]
    assert {line["run"] for line in told} == {events[0]["run"]}
    assert all(line["time"] and line["level"] == "info" for line in logged)
    (searched, *_) = (line for line in told if line["event"] == "search_done")
    assert (searched["source"], searched["turn"]) == ("documents", "1")
    assert int(searched["passages"]) > 0
    texts = {text for event in events for key in ("question", "answer", "title", "topic") if (text := event.get(key))}
    names = {analyst[key] for event in events for analyst in event.get("panel", []) for key in ("name", "affiliation")}
    assert len(texts) > 10
    assert [text for text in texts | names if text in log] == []


@pytest.mark.long
def test_more_words_bring_the_texts_shortened_and_the_time_of_steps():
    result = demo("-vv")
    assert result.returncode == 0, result.stderr
    logged = [facts(line) for line in result.stderr.splitlines()]
    assert {"debug", "info"} == {line["level"] for line in logged}
    assert all(line["question"] for line in logged if line["event"] == "question_asked")
    assert all(float(line["seconds"]) >= 0 for line in logged if line["event"] == "step_done")
    assert max(len(value) for line in logged for value in line.values()) <= 300


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["-v", "--quiet"], "exclude each other"), (["--log-file", "."], "cannot be written: Is a directory")],
)
def test_a_log_that_cannot_be_is_said_before_anything_is_done(arguments: list[str], said: str):
    result = demo(*arguments)
    assert result.returncode == 2
    assert said in result.stderr
    assert not Path("reports").exists()


@pytest.mark.long
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_log_file_that_fills_up_costs_the_log_only():
    """Said once; the terminal shows progress, and the report is there."""
    result = demo("--log-file", "/dev/full")
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("cannot be written any more") == 1
    assert "The report has" in result.stderr
    assert Path(result.stdout.strip()).is_file()


def test_what_libraries_warn_of_is_logged_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Several lines become one; a key that a library or a server quotes is taken out; afterwards nothing is logged."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    view = LoggedView(QuietView(), 1, None)
    try:
        logging.getLogger("httpx").warning("cannot reach\n  %s", KEY)
        logging.getLogger("httpx").info("nobody's business")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"old {KEY}", stacklevel=1)
        view.show(GapFound(run="r", at="t", what="interview The Miller", reason=f'no "{KEY}"\x1b[2J'))
        view.show(RunEnded(run="r", at="t", status="failed", exit_code=1, detail="gone"))
    finally:
        view.close()
    logging.getLogger("httpx").warning("afterwards")
    written = capsys.readouterr().err
    lines = [facts(line) for line in written.splitlines() if line.startswith("time=")]
    assert [(line["level"], line["event"]) for line in lines] == [
        ("warning", "message"),
        ("warning", "warning"),
        ("warning", "gap_found"),
        ("error", "run_ended"),
    ]
    assert lines[0]["message"] == "cannot reach …"
    assert (lines[2]["kind"], lines[2]["reason"]) == ("interview", 'no "…"')
    assert KEY not in written
    assert "Miller" not in written


def test_a_file_in_no_folder_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match="nowhere"):
        LoggedView(QuietView(), 0, tmp_path / "nowhere" / "run.log")
