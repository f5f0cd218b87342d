"""Several models in one run, and a run that goes on with another model: the real command, a loopback server."""

from __future__ import annotations

import json
import re
from collections import Counter

import yaml
from command import TOPIC, report_path, world
from servers.openai import Fault, play_every_role

SMALL = ["--analysts", "1", "--turns", "1", "--yes"]


def knows_all_but_typo(body):
    """A server that does not know the model `typo`."""
    return Fault(404, "The model `typo` does not exist") if body["model"] == "typo" else play_every_role(body)


def test_each_role_asks_its_own_model_and_the_report_names_them():
    with world() as place:
        arguments = [*place.report_arguments, *SMALL, "--planner-model", "openai:p", "--writer-model", "openai:w"]
        result = place.run(*arguments)
        assert result.returncode == 0, result.stderr
        asked = Counter(body["model"] for body in place.model.asked)
        # The planner once; one question and one answer; a section, an introduction and a conclusion.
        assert asked == {"p": 1, "x": 2, "w": 3}
        evidence = json.loads(report_path(result.stdout).with_name("evidence.json").read_text("utf-8"))
    assert evidence["run"]["engine"] == "openai:x (planner openai:p, writer openai:w)"
    assert {(call["role"], call["model"]) for call in evidence["usage"]} >= {
        ("planner", "openai:p"), ("expert", "openai:x"), ("writer", "openai:w")
    }  # fmt: skip


def test_a_run_with_a_wrong_model_goes_on_with_the_one_that_resume_names():
    """The hint says how; the request is changed, so that a later resume needs no flag. A model that did nothing is not
    named in the report.
    """
    with world(knows_all_but_typo) as place:
        wrong = [*place.report_arguments, *SMALL, "--model", "openai:typo"]
        failed = place.run(*wrong)
        assert failed.returncode == 2
        run = re.findall(r"`tertulia resume (\w+) --model PROVIDER:MODEL`", failed.stderr)[0]
        assert len(place.model.asked) == 1

        refused = place.run("resume", run, "--model", "anthropic:x")
        assert refused.returncode == 2
        assert "ANTHROPIC_API_KEY" in refused.stderr
        assert len(place.model.asked) == 1

        finished = place.run("resume", run, "--model", "openai:x")
        assert finished.returncode == 0, finished.stderr
        (row,) = json.loads(place.run("runs", "--json").stdout)
        assert (row["request"]["model"], row["engine"], row["topic"]) == ("openai:x", "openai:x", TOPIC)
        front_matter = report_path(finished.stdout).read_text("utf-8").split("---")[1]
    assert yaml.safe_load(front_matter)["engine"] == "openai:x"


def test_a_report_that_two_models_wrote_names_both():
    """One proposed the panel, another held the interviews."""
    with world() as place:
        paused = place.run(*place.report_arguments, *SMALL[:-1])
        assert paused.returncode == 3
        (run,) = set(re.findall(r"tertulia resume (\w+) ", paused.stderr))
        finished = place.run("resume", run, "--yes", "--model", "openai:other")
        assert finished.returncode == 0, finished.stderr
        front_matter = report_path(finished.stdout).read_text("utf-8").split("---")[1]
        assert Counter(body["model"] for body in place.model.asked) == {"x": 1, "other": 5}
    assert yaml.safe_load(front_matter)["engine"] == "openai:x, then openai:other"
