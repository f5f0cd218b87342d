"""A panel that waits for days: what waits is listed, given out as a file, changed, and given back."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pexpect
import yaml

from tertulia.storage.locks import run_lock

Tertulia = Callable[..., "subprocess.CompletedProcess[str]"]
Arguments = Callable[..., list[str]]


def waiting_run(tertulia: Tertulia, small_report: Arguments) -> str:
    paused = tertulia(*small_report())
    assert paused.returncode == 3, paused.stderr
    return re.findall(r"tertulia resume (\w+) --yes", paused.stderr)[0]


def home() -> Path:
    return Path(os.environ["TERTULIA_HOME"])


def age(status: str, hours: int) -> None:
    """Make all runs look as if they had been like this for so long."""
    with sqlite3.connect(home() / "tertulia.db") as connection:
        when = f"strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', '-{hours} hours')"
        connection.execute(f"UPDATE runs SET status = ?, updated_at = {when}", (status,))
    connection.close()


def test_a_panel_is_given_out_changed_and_given_back(tertulia: Tertulia, small_report: Arguments):
    """Moved, renamed, removed and added: the report follows the file, and who stays is the same analyst."""
    run = waiting_run(tertulia, small_report)
    before = json.loads(tertulia("show", run, "--panel", "--json").stdout)
    text = tertulia("show", run, "--panel").stdout
    assert f"# Give it back and go on with: tertulia resume {run} --panel FILE" in text
    first, second = yaml.safe_load(text)
    Path("p.yaml").write_text(yaml.safe_dump([{**second, "name": "Noa Ruiz"}, {"name": "Zoe", "role": ""}]), "utf-8")
    refused = tertulia("resume", run, "--panel", "p.yaml")
    assert (refused.returncode, refused.stdout) == (2, "")
    line = Path("p.yaml").read_text("utf-8").splitlines().index("  role: ''") + 1
    assert f"p.yaml, line {line}: Analyst 2: role is empty." in refused.stderr

    panel = [{**second, "name": "Noa Ruiz"}, {"name": "Zoe Vidal", "role": "Veterinarian"}, first]
    Path("p.yaml").write_text(yaml.safe_dump(panel, sort_keys=False), "utf-8")
    done = tertulia("resume", run, "--panel", "p.yaml")
    assert done.returncode in {0, 5}, done.stderr
    after = json.loads(tertulia("show", run, "--panel", "--json").stdout)
    assert [(a["id"], a["name"]) for a in after] == [
        (before[1]["id"], "Noa Ruiz"),
        ("a3", "Zoe Vidal"),
        (before[0]["id"], first["name"]),
    ]
    assert "tertulia report TOPIC --panel FILE" in tertulia("show", run, "--panel").stdout


def test_runs_says_what_waits_since_when_and_how_it_goes_on(tertulia: Tertulia, small_report: Arguments):
    """On standard error, so that the list can be piped; a run that somebody looks at now is not offered."""
    run = waiting_run(tertulia, small_report)
    age("awaiting_approval", hours=50)
    listed = tertulia("runs")
    assert f"{run}  Bees in the city  awaiting approval" in listed.stdout
    assert "tertulia resume" not in listed.stdout
    said = rf"^Run {run} has been waiting for approval of its panel since \S+ \S+ \(2 days\)\. "
    assert re.search(said + rf"Go on with: tertulia resume {run}$", listed.stderr, re.MULTILINE)

    age("running", hours=1)
    listed = tertulia("runs")
    assert f"{run}  Bees in the city  interrupted" in listed.stdout
    assert re.search(rf"^Run {run} has been interrupted since \S+ \S+ \(1 hour\)\. ", listed.stderr, re.MULTILINE)
    with run_lock(home(), run):
        listed = tertulia("runs")
    assert f"{run}  Bees in the city  running" in listed.stdout
    assert listed.stderr == ""
    assert tertulia("runs", "--json").stderr == ""


def test_the_newest_of_many_runs_are_named(tertulia: Tertulia, small_report: Arguments):
    run = waiting_run(tertulia, small_report)
    with sqlite3.connect(home() / "tertulia.db") as connection:
        for number in range(40):
            connection.execute(
                "INSERT INTO runs (id, topic, status, created_at, updated_at, request) VALUES (?,?,?,?,?,?)",
                (f"old{number}", "An old topic " * 20, "awaiting_approval", "2020-01-01T00:00:00+00:00",
                 "2020-01-01T00:00:00+00:00", "{}"),
            )  # fmt: skip
    connection.close()
    listed = tertulia("runs", environment={"COLUMNS": "40", "NO_COLOR": "1"})
    assert len(listed.stdout.splitlines()) >= 42
    lines = listed.stderr.splitlines()
    assert lines[0].endswith(f"tertulia resume {run}")
    assert (len(lines), lines[3]) == (4, "38 more wait.")


def test_a_narrow_terminal_leaves_the_id_of_a_run_whole(
    tertulia: Tertulia, small_report: Arguments, terminal: Callable[..., pexpect.spawn[str]]
):
    run = waiting_run(tertulia, small_report)
    child = terminal("runs", COLUMNS="44", NO_COLOR="1")
    child.expect(pexpect.EOF)
    table = child.before.partition("Run ")[0]
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", table).splitlines())) <= 44
    assert run in table


def test_feedback_beyond_the_last_round_is_refused_and_nothing_is_approved(tertulia: Tertulia, small_report: Arguments):
    """The first proposal is a round; the run waits as it was, and the message says what is left to do."""
    feedback = [part for number in range(12) for part in ("--feedback", f"more on wish {number}")]
    refused = tertulia(*small_report(*feedback, "--yes"))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "No further proposals after 12: approve the panel, or edit, add, remove or move analysts." in refused.stderr
    assert refused.stderr.count("Panel:") == 12
    (row,) = json.loads(tertulia("runs", "--json").stdout)
    assert row["status"] == "awaiting_approval"
    assert tertulia("resume", row["id"], "--yes").returncode == 0


def test_a_command_that_is_typed_again_applies_its_feedback_once(tertulia: Tertulia, small_report: Arguments):
    run = waiting_run(tertulia, small_report)
    first = tertulia("resume", run, "--feedback", "more on swarms")
    again = tertulia("resume", run, "--feedback", "more on swarms")
    assert (first.returncode, again.returncode) == (3, 3)
    assert (first.stderr.count("Panel:"), again.stderr.count("Panel:")) == (1, 0)
    assert "The panel has this feedback already: more on swarms" in again.stderr
