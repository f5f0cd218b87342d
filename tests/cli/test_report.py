"""`tertulia report` and `resume` in scripts: streams, exit codes, files."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from servers.base import Request, Response
from servers.openai import OpenAIServer

Tertulia = Callable[..., "subprocess.CompletedProcess[str]"]
Arguments = Callable[..., list[str]]


def files_in(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_the_path_goes_to_standard_output_and_all_else_to_standard_error(tertulia: Tertulia, small_report: Arguments):
    """One line, the report's path, which is there; who wants to know more reads the other stream."""
    done = tertulia(*small_report("--yes"))
    assert done.returncode == 0, done.stderr
    (path,) = done.stdout.splitlines()
    assert Path(path).read_text("utf-8").startswith("---\ntitle: ")
    folder = Path(path).parent
    assert folder.parts[0] == "reports"
    assert folder.name.startswith("bees-in-the-city-")
    written = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert {"report.md", "report.html", "evidence.json"} < written
    assert len([name for name in written if name.startswith("interviews/")]) == 2
    said = done.stderr.splitlines()
    assert said[0].startswith("Loaded 3 documents")
    assert any(line.startswith("No model configured: the extractive engine") for line in said)
    assert [line[:17] for line in said if "done" in line] == ["Interview 1/2 don", "Interview 2/2 don"]


