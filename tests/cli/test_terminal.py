"""The panel through a pseudo-terminal: what a person types, and what becomes of the run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
import yaml

Terminal = Callable[..., "pexpect.spawn[str]"]
Tertulia = Callable[..., "subprocess.CompletedProcess[str]"]

# A terminal may be asked to mark what is pasted, just before.
PROMPT = r"\n(?:\x1b\[\?2004h)?> "
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def ends(child: pexpect.spawn[str]) -> tuple[int | None, str]:
    """The exit code and what was shown since the last prompt."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, _ESCAPES.sub("", child.before)


def answers(child: pexpect.spawn[str], *lines: tuple[str, str]) -> None:
    """Wait for each question, then answer it."""
    for question, answer in lines:
        child.expect(question)
        child.sendline(answer)


def test_words_are_feedback_and_only_approval_approves(terminal: Terminal):
    """Enter alone, "no" and "novel ideas please" do not approve; all feedback stays in view; "yes" does."""
    child = terminal()
    answers(child, (PROMPT, ""), (r"Approve with a.*" + PROMPT, "novel ideas please"))
    child.expect("Feedback so far:.*novel ideas please")
    answers(child, (PROMPT, "no"), (r"Say what to change.*" + PROMPT, "not yet"))
    child.expect("Feedback so far:.*novel ideas please.*not yet\r\n")
    answers(child, (PROMPT, "yes"))
    code, shown = ends(child)
    assert code == 0
    assert Path(shown.strip().splitlines()[-1]).is_file()


def test_the_panel_is_edited_and_kept_for_later(terminal: Terminal, tertulia: Tertulia):
    """Edit, remove, add, lock, move, quit: exit code 3, the command to go on, and the panel as it was left."""
    child = terminal()
    answers(child, (PROMPT, "e 1"), (r"name \[.*\]: ", "Ana Pérez"), (r"affiliation \[.*\]: ", ""))
    answers(child, (r"role \[.*\]: ", "Beekeeper"), (r"description \[.*\]: ", ""))
    answers(child, (PROMPT, "r 2"), (PROMPT, "+"), ("name: ", "Zoe Vidal"), ("affiliation: ", ""))
    answers(child, ("role: ", "Veterinarian"), ("description: ", "Mites and swarms"))
    answers(child, (PROMPT, "l 2"), (PROMPT, "m 2 1"), (PROMPT, "r 7"), (r"no analyst 7.*" + PROMPT, "q"))
    code, shown = ends(child)
    assert code == 3
    run = re.findall(r"tertulia resume (\w+)", shown)[-1]

    panel = yaml.safe_load(tertulia("show", run, "--panel").stdout)
    assert [(analyst["name"], analyst["role"], analyst.get("locked", False)) for analyst in panel] == [
        ("Zoe Vidal", "Veterinarian", False),
        ("Ana Pérez", "Beekeeper", True),
    ]

    child = terminal("resume", run)
    child.expect("Veterinarian.*Beekeeper")
    answers(child, (PROMPT, "ok"))
    assert ends(child)[0] == 0


@pytest.mark.parametrize(
    "paste", ["more on mites\nyes", "\x1b[200~more on mites\nyes\x1b[201~"], ids=["plain", "marked"]
)
def test_pasted_lines_are_one_feedback(terminal: Terminal, paste: str):
    """The second line of a pasted text approves nothing, whether the terminal marks what is pasted or not."""
    child = terminal()
    child.expect(PROMPT)
    child.sendline(paste)
    child.expect("Feedback so far:.*more on mites yes\r\n")
    answers(child, (PROMPT, "q"))
    assert ends(child)[0] == 3


@pytest.mark.parametrize(("key", "code"), [("c", 130), ("d", 3)])
def test_leaving_the_prompt_keeps_the_run(terminal: Terminal, key: str, code: int):
    """Ctrl-C and Ctrl-D at the prompt leave at once and name the command that goes on."""
    child = terminal()
    child.expect(PROMPT)
    child.sendcontrol(key)
    exit_code, shown = ends(child)
    assert exit_code == code
    assert re.search(r"^The run is kept.* tertulia resume \w+", shown, re.MULTILINE)
    assert "Traceback" not in shown


def test_the_question_does_not_land_in_the_result(terminal: Terminal, small_report: Callable[..., list[str]]):
    """`tertulia report … > file` still asks, and the file holds the path alone."""
    command = shlex.join([sys.executable, "-m", "tertulia", *small_report()])
    child = terminal(command=["sh", "-c", f"{command} > result"])
    answers(child, (PROMPT, "yes"))
    assert ends(child)[0] == 0
    (path,) = Path("result").read_text("utf-8").splitlines()
    assert Path(path).is_file()


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_no_line_is_wider_than_the_terminal(terminal: Terminal, environment: dict[str, str]):
    """Nothing is wider than the 80 columns; without colours, or on a terminal that can do little, it still works."""
    child = terminal(**environment)
    child.logfile_read = shown = _Log()
    answers(child, (PROMPT, "a"))
    assert ends(child)[0] == 0
    text = "".join(shown.parts)
    if environment:
        assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", text)
    if environment.get("TERM") == "dumb":
        assert "\x1b" not in text
        assert "Interview 2/2 done" in text
    else:
        assert max(map(len, re.split(r"[\r\n]+", _ESCAPES.sub("", text)))) <= 80


class _Log:
    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, text: str) -> None:
        self.parts.append(text)

    def flush(self) -> None:
        pass
