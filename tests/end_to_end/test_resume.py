"""Pauses, kills and resumes of the real command: nothing that was answered is asked again."""

from __future__ import annotations

import json
import re
import time

from command import TOPIC, report_path, world
from servers.openai import play_every_role


def resume_command(stderr: str) -> list[str]:
    """The arguments of the first command that stderr names: the one that approves."""
    return re.findall(r"tertulia (resume \w+ --yes)$", stderr, re.MULTILINE)[0].split()


def test_without_a_terminal_the_panel_waits_and_the_printed_command_goes_on():
    with world() as place:
        paused = place.run(*place.report_arguments, "--analysts", "2", "--turns", "1")
        assert (paused.returncode, paused.stdout) == (3, "")
        asked = len(place.model.asked)
        assert asked == 1

        finished = place.run(*resume_command(paused.stderr))
        assert finished.returncode == 0, finished.stderr
        assert report_path(finished.stdout).is_file()
        assert len(place.model.asked) == asked + 2 * 3 + 2


def test_feedback_and_approval_can_be_scripted():
    """Feedback is applied in order, the panel proposed once more for each; then --yes approves."""
    with world() as place:
        result = place.run(
            *place.report_arguments, "--analysts", "2", "--turns", "1",
            "--feedback", "more on repairs", "--feedback", "and on barley", "--yes",
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        assert len(place.model.asked) == 3 + 2 * 3 + 2
        assert "and on barley" in json.dumps(place.model.asked[2])
        assert "more on repairs" in json.dumps(place.model.asked[2])


def test_a_kill_in_the_middle_of_interviews_costs_only_what_was_under_way():
    """kill -9 after some answers: resume finishes, and no prompt that was answered before is sent again."""
    answered: list[str] = []

    def brain(body):
        said = play_every_role(body)
        answered.append(json.dumps(body["messages"]))
        return said

    with world(brain) as place:
        process = place.start(*place.report_arguments, "--analysts", "3", "--turns", "2", "--yes")
        deadline = time.monotonic() + 60
        while len(answered) < 8 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        process.communicate()
        before = len(answered)
        assert 8 <= before < 18

        listed = json.loads(place.run("runs", "--json").stdout)
        assert [run["topic"] for run in listed] == [TOPIC]
        finished = place.run("resume", listed[0]["id"])
        assert finished.returncode == 0, finished.stderr
        assert report_path(finished.stdout).is_file()
        # What was under way when the process died, at most one call per interview, is asked again; nothing else is.
        assert len(answered) <= 18 + 3
        assert len(set(answered)) == 18

        again = place.run("resume", listed[0]["id"])
        assert again.stdout == finished.stdout
        assert len(answered) <= 18 + 3