def test_quiet_says_nothing_but_the_result(tertulia: Tertulia, small_report: Arguments):
    done = tertulia(*small_report("--yes", "--quiet", "--output", "here", "--format", "html"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "here/report.html\n", "")
    assert files_in("here") == ["report.html"]


def test_a_report_that_awaits_approval_names_the_command_that_continues_it(tertulia: Tertulia, small_report: Arguments):
    """Without a terminal: exit code 3, nothing on standard output, and the printed command finishes the run."""
    waiting = tertulia(*small_report("--output", "there"))
    assert (waiting.returncode, waiting.stdout) == (3, "")
    (command,) = re.findall(r"tertulia (resume \w+ --yes)", waiting.stderr)
    assert not Path("there").exists()

    panel = tertulia("show", shlex.split(command)[1], "--panel").stdout
    Path("panel.yaml").write_text(panel, "utf-8")

    Path("elsewhere").mkdir()
    done = tertulia(*shlex.split(command), folder="elsewhere")
    assert done.returncode == 0, done.stderr
    # The files go where the run was asked to put them, whatever folder it is resumed from.
    assert Path(done.stdout.strip()) == Path("there/report.md").absolute()

    again = tertulia("resume", shlex.split(command)[1], "--feedback", "too late")
    assert (again.returncode, again.stdout) == (0, "there/report.md\n")
    assert "changed nothing" in again.stderr

    invited = tertulia(*small_report("--panel", "panel.yaml", "--quiet"))
    assert invited.returncode == 0, invited.stderr
    assert yaml.safe_load(tertulia("show", _run_of(invited.stdout), "--panel").stdout) == yaml.safe_load(panel)


def test_feedback_is_applied_in_order_and_approved_only_with_yes(tertulia: Tertulia, small_report: Arguments):
    feedback = ["--feedback", "more on training", "--feedback", "and on swarms"]
    waiting = tertulia(*small_report(*feedback))
    assert waiting.returncode == 3, waiting.stderr
    assert waiting.stderr.count("Panel:") == 3

    run = re.findall(r"tertulia resume (\w+) --yes", waiting.stderr)[0]
    done = tertulia("resume", run, "--feedback", "less on flowers", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["type"] for event in events]
    assert kinds.index("panel_proposed") < kinds.index("panel_approved") < kinds.index("report_assembled")
    assert kinds[-1] == "result"
    assert (events[-1]["status"], events[-1]["exit_code"]) == ("done", 0)
    assert all(Path(file).is_file() for file in events[-1]["files"])


def test_the_report_itself_can_go_to_standard_output(tertulia: Tertulia, small_report: Arguments):
    """`--output -` writes no file."""
    done = tertulia(*small_report("--yes", "--output", "-", "--template", "brief"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("---\ntitle: ")
    assert files_in(".") == ["bees"]


class _SilentServer(OpenAIServer):
    """A model that was asked and does not answer before `released`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_at_all = threading.Event()
        self.released = threading.Event()

    def respond(self, request: Request) -> Response:
        self.asked_at_all.set()
        self.released.wait(30)
        return super().respond(request)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_says_how_to_go_on_and_does(
    tertulia: Tertulia, small_report: Arguments, number: signal.Signals
):
    """Ctrl-C and a polite kill: exit code 130 and the command on standard error. Whatever ended it, it goes on."""
    with _SilentServer() as server:
        model = ["--model", "openai:silent", "--base-url", server.base_url]
        child = subprocess.Popen(
            [sys.executable, "-m", "tertulia", *small_report("--yes", *model)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert server.asked_at_all.wait(30)
        child.send_signal(number)
        stdout, stderr = child.communicate(timeout=30)
        server.released.set()
        (run,) = re.findall(r"Run (\w+)\.", stderr)
        if number != signal.SIGKILL:
            assert (child.returncode, stdout) == (130, ""), stderr
            assert f"tertulia resume {run}" in stderr
        assert "Traceback" not in stderr
        (row,) = json.loads(tertulia("runs", "--json").stdout)
        assert (row["id"], row["status"]) == (run, "interrupted")

        done = tertulia("resume", run, "--quiet")
        assert done.returncode == 0, done.stderr


def test_a_failed_run_says_why_and_how_to_go_on(tertulia: Tertulia, small_report: Arguments):
    """A model that cannot be reached: one line and one hint, exit code 1, and the outcome as JSON."""
    model = ["--model", "openai:x", "--base-url", "http://127.0.0.1:9/v1"]
    failed = tertulia(*small_report("--yes", "--quiet", "--json", *model))
    assert failed.returncode == 1
    message, hint = failed.stderr.splitlines()
    assert message.startswith("tertulia: The model server at http://127.0.0.1:9")
    outcome: dict[str, Any] = json.loads(failed.stdout.splitlines()[-1])
    assert f"`tertulia resume {outcome['run']}`" in hint
    assert (outcome["type"], outcome["status"], outcome["exit_code"]) == ("result", "failed", 1)
    assert outcome["error"] in message


def test_nothing_found_is_exit_code_4_and_no_file(tertulia: Tertulia, documents: Path):
    given = ["--docs", str(documents), "--source", "documents", "--yes", "--quiet"]
    done = tertulia("report", "zzyzx qwrtplk", *given)
    assert (done.returncode, done.stdout) == (4, "")
    assert "tried: documents" in done.stderr.splitlines()[0]
    assert files_in(".") == ["bees"]


def test_hostile_text_never_reaches_the_terminal(tertulia: Tertulia, documents: Path):
    """Escape sequences and direction marks in topics, documents and file names are not passed on."""
    for path in documents.iterdir():
        text = path.read_text("utf-8").replace("bees", "\x1b[31mbees\x1b[0m").replace("# ", "# \x1b]0;title\x07\u202e")
        path.write_text(text, "utf-8")
    (documents / "\x1b[2Jempty.md").write_text("", "utf-8")
    given = ["--docs", str(documents), "--source", "documents", "--analysts", "2", "--turns", "1", "--yes"]
    done = tertulia("report", "Bees\x1b[5m in the \u202ecity", *given)
    assert done.returncode == 0, done.stderr
    run = Path(done.stdout.strip()).parent.name.rpartition("-")[2]
    shown = [tertulia("show", run, *flags) for flags in ([], ["--panel"], ["--sources"], ["--interview", "1"])]
    for text in [done.stdout, done.stderr, *(show.stdout for show in shown), tertulia("runs").stdout]:
        assert text
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert "Skipped" in done.stderr or "skipped" in done.stderr


def test_the_demonstration_needs_nothing_and_minds_no_setting(tertulia: Tertulia):
    """Keys, a model that does not exist and odd settings in the environment change nothing."""
    odd = {
        "OPENAI_API_KEY": "sk-nothing",
        "TERTULIA_MODEL": "openai:nothing",
        "TERTULIA_SOURCE": "web",
        "TERTULIA_LANGUAGE": "eu",
    }
    done = tertulia("demo", environment=odd)
    assert done.returncode == 0, done.stderr
    report = Path(done.stdout.strip()).read_text("utf-8")
    assert "\nengine: extractive\n" in report
    assert "\nlanguage: en\n" in report
    assert report.count("\n## ") >= 4


def _run_of(path: str) -> str:
    return Path(path.strip()).parent.name.rpartition("-")[2]


def test_a_reader_who_leaves_the_events_does_not_end_the_run(small_report: Callable[..., list[str]]):
    """`tertulia report … --json | head -1`: the report is written, and nobody complains."""
    command = shlex.join([sys.executable, "-m", "tertulia", *small_report("--yes", "--quiet", "--json")])
    done = subprocess.run(
        ["sh", "-c", f"{command} | head -n 1"], capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(done.stdout)["type"] == "run_started"
    assert done.stderr == ""
    assert len(list(Path("reports").glob("*/report.md"))) == 1
