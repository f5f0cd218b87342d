"""Bad input: one clear line on standard error and one that says what to do, the right exit code, nothing written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tertulia.cli

FOLDER = ["--docs", "bees", "--source", "documents"]

CASES = {
    "an empty topic": (["report", "  "], "The topic has 0 characters"),
    "a topic of 5,000 characters": (["report", "x" * 5000], "The topic has 5000 characters"),
    "no topic": (["report"], "Missing argument"),
    "no analysts": (["report", "x", "--analysts", "0"], "--analysts (the command line)"),
    "a hundred analysts": (["report", "x", "--analysts", "100"], "--analysts (the command line)"),
    "a word for a number": (["report", "x", "--turns", "many"], "Invalid value for '--turns'"),
    "an unknown flag": (["report", "x", "--nope"], "No such option: --nope"),
    "an unknown command": (["nope"], "No such command 'nope'"),
    "an unknown source": (["report", "x", "--source", "nope"], "There is no source named 'nope'"),
    "an unknown template": (["report", "x", *FOLDER, "--template", "nope"], "There is no template 'nope'"),
    "a broken template": (["report", "x", *FOLDER, "--template", "bad.j2"], "The template bad.j2 is wrong in line 2"),
    "an unknown format": (["report", "x", *FOLDER, "--format", "pdf"], "--format (the command line)"),
    "a language that is none": (
        ["report", "x", *FOLDER, "--language", "Spanish!"],
        "should be a language code such as en",
    ),
    "documents that are not there": (["report", "x", "--docs", "nowhere"], "nowhere"),
    "documents at an empty path": (["report", "x", "--docs", ""], "--docs (the command line): It holds an empty path."),
    "documents behind a link to itself": (["report", "x", "--docs", "loop.md"], "There is no file or folder"),
    "documents without a path": (["report", "x", "--source", "documents"], "has no files to search"),
    "a model server at no address": (["report", "x", *FOLDER, "--base-url", "localhost"], "should be a web address"),
    "an output that is a file": (["report", "x", *FOLDER, "--output", "bad.j2"], "bad.j2: it is a file"),
    "an output below a file": (["report", "x", *FOLDER, "--output", "bad.j2/deep"], "bad.j2: it is a file"),
    "a model without a provider": (["report", "x", *FOLDER, "--model", "gpt"], "not of the form provider:model"),
    "a model without its key": (["report", "x", *FOLDER, "--model", "openai:x"], "There is no key for OpenAI"),
    "a panel file that is not there": (["report", "x", *FOLDER, "--panel", "nowhere"], "nowhere cannot be read"),
    "a panel file with a mistake": (
        ["report", "x", *FOLDER, "--panel", "bad.yaml"],
        "bad.yaml, line 3: not valid YAML",
    ),
    "a panel file of something else": (["report", "x", *FOLDER, "--panel", "bad.j2"], "bad.j2, line 2: "),
    "empty feedback": (
        ["report", "x", *FOLDER, "--feedback", " "],
        "feedback: String should have at least 1 character",
    ),
    "feedback that says no alone": (["resume", "zzzz", "--feedback", "no"], "'no' does not say what to change"),
    "two panels": (["report", "x", "--panel", "bad.yaml", "--feedback", "y"], "--panel and --feedback exclude"),
    "two kinds of output": (["report", "x", "--json", "--output", "-"], "--json and --output -"),
    "an unknown run, resumed": (["resume", "zzzz", "--yes"], "There is no run 'zzzz'"),
    "an unknown run, shown": (["show", "zzzz"], "There is no run 'zzzz'"),
    "an unknown run's panel": (["show", "zzzz", "--panel"], "There is no run 'zzzz'"),
    "an unknown run, exported": (["export", "zzzz"], "There is no run 'zzzz'"),
    "an unknown run, deleted": (["delete", "zzzz", "--yes"], "There is no run 'zzzz'"),
}


def call(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """`tertulia …` in this process, which is quicker than one of its own."""
    monkeypatch.setattr(sys, "argv", ["tertulia", *arguments])
    with pytest.raises(SystemExit) as exited:
        tertulia.cli.main()
    assert isinstance(exited.value.code, int)
    return exited.value.code


@pytest.fixture
def files(documents: Path) -> set[str]:
    """Files that are wrong in one way each; the names of all files there are."""
    Path("bad.j2").write_text("{{ title }}\n{% for x %}\n", "utf-8")
    Path("loop.md").symlink_to("loop.md")
    Path("bad.yaml").write_text("- name: A\n  role: [\n", "utf-8")
    return {str(path) for path in Path().rglob("*")}


@pytest.mark.parametrize("name", CASES)
def test_bad_input(name: str, files: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Exit code 2; the message starts with the program's name, as others do; standard output stays empty."""
    arguments, expected = CASES[name]
    assert call(arguments, monkeypatch) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = [line for line in said.err.splitlines() if not line.startswith("Loaded")]
    assert len(lines) <= 2
    assert lines[0].startswith("tertulia: ")
    assert expected in lines[0]
    assert {str(path) for path in Path().rglob("*")} == files


def test_a_home_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    Path("file").write_text("", "utf-8")
    monkeypatch.setenv("TERTULIA_HOME", "file/home")
    assert call(["runs"], monkeypatch) == 1
    assert "TERTULIA_HOME" in capsys.readouterr().err.splitlines()[1]


def test_an_error_nobody_expected_is_a_line_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """No traceback reaches a user, unless they ask for it."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the moon is \x1b[31mred")

    monkeypatch.setattr("tertulia.terminal.listing.list_runs", fail)
    assert call(["runs"], monkeypatch) == 1
    assert capsys.readouterr().err == (
        "tertulia: unexpected error: RuntimeError: the moon is red\nSet TERTULIA_DEBUG=1 to see the traceback.\n"
    )
    monkeypatch.setenv("TERTULIA_DEBUG", "1")
    assert call(["runs", "--nope"], monkeypatch) == 2
    capsys.readouterr()
    assert call(["runs"], monkeypatch) == 1
    assert capsys.readouterr().err.startswith("Traceback")


def test_a_working_folder_that_was_deleted(tmp_path: Path):
    """What needs no folder works, and all else says what is wrong."""
    program = "import os, sys; os.rmdir(os.getcwd()); from tertulia.cli import main; sys.exit(main())"
    done = []
    for arguments in (["runs"], ["demo"]):
        folder = tmp_path / arguments[0]
        folder.mkdir()
        command = [sys.executable, "-c", program, *arguments]
        done.append(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False))
    assert [process.returncode for process in done] == [0, 1]
    assert done[1].stderr == ("tertulia: The folder that you are in was deleted.\nGo to another one and try again.\n")
