"""`resume --retry-failed`: what failed in a finished run is done again, and nothing else."""

from __future__ import annotations

import json
import re
import time

import pytest
from command import report_path, world
from servers.brain import PASSAGE, Fault, Reply, play_every_role

WORDS = ("patience", "water", "timber", "silence")
SIZE = ("--analysts", "4", "--turns", "1")


class Grudge:
    """Plays every role but one analyst's, until it is `over`."""

    def __init__(self) -> None:
        self.over = False
        self.sections = 0
        self.answered: list[str] = []

    def __call__(self, body):
        system, user = (str(message["content"]) for message in body["messages"][:2])
        if not self.over and system.startswith("You are an analyst") and "You are Dan Ito" in system + user:
            return Fault(400, "I do not talk to Dan.")
        said = play_every_role(body)
        if system.startswith("You write one section"):
            # A sentence of its own: a section that only repeats others is left out.
            word = WORDS[self.sections % 4]
            self.sections += 1
            said += f"\n\nWhat matters most is {word} [{PASSAGE.search(user)['key']}]."
        self.answered.append(system.splitlines()[0])
        return said


def test_an_interview_that_fails_for_good_is_a_named_gap_and_can_be_held_later():
    """Three sections, a named gap, exit 5; then one more interview, and the report composed anew: 3 + 2 calls."""
    grudge = Grudge()
    with world(grudge) as place:
        first = place.run(*place.report_arguments, *SIZE, "--yes")
        assert first.returncode == 5, first.stderr
        report = json.loads((report_path(first.stdout).parent / "evidence.json").read_text("utf-8"))
        assert len(report["sections"]) == 3
        dan = next(analyst for analyst in report["panel"] if analyst["name"] == "Dan Ito")
        assert [gap["analyst"] for gap in report["gaps"]] == [dan["id"]]
        assert "I do not talk to Dan." in report["gaps"][0]["reason"]
        assert dan["role"] in report_path(first.stdout).read_text("utf-8")
        run = report["run"]["id"]

        grudge.over = True
        before = len(grudge.answered)
        again = place.run("resume", run, "--retry-failed")
        assert again.returncode == 0, again.stderr
        calls = grudge.answered[before:]
        assert sorted(re.findall(r"You (?:are an?|write(?: one| the)?) (\w+)", " ".join(calls))) == sorted(
            ["analyst", "expert", "section", "title", "conclusion"]
        )
        whole = json.loads((report_path(again.stdout).parent / "evidence.json").read_text("utf-8"))
        assert [section["analyst"] for section in whole["sections"]] == [analyst["id"] for analyst in whole["panel"]]
        assert whole["gaps"] == []
        assert place.run("verify", run).returncode == 0

        nothing = place.run("resume", run, "--retry-failed")
        assert nothing.returncode == 0
        assert "Nothing had failed" in nothing.stderr
        assert len(grudge.answered) == before + 5


def test_a_section_that_was_not_written_is_one_call_of_a_retry():
    """It is there from the answers, and named, exit 5; then the model writes it, and nobody searches or answers."""
    grudge = Grudge()

    def brain(body):
        mute = not grudge.over and str(body["messages"][0]["content"]).startswith("You write one section")
        return Reply("") if mute else grudge(body)

    with world(brain) as place:
        first = place.run(*place.report_arguments, "--analysts", "1", "--turns", "1", "--yes")
        assert first.returncode == 5, first.stderr
        report = json.loads((report_path(first.stdout).parent / "evidence.json").read_text("utf-8"))
        (analyst,), (section,), (interview,) = report["panel"], report["sections"], report["interviews"]
        assert (section["title"], section["text"]) == (analyst["role"], interview["turns"][0]["answer"])
        assert [(gap["analyst"], gap["what"]) for gap in report["gaps"]] == [("a1", f"section {analyst['role']}")]
        assert "wrote nothing, twice" in report["gaps"][0]["reason"]
        assert f"“{analyst['role']}” was put together from its answers" in report_path(first.stdout).read_text("utf-8")
        run = report["run"]["id"]

        grudge.over = True
        before, searches = len(grudge.answered), len(place.web.requests)
        again = place.run("resume", run, "--retry-failed")
        assert again.returncode == 0, again.stderr
        assert sorted(re.findall(r"You write(?: one| the) (\w+)", " ".join(grudge.answered[before:]))) == sorted(
            ["section", "title", "conclusion"]
        )
        assert (len(grudge.answered), len(place.web.requests)) == (before + 3, searches)
        whole = json.loads((report_path(again.stdout).parent / "evidence.json").read_text("utf-8"))
        assert whole["gaps"] == []
        assert whole["sections"][0]["title"].endswith("what is documented")
        assert whole["interviews"] == report["interviews"]
        assert place.run("verify", run).returncode == 0


@pytest.mark.long
def test_a_retry_that_fails_too_says_so_and_keeps_the_report():
    with world(Grudge()) as place:
        place.run(*place.report_arguments, *SIZE, "--yes")
        (run,) = json.loads(place.run("runs", "--json").stdout)
        again = place.run("resume", run["id"], "--retry-failed")
        assert again.returncode == 5, again.stderr
        report = json.loads((report_path(again.stdout).parent / "evidence.json").read_text("utf-8"))
        assert len(report["sections"]) == 3
        assert len(report["gaps"]) == 1


@pytest.mark.long
def test_a_retry_that_is_killed_is_gone_on_with():
    """The old report can be read all the time, and `resume` finishes the new one."""
    grudge = Grudge()
    with world(grudge) as place:
        place.run(*place.report_arguments, *SIZE, "--yes")
        (run,) = json.loads(place.run("runs", "--json").stdout)
        grudge.over = True
        before = len(grudge.answered)
        process = place.start("resume", run["id"], "--retry-failed")
        deadline = time.monotonic() + 60
        while len(grudge.answered) < before + 2 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        process.communicate()
        assert json.loads(place.run("runs", "--json").stdout)[0]["status"] == "interrupted"
        assert place.run("show", run["id"]).returncode == 0

        finished = place.run("resume", run["id"])
        assert finished.returncode == 0, finished.stderr
        whole = json.loads((report_path(finished.stdout).parent / "evidence.json").read_text("utf-8"))
        assert len(whole["sections"]) == 4
